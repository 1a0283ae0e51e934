import { type CoreInstance, STAGING_CAPACITY } from './memory.ts'

/** SHA-256 (FIPS 180-4) of any number of bytes. */
export function sha256(core: CoreInstance, bytes: Uint8Array): Uint8Array {
  const { exports } = core
  exports.shaBegin()
  const rest = stream(core, bytes, { piece: 64, update: exports.shaUpdate })
  exports.shaEnd(exports.STAGING.value, rest)
  return core.u8.slice(exports.DIGEST.value, exports.DIGEST.value + 32)
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
