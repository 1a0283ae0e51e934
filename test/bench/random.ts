/**
 * A seeded stream of uniform numbers in [0, 1): sfc32, from PractRand by Chris Doty-Humphrey. Streams of different
 * `streams` numbers are independent, so data can be made in any order.
 */
export function randomStream(...streams: readonly number[]): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1]
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (const stream of streams) {
    a ^= stream
    // Enough rounds that nearby seeds have nothing in common.
    for (let i = 0; i < 12; i++) next()
  }
  return next
}

/** A whole number in [0, limit). */
export function randomBelow(random: () => number, limit: number): number {
  return Math.floor(random() * limit)
}

/** Standard normal numbers by Marsaglia's polar method, which makes them in pairs. */
export function normalStream(random: () => number): () => number {
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const kept = spare
      spare = undefined
      return kept
    }
    let u: number
    let v: number
    let s: number
    do {
      u = 2 * random() - 1
      v = 2 * random() - 1
      s = u * u + v * v
    } while (s >= 1 || s === 0)
    const scale = Math.sqrt((-2 * Math.log(s)) / s)
    spare = v * scale
    return u * scale
  }
}
