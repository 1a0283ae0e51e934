import type { KeyBatch } from './key-batch.ts'
import { type CoreInstance, STAGING_CAPACITY } from './memory.ts'

/** SHA-256 (FIPS 180-4) of any number of bytes. */
export function sha256(core: CoreInstance, bytes: Uint8Array): Uint8Array {
  const { exports } = core
  exports.shaBegin()
  const rest = stream(core, bytes, { piece: 64, update: exports.shaUpdate })
  exports.shaEnd(exports.STAGING.value, rest)
  return core.u8.slice(exports.DIGEST.value, exports.DIGEST.value + 32)
}

/** SHA-256 of bytes that come by and by; others may be hashed between two calls. */
export class Sha256 {
  readonly #core: CoreInstance
  #state: Uint8Array
  #taken = 0

  constructor(core: CoreInstance) {
    this.#core = core
    core.exports.shaBegin()
    this.#state = this.#digest()
  }

  /** How many bytes were taken. */
  get taken(): number {
    return this.#taken
  }

  /** Takes a multiple of 64 bytes. */
  take(bytes: Uint8Array): void {
    this.#resume()
    stream(this.#core, bytes, { piece: 64, update: this.#core.exports.shaUpdate })
    this.#state = this.#digest()
    this.#taken += bytes.length
  }

  /** Takes the last bytes, any number, and gives the digest. Nothing may follow. */
  end(bytes: Uint8Array): Uint8Array {
    this.#resume()
    const rest = stream(this.#core, bytes, { piece: 64, update: this.#core.exports.shaUpdate })
    this.#core.exports.shaEnd(this.#core.exports.STAGING.value, rest)
    return this.#digest()
  }

  #resume(): void {
    this.#core.u8.set(this.#state, this.#core.exports.DIGEST.value)
    this.#core.exports.shaResume(this.#taken)
  }

  #digest(): Uint8Array {
    const at = this.#core.exports.DIGEST.value
    return this.#core.u8.slice(at, at + 32)
  }
}

/** First bytes of the SHA-256 of each key of a batch. */
export function firstHashBytes(core: CoreInstance, { bytes, ends }: KeyBatch): Uint8Array {
  const { exports } = core
  const staging = exports.STAGING.value
  const first = new Uint8Array(ends.length)
  for (let key = 0, from = 0; key < ends.length; ) {
    let last = key
    while (last < ends.length && (ends[last] as number) - from + 4 * (last - key + 1) <= STAGING_CAPACITY) last++
    if (last === key) {
      const end = ends[key] as number
      first[key++] = sha256(core, bytes.subarray(from, end))[0] as number
      from = end
      continue
    }
    const count = last - key
    const words = new Uint32Array(exports.memory.buffer, staging, count)
    for (let i = 0; i < count; i++) words[i] = (ends[key + i] as number) - from
    core.u8.set(bytes.subarray(from, ends[last - 1]), staging + 4 * count)
    exports.shaFirstBytes(staging + 4 * count, staging, count, staging)
    first.set(core.u8.subarray(staging, staging + count), key)
    from = ends[last - 1] as number
    key = last
  }
  return first
}

/** Low 32 bits of XXH64, seed 0, of any number of bytes. */
export function checksum(core: CoreInstance, bytes: Uint8Array): number {
  const { exports } = core
  exports.xxhBegin()
  const rest = stream(core, bytes, { piece: 32, update: exports.xxhUpdate })
  return exports.xxhEnd32(exports.STAGING.value, rest) >>> 0
}

interface Hash {
  /** Bytes that an update takes, or a multiple of them. */
  piece: number
  update(address: number, length: number): void
}

/** Passes whole pieces through staging; leaves the rest there and returns its length. */
function stream(core: CoreInstance, bytes: Uint8Array, { piece, update }: Hash): number {
  const memory = core.u8
  const staging = core.exports.STAGING.value
  for (let at = 0; at <= bytes.length; at += STAGING_CAPACITY) {
    const part = bytes.subarray(at, at + STAGING_CAPACITY)
    memory.set(part, staging)
    if (part.length < STAGING_CAPACITY) {
      const whole = part.length - (part.length % piece)
      update(staging, whole)
      memory.copyWithin(staging, staging + whole, staging + part.length)
      return part.length - whole
    }
    update(staging, STAGING_CAPACITY)
  }
  return 0
}
