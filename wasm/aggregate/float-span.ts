// Sum, extremes and moments of some f64 in one piece. Sums are compensated (Knuth's two-sum) in four lanes whose
// order is fixed by the position in the piece.

let sumHigh: f64 = 0
let sumLow: f64 = 0
let mean: f64 = 0
let squares: f64 = 0

// @ts-ignore: decorator
@inline
export function floatSumHigh(): f64 {
  return sumHigh
}

// @ts-ignore: decorator
@inline
export function floatSumLow(): f64 {
  return sumLow
}

// @ts-ignore: decorator
@inline
export function floatMean(): f64 {
  return mean
}

// @ts-ignore: decorator
@inline
export function floatSquares(): f64 {
  return squares
}

// @ts-ignore: decorator
@inline
function addScalar(value: f64): void {
  const total = sumHigh + value
  const part = total - sumHigh
  sumLow += sumHigh - (total - part) + (value - part)
  sumHigh = total
}

// @ts-ignore: decorator
@inline
function roundOff(sum: v128, value: v128, total: v128): v128 {
  const part = f64x2.sub(total, sum)
  return f64x2.add(f64x2.sub(sum, f64x2.sub(total, part)), f64x2.sub(value, part))
}

/** Leaves `floatSumHigh` and `floatSumLow`, normalised; a NaN or an infinity among the values has IEEE's answer. */
export function sumFloats(address: usize, count: i32): void {
  const end = address + (<usize>count << 3)
  let at = address
  sumHigh = 0
  sumLow = 0
  if (count >= 8) {
    let sumA = f64x2.splat(0)
    let sumB = sumA
    let lowA = sumA
    let lowB = sumA
    for (; at + 32 <= end; at += 32) {
      const a = v128.load(at)
      const b = v128.load(at, 16)
      const totalA = f64x2.add(sumA, a)
      const totalB = f64x2.add(sumB, b)
      lowA = f64x2.add(lowA, roundOff(sumA, a, totalA))
      lowB = f64x2.add(lowB, roundOff(sumB, b, totalB))
      sumA = totalA
      sumB = totalB
    }
    const lows = f64x2.add(lowA, lowB)
    sumHigh = f64x2.extract_lane(sumA, 0)
    sumLow = f64x2.extract_lane(lows, 0) + f64x2.extract_lane(lows, 1)
    addScalar(f64x2.extract_lane(sumA, 1))
    addScalar(f64x2.extract_lane(sumB, 0))
    addScalar(f64x2.extract_lane(sumB, 1))
  }
  for (; at < end; at += 8) addScalar(load<f64>(at))
  const total = sumHigh + sumLow
  sumLow -= total - sumHigh
  sumHigh = total
  if (total - total == 0) return
  sumHigh = 0
  sumLow = 0
  for (at = address; at < end; at += 8) sumHigh += load<f64>(at)
}

function contains(address: usize, count: i32, bits: i64): bool {
  for (let i: usize = 0; i < <usize>count << 3; i += 8) if (load<i64>(address + i) == bits) return true
  return false
}

/** Smallest value that is not NaN, -0 below 0; NaN where all are. */
export function minFloats(address: usize, count: i32): f64 {
  let lows = f64x2.splat(Infinity)
  let at = address
  const end = address + (<usize>count << 3)
  if (count >= 16) {
    let a = lows
    let b = lows
    let c = lows
    for (; at + 64 <= end; at += 64) {
      lows = f64x2.pmin(lows, v128.load(at))
      a = f64x2.pmin(a, v128.load(at, 16))
      b = f64x2.pmin(b, v128.load(at, 32))
      c = f64x2.pmin(c, v128.load(at, 48))
    }
    lows = f64x2.pmin(f64x2.pmin(lows, a), f64x2.pmin(b, c))
  }
  for (; at + 16 <= end; at += 16) lows = f64x2.pmin(lows, v128.load(at))
  let low = f64x2.extract_lane(lows, 0)
  const other = f64x2.extract_lane(lows, 1)
  if (other < low) low = other
  if (at < end && load<f64>(at) < low) low = load<f64>(at)
  if (low == 0) return contains(address, count, i64.MIN_VALUE) ? -0.0 : 0.0
  if (low == Infinity && !contains(address, count, reinterpret<i64>(Infinity))) return NaN
  return low
}

/** Largest value that is not NaN, 0 above -0; NaN where all are. */
export function maxFloats(address: usize, count: i32): f64 {
  let highs = f64x2.splat(-Infinity)
  let at = address
  const end = address + (<usize>count << 3)
  if (count >= 16) {
    let a = highs
    let b = highs
    let c = highs
    for (; at + 64 <= end; at += 64) {
      highs = f64x2.pmax(highs, v128.load(at))
      a = f64x2.pmax(a, v128.load(at, 16))
      b = f64x2.pmax(b, v128.load(at, 32))
      c = f64x2.pmax(c, v128.load(at, 48))
    }
    highs = f64x2.pmax(f64x2.pmax(highs, a), f64x2.pmax(b, c))
  }
  for (; at + 16 <= end; at += 16) highs = f64x2.pmax(highs, v128.load(at))
  let high = f64x2.extract_lane(highs, 0)
  const other = f64x2.extract_lane(highs, 1)
  if (other > high) high = other
  if (at < end && load<f64>(at) > high) high = load<f64>(at)
  if (high == 0) return contains(address, count, 0) ? 0.0 : -0.0
  if (high == -Infinity && !contains(address, count, reinterpret<i64>(-Infinity))) return NaN
  return high
}

/**
 * Leaves `floatMean` and `floatSquares`, the sum of squared deviations: two passes, corrected for the mean's
 * rounding.
 */
export function momentsOfFloats(address: usize, count: i32): void {
  sumFloats(address, count)
  mean = (sumHigh + sumLow) / <f64>count
  const means = f64x2.splat(mean)
  let squareSums = f64x2.splat(0)
  let errors = squareSums
  const end = address + (<usize>count << 3)
  let at = address
  for (; at + 16 <= end; at += 16) {
    const distance = f64x2.sub(v128.load(at), means)
    squareSums = f64x2.add(squareSums, f64x2.mul(distance, distance))
    errors = f64x2.add(errors, distance)
  }
  squares = f64x2.extract_lane(squareSums, 0) + f64x2.extract_lane(squareSums, 1)
  let error = f64x2.extract_lane(errors, 0) + f64x2.extract_lane(errors, 1)
  if (at < end) {
    const distance = load<f64>(at) - mean
    squares += distance * distance
    error += distance
  }
  squares -= (error * error) / <f64>count
  if (squares < 0) squares = 0
}
