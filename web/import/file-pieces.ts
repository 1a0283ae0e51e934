import { readCsv } from '../../engine/ingest/csv.ts'
import type { CsvPlan } from '../../engine/ingest/csv-plan.ts'
import { lineChunks } from '../../engine/ingest/line-chunks.ts'
import { fileBytes } from './file-reading.ts'
import type { ImportPiece } from './import-run.ts'

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

/** The rows of a line-protocol file. `onProgress` counts bytes of the file. */
export async function* linePieces(file: Blob, onProgress: (bytes: number) => void): AsyncGenerator<ImportPiece> {
  for await (const body of lineChunks(fileBytes(file, onProgress), LINE_PIECE_BYTES)) {
    yield { input: { kind: 'line-protocol', body }, rejected: [] }
  }
}
