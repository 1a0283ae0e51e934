/** What a file holds, by its name and its first line. */
export type FileKind = 'csv' | 'line-protocol'

const GZIP_MAGIC = [0x1f, 0x8b]
/** How much of a file is looked at to guess what it holds. */
const SAMPLE_BYTES = 128 * 1024

/** `table,tag=value field=1`: what a line of line protocol looks like and a line of CSV does not. */
const LINE_PROTOCOL = /^[^\s,"]+(,[^\s,=]+=[^\s,]+)*\s+[^\s,=]+=\S/

/** The file's bytes, inflated where it is gzip; `onProgress` counts bytes of the file itself. */
export async function fileBytes(
  file: Blob,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  let read = 0
  const counted = file.stream().pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        read += chunk.length
        onProgress(read)
        controller.enqueue(chunk)
      },
    }),
  )
  const isGzip = GZIP_MAGIC.every((byte, i) => head[i] === byte)
  return isGzip ? counted.pipeThrough(new DecompressionStream('gzip')) : counted
}

/** Chunks of a stream; the stream is cancelled when the reader stops early. */
export async function* streamChunks(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}

/** The beginning of a file as text, cut at a line's end where the file goes on. */
export async function readSample(file: Blob): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of streamChunks(await fileBytes(file))) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= SAMPLE_BYTES) return text.slice(0, text.lastIndexOf('\n', SAMPLE_BYTES) + 1)
  }
  return text + decoder.decode()
}

export function guessKind(fileName: string, sample: string): FileKind {
  const name = fileName.toLowerCase().replace(/\.gz$/, '')
  if (/\.(csv|tsv)$/.test(name)) return 'csv'
  if (name.endsWith('.lp')) return 'line-protocol'
  const firstLine = sample.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? ''
  return LINE_PROTOCOL.test(firstLine) ? 'line-protocol' : 'csv'
}
