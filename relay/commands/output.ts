import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
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
  try {
    await once(file, 'open')
    await pump(chunks, file)
    file.end()
    await finished(file)
  } catch (error) {
    file.destroy()
    if (isFileError(error)) throw new TidemarkError('io', `cannot write ${path}: ${error.message}`, { cause: error })
    await rm(path, { force: true })
    throw error
  }
}

async function pump(chunks: AsyncIterable<string | Uint8Array>, out: Writable): Promise<void> {
  for await (const chunk of chunks) if (!out.write(chunk)) await once(out, 'drain')
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
