/** Memory of pooled buffers at most; what is beyond is left to the collector. */
export const MAX_POOLED_BYTES: number = 64 << 20
/** Smaller buffers are not worth to be kept, larger ones too rare. */
const LEAST_BYTES = 1 << 14
const MOST_BYTES = 1 << 23

/**
 * Buffers for columns of rows on their way, which are used again and again: fresh memory costs more than filling it, and the
 * collector would not know how much of it there is. Those that threads share are written by one of them at a time: who sends one
 * leaves it alone until it comes back. A buffer that moves instead counts as new memory in each thread that it comes to, and has the
 * collector look through everything every some of them.
 */
export class RowBuffers {
  readonly #isShared: boolean
  /** By the logarithm of their size. */
  readonly #free: ArrayBufferLike[][] = []
  #bytes = 0

  /** `isShared` where threads can share memory. */
  constructor(isShared = false) {
    this.#isShared = isShared
  }

  /** Bytes of the buffers that wait to be used again. */
  get bytes(): number {
    return this.#bytes
  }

  /** Lets go of all of them. */
  clear(): void {
    this.#free.length = 0
    this.#bytes = 0
  }

  /** Whether buffers of so many bytes are used again. */
  static keeps(bytes: number): boolean {
    return bytes >= LEAST_BYTES && bytes <= MOST_BYTES
  }

  /** At least `bytes` bytes of any content. */
  take(bytes: number): ArrayBufferLike {
    if (!RowBuffers.keeps(bytes)) return new ArrayBuffer(bytes)
    const size = 2 ** sizeClass(bytes)
    return this.takeKept(bytes) ?? (this.#isShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size))
  }

  /** The same where one waits to be used again. */
  takeKept(bytes: number): ArrayBufferLike | undefined {
    const buffer = this.#free[sizeClass(bytes)]?.pop()
    if (buffer) this.#bytes -= buffer.byteLength
    return buffer
  }

  /** Takes a buffer back that came from `take`, here or in another thread, and that nobody reads any more. */
  give(buffer: ArrayBufferLike): void {
    const { byteLength } = buffer
    if (!RowBuffers.keeps(byteLength) || this.#bytes + byteLength > MAX_POOLED_BYTES) return
    const size = sizeClass(byteLength)
    if (2 ** size !== byteLength) return
    const free = this.#free[size] ?? []
    free.push(buffer)
    this.#free[size] = free
    this.#bytes += byteLength
  }
}

/** Those of some buffers that have to move to another thread; shared ones are there already. */
export function movable(buffers: readonly (ArrayBufferLike | undefined)[]): ArrayBuffer[] {
  return buffers.filter((buffer) => buffer instanceof ArrayBuffer)
}

function sizeClass(bytes: number): number {
  return 32 - Math.clz32(bytes - 1)
}

/** Arrays in one buffer, one after the other. */
export class RowSpace {
  readonly buffer: ArrayBufferLike
  #at = 0

  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer
  }

  /** Bytes that an array takes. */
  static bytesOf(length: number, elementBytes: number): number {
    return (length * elementBytes + 7) & ~7
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.buffer, this.#take(length, 8), length)
  }

  i64(length: number): BigInt64Array {
    return new BigInt64Array(this.buffer, this.#take(length, 8), length)
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.buffer, this.#take(length, 4), length)
  }

  u8(length: number): Uint8Array {
    return new Uint8Array(this.buffer, this.#take(length, 1), length)
  }

  #take(length: number, elementBytes: number): number {
    const at = this.#at
    this.#at += RowSpace.bytesOf(length, elementBytes)
    return at
  }
}
