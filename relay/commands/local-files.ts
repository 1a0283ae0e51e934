import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { FileAccess, FilePart, FileRequest } from '../../engine/engine.ts'
import { readCsv } from '../../engine/ingest/csv.ts'
import { gunzipped } from '../../engine/ingest/gzip.ts'
import { lineChunks } from '../../engine/ingest/line-chunks.ts'
import { overridesOf, planText, type TextPlan } from '../../engine/ingest/text-plan.ts'
import { binaryKind, binaryRows } from './binary-file.ts'
import { countedBytes } from './counted-bytes.ts'
import { readSample } from './sample.ts'

/** Line protocol is stored in pieces of this size, each durable as a whole. */
export const APPEND_BYTES: number = 4 * 1024 * 1024

/** Told of how far a file has come: its bytes so far, or its rows. */
export type FileProgress = (done: { path: string; bytes: number }) => void

/** The files of this process, for EXPORT and IMPORT. */
export function localFiles(onProgress: FileProgress = () => undefined): FileAccess {
  return {
    write: (path, chunks) => putFile(path, chunks, (bytes) => onProgress({ path, bytes })),
    read: (request) => readFile(request, (bytes) => onProgress({ path: request.path, bytes })),
  }
}

/** Writes beside the place, syncs, then renames: a reader finds the file whole, or what was there before. */
async function putFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const place = resolve(path)
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.part`)
  try {
    const file = await asFileError(path, () => open(beside, 'wx'))
    let bytes = 0
    try {
      for await (const chunk of chunks) {
        await asFileError(path, () => file.writeFile(chunk))
        bytes += chunk.length
        onBytes(bytes)
      }
      await asFileError(path, () => file.sync())
    } finally {
      await file.close()
    }
    await asFileError(path, () => rename(beside, place))
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

async function asFileError<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TidemarkError('io', `cannot write ${path}: ${reason}`, { cause: error })
  }
}

async function* readFile(request: FileRequest, onBytes: (bytes: number) => void): AsyncGenerator<FilePart> {
  const { format } = request
  const binary = format === 'csv' || format === 'lp' ? undefined : (format ?? (await binaryKind(request.path)))
  if (binary !== undefined) {
    yield* binaryRows(binary, request, onBytes)
    return
  }
  const plan = await planOf(request)
  if (plan.kind === 'csv') {
    yield* readCsv(createReadStream(plan.path), plan.csv, { onProgress: onBytes })
    return
  }
  const bytes = gunzipped(countedBytes(createReadStream(plan.path), onBytes))
  for await (const lines of lineChunks(bytes, APPEND_BYTES)) yield { lines, rejected: [] }
}

async function planOf(request: FileRequest): Promise<TextPlan> {
  return planText(request.path, await readSample(request.path), overridesOf(request))
}
