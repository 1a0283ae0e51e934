const BASIS = 0x811c9dc5

/** 32 bits of hash of some bytes: FNV-1a, from its basis or another number on, with the finisher of MurmurHash3. */
export function hashBytes(bytes: Uint8Array, from: number, to: number, basis: number = BASIS): number {
  let hash = basis
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  return mixBits(hash)
}

/** The finisher of MurmurHash3: every bit of the answer depends on every bit of the number. */
export function mixBits(number: number): number {
  let hash = number
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
