import type { Value } from '../plain-column.ts'
import type { Reading } from './query-tree.ts'

type Present = Exclude<Value, null>

/** What a list of values amounts to, and how far from it an answer may be. */
export interface Amount {
  value: Value
  within: number
}

/** The values that are there, read as what a column of an answer says of them. */
export function readList(values: readonly Present[], reading: Exclude<Reading, 'same'>): Amount {
  if (values.length === 0) return { value: null, within: 0 }
  if (reading === 'mode') return { value: modeOf(values), within: 0 }
  const numbers = values.map(Number)
  const sum = exactSum(numbers)
  if (reading === 'sum') return { value: sum, within: roundingOf(sum, numbers) }
  const mean = sum / numbers.length
  if (reading === 'avg') return { value: mean, within: roundingOf(mean, numbers) }
  const deviations = exactSum(numbers.map((value) => (value - mean) ** 2))
  const scale = Math.max(...numbers.map(Math.abs))
  const pop = reading === 'stddev_pop'
  if (numbers.length < 2 && !pop) return { value: null, within: 0 }
  const variance = deviations / (numbers.length - (pop ? 0 : 1))
  if (reading === 'variance') return { value: variance, within: (variance + scale * scale) * 1e-12 }
  return { value: Math.sqrt(variance), within: Math.sqrt(variance) * 1e-12 + scale * 1e-9 }
}

const EPSILON = 2 ** -52

/** Four units in the last place, and what a sum of twice the digits of a double loses. */
function roundingOf(value: number, numbers: readonly number[]): number {
  if (!Number.isFinite(value)) return 0
  const all = numbers.reduce((total, each) => total + Math.abs(each), 0)
  return Math.max(4 * EPSILON * Math.abs(value), 4 * Number.MIN_VALUE, all * EPSILON * EPSILON * numbers.length)
}

/** Shewchuk's sum: partial sums that do not overlap, rounded once. Beyond the finite numbers what IEEE 754 gives in any order. */
function exactSum(values: readonly number[]): number {
  if (values.some((value) => !Number.isFinite(value))) return values.reduce((sum, value) => sum + value, 0)
  const partials: number[] = []
  for (const value of values) {
    let x = value
    let kept = 0
    for (const partial of partials) {
      const [large, small] = Math.abs(x) < Math.abs(partial) ? [partial, x] : [x, partial]
      const high = large + small
      const low = small - (high - large)
      if (low !== 0) partials[kept++] = low
      x = high
    }
    partials.length = kept
    partials.push(x)
  }
  return partials.reduceRight((sum, partial) => sum + partial, 0)
}

/** The most frequent value, of several the least; NaN is the greatest. */
function modeOf(values: readonly Present[]): Present {
  const counts = new Map<Present, number>()
  for (const value of values) counts.set(value === 0 ? 0 : value, (counts.get(value === 0 ? 0 : value) ?? 0) + 1)
  const most = Math.max(...counts.values())
  const candidates = [...counts].filter(([, count]) => count === most).map(([value]) => value)
  return candidates.reduce((least, value) => (isBefore(value, least) ? value : least))
}

function isBefore(a: Present, b: Present): boolean {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
  if (Number.isNaN(a)) return false
  return Number.isNaN(b) || a < b
}
