import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { TidemarkError } from '../../engine/core/errors.ts'

/** Ends the process when nobody reads what it prints any more, as after `| head`. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
}

/** Writes chunks to standard output, or to a new file, which is there whole or not at all. */
export async function writeOutput(chunks: AsyncIterable<string | Uint8Array>, path?: string): Promise<void> {
  if (path === undefined) return pump(chunks, process.stdout)
  const file = createWriteStream(path)
  // It may fail while the next chunk is awaited, and does where a write is under way as it is destroyed: `pump` and `finished` tell.
  file.on('error', () => undefined)
  let isOpen = false
  try {
    await once(file, 'open')
    isOpen = true
    await pump(chunks, file)
    file.end()
    await finished(file)
  } catch (error) {
    file.destroy()
    // What is no file, such as a pipe or /dev/full, stays.
    if (isOpen && (await stat(path)).isFile()) await rm(path, { force: true })
    if (isFileError(error)) throw new TidemarkError('io', `cannot write ${path}: ${error.message}`, { cause: error })
    throw error
  }
}

async function pump(chunks: AsyncIterable<string | Uint8Array>, out: Writable): Promise<void> {
  for await (const chunk of chunks) {
    if (out.errored) throw out.errored
    if (!out.write(chunk)) await once(out, 'drain')
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
