// Prediction of what repeats, such as the course of a day: from the row before, and from the step that was made a period ago.

/** Sixteenths of what is added to the row before: of the step a period ago, and of the way to where the values were then. */
export const SHARE_BITS: i64 = 4
export const SHARES: i64 = 1 << SHARE_BITS
export const HALF_SHARES: i64 = SHARES >> 1
/** Rows after which data repeat: hours, days, weeks and years at the usual intervals. */
const PERIODS: StaticArray<i32> = [7, 12, 24, 48, 52, 60, 72, 96, 120, 144, 168, 240, 288, 360, 365, 480]
export const LEAST_PERIOD: i32 = 2
/** Longer ones would predict little of a block, which is read by itself. */
export const MOST_PERIOD: i32 = 512
/** Correlation, squared, of steps a period apart that is worth a closer look: predicting by them saves a tenth of a bit. */
const LEAST_CORRELATION: f64 = 0.15

/** What `findPeriod` found. */
export let foundPeriod: i32 = 0
export let foundSlope: i32 = 0
export let foundPull: i32 = 0

/** Prediction of the integer at `at`, from the second of a block on. */
// @ts-ignore: decorator
@inline
export function predictedAt(at: usize, row: i32, period: i32, slope: i64, pull: i64): i64 {
  const before = load<i64>(at - 8)
  if (row <= period) return before
  const ago = at - (<usize>period << 3)
  const thenBefore = load<i64>(ago - 8)
  const way = slope * (load<i64>(ago) - thenBefore) + pull * (thenBefore - before)
  return before + ((way + HALF_SHARES) >> SHARE_BITS)
}

/** Correlation, squared, of steps with those a period before; 0 where it is negative. */
function correlation(steps: usize, count: i32, period: i32): f64 {
  let products = f64x2.splat(0)
  let squares = f64x2.splat(0)
  let others = f64x2.splat(0)
  const ago = <usize>period << 3
  for (let at = steps + ago; at + 8 < steps + (<usize>count << 3); at += 16) {
    const now = v128.load(at)
    const then = v128.load(at - ago)
    products = f64x2.add(products, f64x2.mul(now, then))
    squares = f64x2.add(squares, f64x2.mul(now, now))
    others = f64x2.add(others, f64x2.mul(then, then))
  }
  const product = f64x2.extract_lane(products, 0) + f64x2.extract_lane(products, 1)
  const square = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1)
  const other = f64x2.extract_lane(others, 0) + f64x2.extract_lane(others, 1)
  return product > 0 ? (product / square) * (product / other) : 0
}

function choosePeriod(steps: usize, count: i32): void {
  foundPeriod = 0
  let best = LEAST_CORRELATION
  for (let i = 0; i < PERIODS.length; i++) {
    const period = unchecked(PERIODS[i])
    if (period * 2 > count) break
    // Of rows before the first period nothing is known.
    const found = (correlation(steps, count, period) * <f64>(count - period)) / <f64>count
    if (found <= best) continue
    best = found
    foundPeriod = period
  }
}

// @ts-ignore: decorator
@inline
function share(part: f64): i32 {
  return <i32>max<f64>(0, min<f64>(<f64>SHARES, nearest(part * <f64>SHARES)))
}

/** Least squares of steps by the two things that predict them. */
function fitShares(values: usize, rows: i32): void {
  let aa: f64 = 0
  let ab: f64 = 0
  let bb: f64 = 0
  let ay: f64 = 0
  let by: f64 = 0
  const ago = <usize>foundPeriod << 3
  for (let at = values + ago + 8; at < values + (<usize>rows << 3); at += 8) {
    const before = load<i64>(at - 8)
    const thenBefore = load<i64>(at - ago - 8)
    const a = <f64>(load<i64>(at - ago) - thenBefore)
    const b = <f64>(thenBefore - before)
    const y = <f64>(load<i64>(at) - before)
    aa += a * a
    ab += a * b
    bb += b * b
    ay += a * y
    by += b * y
  }
  const determinant = aa * bb - ab * ab
  foundSlope = determinant > 0 ? share((ay * bb - by * ab) / determinant) : share(ay / aa)
  foundPull = determinant > 0 ? share((by * aa - ay * ab) / determinant) : 0
}

/** Looks for a period in the rows of a block, with room for as many floats at `steps`; false where it has none. */
export function findPeriod(values: usize, rows: i32, steps: usize): bool {
  for (let i: usize = 8; i < <usize>rows << 3; i += 8) {
    store<f64>(steps + i - 8, <f64>(load<i64>(values + i) - load<i64>(values + i - 8)))
  }
  choosePeriod(steps, rows - 1)
  if (foundPeriod == 0) return false
  fitShares(values, rows)
  return true
}
