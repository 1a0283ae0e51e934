import { createReadStream } from 'node:fs'
import { TidemarkError } from '../../engine/core/errors.ts'
import { gunzipped } from '../../engine/ingest/gzip.ts'

/** How much of a file is looked at to guess what it holds. */
const SAMPLE_BYTES = 128 * 1024

/** Whole lines from the beginning of a file, which may be compressed. Throws `io` where it cannot be read. */
export async function readSample(path: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of gunzipped(createReadStream(path))) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length >= SAMPLE_BYTES) return text.slice(0, text.lastIndexOf('\n', SAMPLE_BYTES) + 1)
    }
  } catch (error) {
    if (error instanceof TidemarkError)
      throw new TidemarkError(error.kind, `${path}: ${error.message}`, { cause: error })
    throw new TidemarkError('io', `cannot read ${path}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
  return text + decoder.decode()
}
