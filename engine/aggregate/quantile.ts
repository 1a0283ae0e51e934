import { type Column, emptyValidity, setValid } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, Parameter, ValueAggregate } from './accumulator.ts'
import { KeptRows } from './kept-rows.ts'
import { presentRows } from './row-presence.ts'
import { neighbours } from './select-rank.ts'
import { columnLike, copyValue, sortedValues } from './sorted-values.ts'

/** An accumulator that keeps the inputs' values of every row. */
export function keepRows({ types, budget }: Pick<AccumulatorCall, 'types' | 'budget'>): Accumulator {
  const kept = new KeptRows(types, budget)
  return {
    update: (rows) => kept.add(rows.cells, rows.columns, presentRows(rows)),
    endSeries: () => undefined,
    merge: (states, places) => kept.merge(states, places),
    states: (cells) => kept.states(cells),
  }
}

const FRACTION: Parameter = { name: 'q', kind: 'number', from: 0, to: 1 }

function quantileOf(name: string, parameters: readonly Parameter[], fraction: (q: number) => number): ValueAggregate {
  return {
    name,
    inputs: ['number'],
    parameters,
    keepsUnit: true,
    ordered: false,
    dependsOnOrder: false,
    gives: 'value',
    outputType: () => 'f64',
    open: ({ budget }) => keepRows({ types: ['f64'], budget }),
    finish: (states, { parameters: [q] }) => interpolated(states, fraction(Number(q ?? 0))),
  }
}

/** The exact quantile of all values, between two of them by their distance: Hyndman and Fan's type 7, as DuckDB's `quantile_cont`. */
export const quantile: ValueAggregate = quantileOf('quantile', [FRACTION], (q) => q)

/** The same in percent. */
export const percentile: ValueAggregate = quantileOf(
  'percentile',
  [{ name: 'p', kind: 'number', from: 0, to: 100 }],
  (p) => p / 100,
)

export const median: ValueAggregate = quantileOf('median', [], () => 0.5)

/** NaN sorts above all numbers. */
function interpolated({ offsets, columns }: StateTable, q: number): Column {
  const [kept] = columns
  if (kept?.type !== 'f64') throw new Error('a quantile keeps doubles')
  const cells = offsets.length - 1
  const values = new Float64Array(cells)
  const validity = emptyValidity(cells)
  for (let cell = 0; cell < cells; cell++) {
    const own = kept.values.slice(offsets[cell], offsets[cell + 1])
    if (own.length === 0) continue
    const rank = (own.length - 1) * q
    const [below, above] = neighbours(own, Math.floor(rank))
    const part = rank - Math.floor(rank)
    // Equal infinities have no difference.
    values[cell] = part === 0 || below === above ? below : below * (1 - part) + above * part
    setValid(validity, cell)
  }
  return { name: '', type: 'f64', values, validity }
}

/** The least value that at least the part q of all values does not exceed, as DuckDB's `quantile_disc`. */
export const quantileDisc: ValueAggregate = {
  name: 'quantile_disc',
  inputs: ['any'],
  parameters: [FRACTION],
  keepsUnit: true,
  ordered: false,
  dependsOnOrder: false,
  gives: 'value',
  outputType: ([input]) => input ?? 'f64',
  open: keepRows,
  finish: (states, { parameters: [q] }) => discrete(states, Number(q ?? 0)),
}

function discrete({ offsets, columns }: StateTable, q: number): Column {
  const [kept] = columns
  if (kept === undefined) throw new Error('a quantile keeps values')
  const cells = offsets.length - 1
  const validity = emptyValidity(cells)
  const column = columnLike(kept, cells, validity)
  for (let cell = 0; cell < cells; cell++) {
    const sorted = sortedValues(kept, offsets[cell] ?? 0, offsets[cell + 1] ?? 0)
    const count = sorted.length
    if (count === 0) continue
    copyValue(column.values, cell, sorted, Math.max(1, count - Math.floor(count - q * count)) - 1)
    setValid(validity, cell)
  }
  return column
}
