// SHA-256 (FIPS 180-4).

const BLOCK: u32 = 64
export const K: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]

/** Eight words of state; after `shaEnd` the digest, big-endian. */
export const DIGEST: usize = memory.data(32, 16)
const schedule: usize = memory.data(64 * 4, 16)
const padded: usize = memory.data(128, 16)
let total: u64 = 0

export function shaBegin(): void {
  store<u32>(DIGEST, 0x6a09e667)
  store<u32>(DIGEST, 0xbb67ae85, 4)
  store<u32>(DIGEST, 0x3c6ef372, 8)
  store<u32>(DIGEST, 0xa54ff53a, 12)
  store<u32>(DIGEST, 0x510e527f, 16)
  store<u32>(DIGEST, 0x9b05688c, 20)
  store<u32>(DIGEST, 0x1f83d9ab, 24)
  store<u32>(DIGEST, 0x5be0cd19, 28)
  total = 0
}

/** Goes on where so many bytes had been taken, with the state of then at `DIGEST`. */
export function shaResume(taken: f64): void {
  total = <u64>taken
}

function fillSchedule(address: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(schedule + i, bswap<u32>(load<u32>(address + i)))
  for (let i: usize = 64; i < 256; i += 4) {
    const x = load<u32>(schedule + i - 60)
    const y = load<u32>(schedule + i - 8)
    const s0 = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3)
    const s1 = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >> 10)
    store<u32>(schedule + i, load<u32>(schedule + i - 64) + s0 + load<u32>(schedule + i - 28) + s1)
  }
}

function compress(address: usize): void {
  fillSchedule(address)
  let a = load<u32>(DIGEST)
  let b = load<u32>(DIGEST, 4)
  let c = load<u32>(DIGEST, 8)
  let d = load<u32>(DIGEST, 12)
  let e = load<u32>(DIGEST, 16)
  let f = load<u32>(DIGEST, 20)
  let g = load<u32>(DIGEST, 24)
  let h = load<u32>(DIGEST, 28)
  for (let i = 0; i < 64; i++) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + unchecked(K[i]) + load<u32>(schedule + (<usize>i << 2))
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = d + t1
    d = c
    c = b
    b = a
    a = t1 + t2
  }
  store<u32>(DIGEST, load<u32>(DIGEST) + a)
  store<u32>(DIGEST, load<u32>(DIGEST, 4) + b, 4)
  store<u32>(DIGEST, load<u32>(DIGEST, 8) + c, 8)
  store<u32>(DIGEST, load<u32>(DIGEST, 12) + d, 12)
  store<u32>(DIGEST, load<u32>(DIGEST, 16) + e, 16)
  store<u32>(DIGEST, load<u32>(DIGEST, 20) + f, 20)
  store<u32>(DIGEST, load<u32>(DIGEST, 24) + g, 24)
  store<u32>(DIGEST, load<u32>(DIGEST, 28) + h, 28)
}

/** Takes whole blocks of 64 bytes. */
export function shaUpdate(address: usize, bytes: u32): void {
  for (const end = address + bytes; address < end; address += BLOCK) compress(address)
  total += bytes
}

/** Takes the last 0 to 63 bytes and leaves the digest at `DIGEST`. */
export function shaEnd(address: usize, bytes: u32): void {
  const blocks: u32 = bytes < 56 ? 1 : 2
  memory.fill(padded, 0, 128)
  memory.copy(padded, address, bytes)
  store<u8>(padded + bytes, 0x80)
  store<u64>(padded + blocks * BLOCK - 8, bswap<u64>((total + bytes) << 3))
  for (let block: u32 = 0; block < blocks; block++) compress(padded + block * BLOCK)
  for (let i: usize = 0; i < 32; i += 4) store<u32>(DIGEST + i, bswap<u32>(load<u32>(DIGEST + i)))
}
