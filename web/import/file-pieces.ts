import type { FilePart, FileRequest } from '../../engine/engine.ts'
import { readCsv } from '../../engine/ingest/csv.ts'
import type { CsvPlan } from '../../engine/ingest/csv-plan.ts'
import { lineChunks } from '../../engine/ingest/line-chunks.ts'
import { countedBytes, fileBytes } from './file-reading.ts'
import type { ImportPiece } from './import-run.ts'

/** How a file that says its types becomes rows. */
export interface TypedPlan {
  kind: 'typed'
  format: 'parquet' | 'arrow'
  request: FileRequest
}

/** How the rows of a file are read. */
export type PiecePlan = { kind: 'csv'; csv: CsvPlan } | { kind: 'line-protocol' } | TypedPlan

/** Bytes of line protocol in one append: large enough to be fast, small enough for progress to move. */
const LINE_PIECE_BYTES = 1024 * 1024

/** The rows of a CSV file, as its plan reads them. `onProgress` counts bytes of the file. */
export async function* csvPieces(
  file: Blob,
  plan: CsvPlan,
  onProgress: (bytes: number) => void,
): AsyncGenerator<ImportPiece> {
  for await (const { rows, rejected } of readCsv(file, plan, { onProgress })) {
    yield { input: { kind: 'columns', rows }, rejected }
  }
}

/** The rows of a file that says its types: of Parquet, or of Arrow. */
export async function* typedPieces(
  file: Blob,
  { format, request }: TypedPlan,
  onProgress: (bytes: number) => void,
): AsyncGenerator<ImportPiece> {
  const parts = format === 'arrow' ? arrowParts(file, request, onProgress) : parquetParts(file, request, onProgress)
  for await (const { rows, rejected } of await parts) if (rows) yield { input: { kind: 'columns', rows }, rejected }
}

async function arrowParts(
  file: Blob,
  request: FileRequest,
  onProgress: (bytes: number) => void,
): Promise<AsyncIterable<FilePart>> {
  const { readArrow } = await import('../../engine/ingest/arrow-file.ts')
  return readArrow(countedBytes(file, onProgress), request)
}

async function parquetParts(
  file: Blob,
  request: FileRequest,
  onProgress: (bytes: number) => void,
): Promise<AsyncIterable<FilePart>> {
  const { readParquet } = await import('../../engine/ingest/parquet-file.ts')
  const slice = (start: number, end: number = file.size): Promise<ArrayBuffer> => {
    onProgress(end)
    return file.slice(start, end).arrayBuffer()
  }
  return readParquet({ byteLength: file.size, slice }, request)
}

/** The rows of a line-protocol file. `onProgress` counts bytes of the file. */
export async function* linePieces(file: Blob, onProgress: (bytes: number) => void): AsyncGenerator<ImportPiece> {
  for await (const body of lineChunks(fileBytes(file, onProgress), LINE_PIECE_BYTES)) {
    yield { input: { kind: 'line-protocol', body }, rejected: [] }
  }
}
