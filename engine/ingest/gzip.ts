import { TidemarkError } from '../core/errors.ts'
import { type ByteSource, byteChunks } from './byte-source.ts'

const MAGIC = [0x1f, 0x8b] as const

export interface GunzipOptions {
  /** Bytes that come out at most; a small file can hold a very large one. */
  maxBytes?: number
}

/**
 * The bytes of a source, decompressed where they begin as gzip does (RFC 1952), else as they are. Throws `corrupt` where the
 * compressed data is damaged or ends early, and `quota` where more than `maxBytes` come out.
 */
export async function* gunzipped(
  source: ByteSource,
  { maxBytes = Number.POSITIVE_INFINITY }: GunzipOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = byteChunks(source)
  const head = await readHead(chunks)
  const all = rejoin(head, chunks)
  const isGzip = MAGIC.every((byte, i) => head[i] === byte)
  let bytes = 0
  for await (const chunk of isGzip ? inflated(all) : all) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new TidemarkError('quota', `the data has more than ${maxBytes} bytes`)
    yield chunk
  }
}

/** Reads until there are enough bytes to tell, or no more. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array()
  while (head.length < MAGIC.length) {
    const { done, value } = await chunks.next()
    if (done) break
    head = head.length === 0 ? value : Uint8Array.of(...head, ...value)
  }
  return head
}

async function* rejoin(
  head: Uint8Array,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (head.length > 0) yield head
  yield* chunks
}

async function* inflated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(new Uint8Array(value))
    },
    async cancel() {
      await iterator.return?.()
    },
  })
  try {
    yield* byteChunks(compressed.pipeThrough(new DecompressionStream('gzip')))
  } catch (error) {
    if (error instanceof TidemarkError) throw error
    throw new TidemarkError('corrupt', 'the gzip data is damaged or ends early', { cause: error })
  }
}
