/**
 * Exact arithmetic on columns of i64 without a BigInt per value. Values are read as two 32-bit halves; where all of
 * them are below 2^53 in magnitude, doubles hold them exactly and the loops run on doubles.
 */

const TWO_32 = 4_294_967_296
const EXACT_HIGH = 2 ** 21
const MAX_EXACT = Number.MAX_SAFE_INTEGER

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const LOW = littleEndian ? 0 : 1

function halves(values: BigInt64Array): { high: Int32Array; low: Uint32Array } {
  const length = values.length * 2
  return {
    high: new Int32Array(values.buffer, values.byteOffset, length),
    low: new Uint32Array(values.buffer, values.byteOffset, length),
  }
}

/** The nearest double of each value. */
export function toDoubles(values: BigInt64Array): Float64Array<ArrayBuffer> {
  const { high, low } = halves(values)
  const doubles = new Float64Array(values.length)
  for (let i = 0; i < doubles.length; i++) {
    doubles[i] = (high[2 * i + 1 - LOW] ?? 0) * TWO_32 + (low[2 * i + LOW] ?? 0)
  }
  return doubles
}

/** Each value as a double where doubles hold all of them exactly, or `undefined`. */
export function toExactDoubles(values: BigInt64Array): Float64Array<ArrayBuffer> | undefined {
  const { high } = halves(values)
  for (let i = 1 - LOW; i < high.length; i += 2) {
    const part = high[i] ?? 0
    if (part >= EXACT_HIGH || part < -EXACT_HIGH) return undefined
  }
  return toDoubles(values)
}

/** Whole doubles below 2^53 in magnitude as i64, or `undefined` where one is beyond. */
export function fromExactDoubles(doubles: Float64Array): BigInt64Array<ArrayBuffer> | undefined {
  const values = new BigInt64Array(doubles.length)
  const { high, low } = halves(values)
  for (let i = 0; i < doubles.length; i++) {
    const value = doubles[i] ?? 0
    if (!(Math.abs(value) <= MAX_EXACT)) return undefined
    const upper = Math.floor(value / TWO_32)
    high[2 * i + 1 - LOW] = upper
    low[2 * i + LOW] = value - upper * TWO_32
  }
  return values
}

/** -1, 0 or 1 by comparing whole values, for each row, without a BigInt. */
export function compareIntegers(a: BigInt64Array, b: BigInt64Array): Int8Array {
  const x = halves(a)
  const y = halves(b)
  const order = new Int8Array(a.length)
  for (let i = 0; i < order.length; i++) {
    const high = (x.high[2 * i + 1 - LOW] ?? 0) - (y.high[2 * i + 1 - LOW] ?? 0)
    const low = (x.low[2 * i + LOW] ?? 0) - (y.low[2 * i + LOW] ?? 0)
    order[i] = Math.sign(high) || Math.sign(low)
  }
  return order
}

/** Differences to `base` in doubles: exact below 2^53, and then still in order. */
export function offsetsFrom(values: BigInt64Array, base: bigint): Float64Array<ArrayBuffer> {
  const { high, low } = halves(values)
  const baseHigh = Number(base >> 32n)
  const baseLow = Number(BigInt.asUintN(32, base))
  const offsets = new Float64Array(values.length)
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = ((high[2 * i + 1 - LOW] ?? 0) - baseHigh) * TWO_32 + ((low[2 * i + LOW] ?? 0) - baseLow)
  }
  return offsets
}
