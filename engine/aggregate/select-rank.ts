/** Below this many values sorting them costs no more. */
const FEW_VALUES = 256

/**
 * The values of a rank, from 0, and of the next one, as if they were sorted with NaN last; the order of the values is lost.
 * Hoare's selection with the median of three, in linear time on average; where the pivots are bad it sorts.
 */
export function neighbours(values: Float64Array, rank: number): readonly [at: number, next: number] {
  const count = moveNaN(values)
  if (rank >= count) return [Number.NaN, Number.NaN]
  const numbers = values.subarray(0, count)
  let [low, high] = [0, count - 1]
  let rounds = 2 * Math.ceil(Math.log2(count + 1))
  while (high - low > FEW_VALUES && rounds-- > 0) {
    const [left, right] = partition(numbers, low, high)
    if (rank <= left) high = left
    else if (rank >= right) low = right
    else return [numbers[rank] ?? 0, leastFrom(numbers, rank + 1, count, values)]
  }
  numbers.subarray(low, high + 1).sort()
  return [numbers[rank] ?? 0, leastFrom(numbers, rank + 1, count, values)]
}

/** All behind a rank are not below it, so the next one is the least of them; NaN where only that is left. */
function leastFrom(numbers: Float64Array, from: number, count: number, values: Float64Array): number {
  if (from >= count) return count < values.length ? Number.NaN : (numbers[count - 1] ?? 0)
  let least = Number.POSITIVE_INFINITY
  for (let i = from; i < count; i++) least = Math.min(least, numbers[i] as number)
  return least
}

/** Puts NaN behind all numbers, and says how many those are. */
function moveNaN(values: Float64Array): number {
  let count = 0
  while (count < values.length && !Number.isNaN(values[count])) count++
  for (let i = count + 1; i < values.length; i++) {
    const value = values[i] as number
    if (Number.isNaN(value)) continue
    values[i] = values[count] as number
    values[count++] = value
  }
  return count
}

/** Parts `[low, high]` so that all up to `left` are at most the pivot, all from `right` at least it, and those between are it. */
function partition(values: Float64Array, low: number, high: number): [left: number, right: number] {
  const pivot = medianOfThree(values[low] as number, values[(low + high) >> 1] as number, values[high] as number)
  let [i, j] = [low, high]
  while (i <= j) {
    while ((values[i] as number) < pivot) i++
    while ((values[j] as number) > pivot) j--
    if (i > j) break
    const moved = values[i] as number
    values[i++] = values[j] as number
    values[j--] = moved
  }
  return [j, i]
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
