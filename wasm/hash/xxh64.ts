// XXH64 of Yann Collet (xxHash specification 0.1.1), seed 0.

const PRIME1: u64 = 0x9e3779b185ebca87
const PRIME2: u64 = 0xc2b2ae3d27d4eb4f
const PRIME3: u64 = 0x165667b19e3779f9
const PRIME4: u64 = 0x85ebca77c2b2ae63
const PRIME5: u64 = 0x27d4eb2f165667c5
const STRIPE: u32 = 32

let a: u64 = 0
let b: u64 = 0
let c: u64 = 0
let d: u64 = 0
let total: u64 = 0

// @ts-ignore: decorator
@inline
function round(accumulator: u64, input: u64): u64 {
  return rotl<u64>(accumulator + input * PRIME2, 31) * PRIME1
}

// @ts-ignore: decorator
@inline
function mergeRound(hash: u64, accumulator: u64): u64 {
  return (hash ^ round(0, accumulator)) * PRIME1 + PRIME4
}

export function xxhBegin(): void {
  a = PRIME1 + PRIME2
  b = PRIME2
  c = 0
  d = 0 - PRIME1
  total = 0
}

/** Takes whole stripes of 32 bytes. */
export function xxhUpdate(address: usize, bytes: u32): void {
  let s = a
  let t = b
  let u = c
  let v = d
  for (const end = address + bytes; address < end; address += STRIPE) {
    s = round(s, load<u64>(address))
    t = round(t, load<u64>(address, 8))
    u = round(u, load<u64>(address, 16))
    v = round(v, load<u64>(address, 24))
  }
  a = s
  b = t
  c = u
  d = v
  total += bytes
}

/** Takes the last 0 to 31 bytes and returns the hash. */
function xxhEnd(address: usize, bytes: u32): u64 {
  let hash = PRIME5
  if (total > 0) {
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18)
    hash = mergeRound(mergeRound(mergeRound(mergeRound(hash, a), b), c), d)
  }
  hash += total + bytes
  const end = address + bytes
  for (; address + 8 <= end; address += 8) {
    hash = rotl<u64>(hash ^ round(0, load<u64>(address)), 27) * PRIME1 + PRIME4
  }
  if (address + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(address) * PRIME1), 23) * PRIME2 + PRIME3
    address += 4
  }
  for (; address < end; address++) hash = rotl<u64>(hash ^ (<u64>load<u8>(address) * PRIME5), 11) * PRIME1
  hash = (hash ^ (hash >> 33)) * PRIME2
  hash = (hash ^ (hash >> 29)) * PRIME3
  return hash ^ (hash >> 32)
}

/** Low 32 bits of the hash of bytes that lie in one piece. */
export function xxh32Bits(address: usize, bytes: u32): u32 {
  const whole = bytes & ~(STRIPE - 1)
  xxhBegin()
  xxhUpdate(address, whole)
  return <u32>xxhEnd(address + whole, bytes - whole)
}

/** The end of a streamed hash, without a 64-bit integer at the boundary. */
export function xxhEnd32(address: usize, bytes: u32): u32 {
  return <u32>xxhEnd(address, bytes)
}
