import type { TableRows } from '../../engine/core/rows.ts'
import { generator } from './block-shapes.ts'

/** Rows of series in turn, `counts[i]` of series i, whose times rise by 1 and more, with a field of floats and one of integers. */
export function rowsInTurn(counts: readonly number[], seed = 1): TableRows {
  const next = generator(seed)
  const left = [...counts]
  const series: number[] = []
  while (left.some((count) => count > 0)) {
    for (const [number, count] of left.entries()) {
      if (count === 0) continue
      series.push(number)
      left[number] = count - 1
    }
  }
  const clock = counts.map(() => 0n)
  const time = series.map((number) => (clock[number] = (clock[number] as bigint) + 1n + BigInt(next() % 3)))
  return {
    table: 'air',
    series: Uint32Array.from(series),
    time: BigInt64Array.from(time),
    fields: [
      { name: 'level', type: 'f64', values: Float64Array.from(series, () => (next() % 9 === 0 ? -0 : next() / 100)) },
      { name: 'count', type: 'i64', values: BigInt64Array.from(series, () => BigInt(next()) << BigInt(next() % 33)) },
    ],
  }
}
