import type { Column } from '../core/batch.ts'
import { emptyValidity, setValid } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { CellTallies } from './cell-tallies.ts'
import { plainValue } from './plain-value.ts'
import { eachPresent } from './row-presence.ts'

/**
 * The quantile of a histogram of cumulative counts, by Prometheus' rules: `histogram_quantile(q, le, count)`. Counts of one
 * upper bound add up; bounds that are no numbers are left out. Missing without a bound of +Inf, a second bound, or a count.
 */
export const histogramQuantile: ValueAggregate = {
  name: 'histogram_quantile',
  inputs: ['bound', 'number'],
  parameters: [{ name: 'q', kind: 'number', from: 0, to: 1 }],
  keepsUnit: false,
  ordered: false,
  dependsOnOrder: true,
  gives: 'value',
  outputType: () => 'f64',
  open: openBuckets,
  finish: (states, { parameters: [q] }) => quantiles(states, Number(q ?? 0)),
}

function openBuckets({ budget }: AccumulatorCall): Accumulator {
  const buckets = new CellTallies('f64', budget)
  return {
    update: (rows) => {
      const [bounds, counts] = rows.columns
      if (bounds === undefined || counts === undefined) return
      eachPresent(rows, (row, cell) => {
        const bound = upperBound(plainValue(bounds, row))
        if (!Number.isNaN(bound)) buckets.add(cell, bound, Number(counts.values[row]))
      })
    },
    endSeries: () => undefined,
    merge: (states, places) => buckets.merge(states, places),
    states: (cells) => buckets.states(cells),
  }
}

function upperBound(value: number | bigint | string): number {
  if (typeof value !== 'string') return Number(value)
  if (/^\+?inf$/i.test(value)) return Number.POSITIVE_INFINITY
  return value.trim() === '' ? Number.NaN : Number(value)
}

interface Bucket {
  upper: number
  count: number
}

function quantiles({ offsets, columns: [bounds, counts] }: StateTable, q: number): Column {
  const cells = offsets.length - 1
  const values = new Float64Array(cells)
  const validity = emptyValidity(cells)
  for (let cell = 0; cell < cells; cell++) {
    const buckets: Bucket[] = []
    const to = offsets[cell + 1] ?? 0
    for (let row = offsets[cell] ?? 0; row < to; row++) {
      buckets.push({ upper: Number(bounds?.values[row]), count: Number(counts?.values[row]) })
    }
    const value = bucketQuantile(
      buckets.sort((a, b) => a.upper - b.upper),
      q,
    )
    if (value === undefined) continue
    values[cell] = value
    setValid(validity, cell)
  }
  return { name: '', type: 'f64', values, validity }
}

/** `bucketQuantile` of Prometheus' promql/quantile.go; counts that fall are first raised to those before them. */
function bucketQuantile(buckets: Bucket[], q: number): number | undefined {
  const last = buckets.at(-1)
  if (buckets.length < 2 || last?.upper !== Number.POSITIVE_INFINITY) return undefined
  let greatest = Number.NEGATIVE_INFINITY
  for (const bucket of buckets) {
    greatest = Math.max(greatest, bucket.count)
    bucket.count = greatest
  }
  if (!(last.count > 0)) return undefined
  const rank = q * last.count
  const found = buckets.findIndex(({ count }) => count >= rank)
  const at = found < 0 ? buckets.length - 1 : found
  const bucket = buckets[at] ?? last
  const below = buckets[at - 1]
  if (bucket === last) return below?.upper
  if (below === undefined) return bucket.upper <= 0 ? bucket.upper : bucket.upper * (rank / bucket.count)
  const part = (rank - below.count) / (bucket.count - below.count)
  return below.upper + (bucket.upper - below.upper) * part
}
