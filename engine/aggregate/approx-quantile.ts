import { type Column, emptyValidity, setValid } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, ValueAggregate } from './accumulator.ts'
import { CellTallies } from './cell-tallies.ts'
import { bucketOf, bucketValue } from './dd-sketch.ts'
import { eachPresent } from './row-presence.ts'

/**
 * A quantile within 1 % of the value of rank `floor(q * (n - 1))`, from a sketch of a few kilobytes a cell however many
 * values there are. Merged sketches are the sketch of all.
 */
export const approxQuantile: ValueAggregate = {
  name: 'approx_quantile',
  inputs: ['number'],
  parameters: [{ name: 'q', kind: 'number', from: 0, to: 1 }],
  keepsUnit: true,
  ordered: false,
  dependsOnOrder: false,
  gives: 'value',
  outputType: () => 'f64',
  open: openSketches,
  finish: (states, { parameters: [q] }) => quantiles(states, Number(q ?? 0)),
}

function openSketches({ budget }: AccumulatorCall): Accumulator {
  const buckets = new CellTallies('f64', budget)
  return {
    update: (rows) => {
      const [column] = rows.columns
      if (column) eachPresent(rows, (row, cell) => buckets.add(cell, bucketOf(Number(column.values[row])), 1))
    },
    endSeries: () => undefined,
    merge: (states, places) => buckets.merge(states, places),
    states: (cells) => buckets.states(cells),
  }
}

function quantiles({ offsets, columns: [buckets, counts] }: StateTable, q: number): Column {
  if (buckets?.type !== 'f64' || counts?.type !== 'f64') throw new Error('sketches are buckets and counts')
  const cells = offsets.length - 1
  const values = new Float64Array(cells)
  const validity = emptyValidity(cells)
  for (let cell = 0; cell < cells; cell++) {
    const from = offsets[cell] ?? 0
    const rows = Uint32Array.from({ length: (offsets[cell + 1] ?? 0) - from }, (_, i) => from + i)
    if (rows.length === 0) continue
    rows.sort((a, b) => (buckets.values[a] ?? 0) - (buckets.values[b] ?? 0))
    const total = rows.reduce((sum, row) => sum + (counts.values[row] ?? 0), 0)
    const rank = Math.floor(q * (total - 1))
    let seen = 0
    const found = rows.find((row) => {
      seen += counts.values[row] ?? 0
      return seen > rank
    })
    values[cell] = bucketValue(buckets.values[found ?? rows[rows.length - 1] ?? 0] ?? 0)
    setValid(validity, cell)
  }
  return { name: '', type: 'f64', values, validity }
}
