/** Adds to the sum that `numbers[at] + numbers[at + 1]` is: Knuth's two-sum, the rounding error goes to the second. */
export function addCompensated(numbers: Float64Array, at: number, value: number): void {
  const before = numbers[at] ?? 0
  const sum = before + value
  const part = sum - before
  numbers[at] = sum
  if (Number.isFinite(sum)) numbers[at + 1] = (numbers[at + 1] ?? 0) + (before - (sum - part) + (value - part))
}

/** Both parts as one double. Where the high part is infinite or NaN, so is the sum. */
export function compensated(high: number, low: number): number {
  return Number.isFinite(high) ? high + low : high
}
