import type { Column } from '../core/batch.ts'

/**
 * HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, 2007) with 64 bits of hash, as in HyperLogLog++ (Heule, Nunkesser and
 * Hall, 2013), and the improved estimator of Ertl ("New cardinality estimation algorithms for HyperLogLog sketches", 2017,
 * algorithm 6), which needs no tables of bias. The standard error is 1.04 / sqrt(2^PRECISION) = 0.8 %.
 */
export const PRECISION = 14
export const REGISTERS: number = 2 ** PRECISION
/** Ranks are 1 to this, 0 for a register that no hash has met. */
export const MAX_RANK: number = 64 - PRECISION + 1

/** The register and rank of a hash, as `register * 64 + rank`. */
export function placeOf(high: number, low: number): number {
  const register = high >>> (32 - PRECISION)
  const rest = high << PRECISION
  // The bits shifted in are no part of the hash; of those that are, 18 are in `rest`.
  const rank = rest === 0 ? 32 - PRECISION + Math.clz32(low) + 1 : Math.clz32(rest) + 1
  return register * 64 + rank
}

/** How many different hashes there were, about, by how many registers have each rank. */
export function estimate(histogram: Float64Array): number {
  const m = REGISTERS
  let z = m * tau(1 - (histogram[MAX_RANK] ?? 0) / m)
  for (let rank = MAX_RANK - 1; rank >= 1; rank--) z = 0.5 * (z + (histogram[rank] ?? 0))
  z += m * sigma((histogram[0] ?? 0) / m)
  return (m / (2 * Math.LN2)) * (m / z)
}

function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY
  let [x, y, z] = [start, 1, start]
  for (let before = -1; z !== before; ) {
    before = z
    x *= x
    z += x * y
    y += y
  }
  return z
}

function tau(start: number): number {
  if (start === 0 || start === 1) return 0
  let [x, y, z] = [start, 1, 1 - start]
  for (let before = -1; z !== before; ) {
    before = z
    x = Math.sqrt(x)
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

const bits = new DataView(new ArrayBuffer(8))

/** The place of one value; the same for an i64 and an f64 only where their bits are. -0 is 0, and every NaN is one value. */
export function placeOfValue(column: Column, row: number): number {
  if (column.type === 'string') return placeOfText(column.dictionary[column.values[row] ?? 0] ?? '')
  const value = column.values[row] ?? 0
  if (typeof value === 'bigint') bits.setBigInt64(0, value)
  else bits.setFloat64(0, value === 0 ? 0 : value)
  return mixed(bits.getUint32(0), bits.getUint32(4))
}

function placeOfText(text: string): number {
  // FNV-1a over the code units, twice with different bases; mixing spreads what it leaves alike.
  let [a, b] = [0x811c9dc5, 0x9747b28c]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x5bd1e995)
    b ^= b >>> 15
  }
  return mixed(a, b)
}

/** Both halves depend on all 64 bits: two rounds of MurmurHash3's finaliser across them. */
function mixed(high: number, low: number): number {
  let h = finalise(high ^ 0x9e3779b9)
  let l = finalise(low ^ h)
  h = finalise(h ^ l)
  l = finalise((l + Math.imul(h, 0x85ebca6b)) | 0)
  return placeOf(h >>> 0, l >>> 0)
}

function finalise(start: number): number {
  let h = start
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
