import { expect, test } from 'vitest'
import type { Batch } from '../../../engine/core/batch.ts'
import { LiveResult } from '../../../web/explore/live-result.ts'
import { columnOf, rowsOf, type Value } from '../../support/plain-column.ts'

const columns = [
  { name: 'time', type: 'time' as const },
  { name: 'host', type: 'string' as const },
  { name: 'usage', type: 'f64' as const },
]

function batchOf(rows: readonly Value[][], width = 3): Batch {
  const shown = columns.slice(0, width).map(({ name, type }, at) =>
    columnOf(
      name,
      type,
      rows.map((row) => row[at] ?? null),
    ),
  )
  return { rows: rows.length, columns: shown }
}

test('a live answer is its first rows with what changed in them', () => {
  const live = new LiveResult()
  const first = batchOf([
    [0n, 'a', 1],
    [0n, 'b', 2],
    [60n, 'a', 3],
  ])
  live.put({ kind: 'result', columns, keys: ['time', 'host'], rows: first })
  const changed = batchOf([
    [0n, 'b', 20],
    [60n, 'b', 4],
  ])
  live.put({ kind: 'delta', changed, removed: batchOf([[0n, 'a']], 2) })
  const { batches, rows, lines } = live.collected
  expect(rows).toBe(3)
  expect(batches.flatMap(rowsOf)).toEqual(
    expect.arrayContaining([
      [0n, 'b', 20],
      [60n, 'a', 3],
      [60n, 'b', 4],
    ]),
  )
  expect(lines.lines.map(({ name, values }) => [name, Array.from(values)])).toEqual([
    ['a', [3]],
    ['b', [20, 4]],
  ])
})

test('a whole answer takes the place of what was there', () => {
  const live = new LiveResult()
  live.put({
    kind: 'result',
    columns,
    keys: [],
    rows: batchOf([
      [0n, 'a', 1],
      [0n, 'a', 1],
    ]),
  })
  expect(live.collected.rows).toBe(2)
  live.put({ kind: 'result', columns, keys: [], rows: batchOf([]) })
  expect(live.collected.rows).toBe(0)
})
