import { byteChunks } from '../../engine/ingest/byte-source.ts'
import { gunzipped } from '../../engine/ingest/gzip.ts'

/** What a file holds, by its name and its first line. */
export type FileKind = 'csv' | 'line-protocol'

/** How much of a file is looked at to guess what it holds. */
const SAMPLE_BYTES = 128 * 1024

/** `table,tag=value field=1`: what a line of line protocol looks like and a line of CSV does not. */
const LINE_PROTOCOL = /^[^\s,"]+(,[^\s,=]+=[^\s,]+)*\s+[^\s,=]+=\S/

/** The file's bytes as they are; `onProgress` counts them. */
export async function* countedBytes(file: Blob, onProgress: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const chunk of byteChunks(file)) {
    read += chunk.length
    onProgress(read)
    yield chunk
  }
}

/** The file's bytes, inflated where it is gzip; `onProgress` counts bytes of the file itself. */
export function fileBytes(
  file: Blob,
  onProgress: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  return gunzipped(countedBytes(file, onProgress))
}

/** The beginning of a file as text, cut at a line's end where the file goes on. */
export async function readSample(file: Blob): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of fileBytes(file)) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= SAMPLE_BYTES) return text.slice(0, text.lastIndexOf('\n', SAMPLE_BYTES) + 1)
  }
  return text + decoder.decode()
}

/** Whether a file says its types, by its first bytes: Parquet, or a file or stream of Arrow. */
export async function typedFormat(file: Blob): Promise<'parquet' | 'arrow' | undefined> {
  const first = new Uint8Array(await file.slice(0, 6).arrayBuffer())
  const start = String.fromCharCode(...first)
  if (start.startsWith('PAR1')) return 'parquet'
  return start === 'ARROW1' || start.startsWith('\xff\xff\xff\xff') ? 'arrow' : undefined
}

export function guessKind(fileName: string, sample: string): FileKind {
  const name = fileName.toLowerCase().replace(/\.gz$/, '')
  if (/\.(csv|tsv)$/.test(name)) return 'csv'
  if (name.endsWith('.lp')) return 'line-protocol'
  const firstLine = sample.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? ''
  return LINE_PROTOCOL.test(firstLine) ? 'line-protocol' : 'csv'
}
