import { TidemarkError } from '../../engine/core/errors.ts'
import type { FileAccess, FilePart, FileRequest } from '../../engine/engine.ts'
import { overridesOf, planText } from '../../engine/ingest/text-plan.ts'
import { MAX_DOWNLOAD_BYTES, saveFile } from '../explore/download.ts'
import { filePieces } from './file-import.ts'
import type { PiecePlan } from './file-pieces.ts'
import { readSample, typedFormat } from './file-reading.ts'

/** Asks who uses the page for a file; `undefined` where none was picked. */
export type FilePicker = () => Promise<File | undefined>

/**
 * The files of who uses the page, for EXPORT and IMPORT: what is written goes to the browser's downloads, what is read is a file that is
 * picked, whatever the statement calls it.
 */
export function pageFiles(pick: FilePicker = pickFile, save: (file: File) => void = saveFile): FileAccess {
  return {
    write: async (path, chunks) => save(await gathered(path, chunks)),
    read: (request) => readPicked(request, pick),
  }
}

async function gathered(path: string, chunks: AsyncIterable<Uint8Array>): Promise<File> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > MAX_DOWNLOAD_BYTES) {
      const message = `the file would be larger than ${MAX_DOWNLOAD_BYTES} bytes, which a page holds in memory`
      throw new TidemarkError('quota', message, { hint: 'Add a LIMIT, or use the command line.' })
    }
    parts.push(new Uint8Array(chunk))
  }
  return new File(parts, path.replace(/^.*[\\/]/, ''))
}

async function* readPicked(request: FileRequest, pick: FilePicker): AsyncGenerator<FilePart> {
  const file = await pick()
  if (file === undefined) throw new TidemarkError('cancelled', 'no file was picked')
  for await (const { input, rejected } of filePieces(file, await planOf(file, request), () => undefined)) {
    if (input.kind === 'columns') yield { rows: input.rows, rejected }
    else if (typeof input.body !== 'string') yield { lines: input.body, rejected }
  }
}

async function planOf(file: File, asked: FileRequest): Promise<PiecePlan> {
  const request = { ...asked, path: file.name }
  const { format } = request
  const typed = format === 'csv' || format === 'lp' ? undefined : (format ?? (await typedFormat(file)))
  if (typed !== undefined) return { kind: 'typed', format: typed, request }
  return planText(file.name, await readSample(file), overridesOf(request))
}

/** The browser's own dialog, which opens for a while after a click or a key. */
function pickFile(): Promise<File | undefined> {
  const input = document.createElement('input')
  input.type = 'file'
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(input.files?.[0]))
    input.addEventListener('cancel', () => resolve(undefined))
    input.click()
  })
}
