import { TidemarkError } from '../core/errors.ts'

/** What an IPC message carries, numbered as in Arrow's Message.fbs. */
export type FrameKind = 'schema' | 'dictionary' | 'record-batch'

export interface ArrowFrame {
  kind: FrameKind
  /** The whole message, prefix and body, in a buffer of its own. */
  bytes: Uint8Array
  /** Which dictionary a message of kind `dictionary` gives, or, as a delta, adds to. */
  dictionaryId: bigint
  isDelta: boolean
}

const CONTINUATION = 0xffffffff
const PREFIX_BYTES = 8
/** A message that claims more is damaged: the engine's batches are far smaller. */
export const MAX_FRAME_BYTES: number = 256 * 1024 * 1024
const KINDS: Readonly<Record<number, FrameKind>> = { 1: 'schema', 2: 'dictionary', 3: 'record-batch' }
/** Places in the vtable of a flatbuffer `Message`: version, header type, header, body length. */
const HEADER_TYPE_SLOT = 6
const HEADER_SLOT = 8
const BODY_LENGTH_SLOT = 10
/** Places in the vtable of a `DictionaryBatch`. */
const ID_SLOT = 4
const DELTA_SLOT = 8

const corrupt = (what: string): TidemarkError => new TidemarkError('corrupt', `the Arrow stream is damaged: ${what}`)

/** Where a field of a flatbuffer table lies, or `undefined` where it has its default. */
function fieldAt(view: DataView, table: number, slot: number): number | undefined {
  const vtable = table - view.getInt32(table, true)
  const offset = slot < view.getUint16(vtable, true) ? view.getUint16(vtable + slot, true) : 0
  return offset === 0 ? undefined : table + offset
}

/** Reads kind, body length and dictionary from a message's flatbuffer. */
function readMetadata(metadata: Uint8Array): Omit<ArrowFrame, 'bytes'> & { bodyBytes: number } {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength)
  try {
    const message = view.getInt32(0, true)
    const typeAt = fieldAt(view, message, HEADER_TYPE_SLOT)
    const headerAt = fieldAt(view, message, HEADER_SLOT)
    const bodyAt = fieldAt(view, message, BODY_LENGTH_SLOT)
    const kind = KINDS[typeAt === undefined ? 0 : view.getUint8(typeAt)]
    if (kind === undefined || headerAt === undefined) throw corrupt('a message of an unknown kind')
    const header = headerAt + view.getInt32(headerAt, true)
    const [idAt, deltaAt] = [ID_SLOT, DELTA_SLOT].map((slot) =>
      kind === 'dictionary' ? fieldAt(view, header, slot) : undefined,
    )
    return {
      kind,
      bodyBytes: bodyAt === undefined ? 0 : Number(view.getBigInt64(bodyAt, true)),
      dictionaryId: idAt === undefined ? 0n : view.getBigInt64(idAt, true),
      isDelta: deltaAt !== undefined && view.getUint8(deltaAt) !== 0,
    }
  } catch (error) {
    if (error instanceof RangeError) throw corrupt('a message points outside of itself')
    throw error
  }
}

/** Gathers chunks until as many bytes are there as the next step needs. */
class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source
  }

  /** Exactly `count` bytes in a buffer of their own, or fewer where the stream ends. */
  async take(count: number): Promise<Uint8Array> {
    const parts = [this.#held]
    let held = this.#held.length
    while (held < count) {
      const { value, done } = await this.#source.next()
      if (done) break
      parts.push(value)
      held += value.length
    }
    const all = parts.length === 1 ? this.#held : new Uint8Array(held)
    if (parts.length > 1) {
      let at = 0
      for (const part of parts) {
        all.set(part, at)
        at += part.length
      }
    }
    this.#held = all.subarray(count)
    return all.slice(0, count)
  }
}

/** Splits an Arrow IPC stream into its messages, each as soon as it is there. Throws `corrupt` or `truncated`. */
export async function* arrowFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<ArrowFrame> {
  const iterator = source[Symbol.asyncIterator]()
  const queue = new ByteQueue(iterator)
  const truncated = (): TidemarkError => new TidemarkError('truncated', 'the Arrow stream ends within a message')
  try {
    for (;;) {
      const prefix = await queue.take(PREFIX_BYTES)
      if (prefix.length === 0) return
      if (prefix.length < PREFIX_BYTES) throw truncated()
      const view = new DataView(prefix.buffer)
      const metadataBytes = view.getUint32(4, true)
      if (view.getUint32(0, true) !== CONTINUATION) throw corrupt('a message without its mark')
      if (metadataBytes === 0) return
      if (metadataBytes > MAX_FRAME_BYTES) throw corrupt('a message that is too large')
      const metadata = await queue.take(metadataBytes)
      if (metadata.length < metadataBytes) throw truncated()
      const { kind, bodyBytes, ...dictionary } = readMetadata(metadata)
      if (bodyBytes < 0 || bodyBytes > MAX_FRAME_BYTES) throw corrupt('a message that is too large')
      const body = await queue.take(bodyBytes)
      if (body.length < bodyBytes) throw truncated()
      const bytes = new Uint8Array(PREFIX_BYTES + metadataBytes + bodyBytes)
      bytes.set(prefix)
      bytes.set(metadata, PREFIX_BYTES)
      bytes.set(body, PREFIX_BYTES + metadataBytes)
      yield { kind, bytes, ...dictionary }
    }
  } finally {
    await iterator.return?.()
  }
}
