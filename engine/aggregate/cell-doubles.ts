import { type Column, emptyValidity, setValid } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'

/** One double a cell out of the numbers of its row; missing where it has none, or where `of` finds none. */
export function cellDoubles(
  { offsets, columns }: StateTable,
  of: (numbers: Float64Array) => number | undefined,
): Column {
  const cells = offsets.length - 1
  const values = new Float64Array(cells)
  const validity = emptyValidity(cells)
  const numbers = new Float64Array(columns.length)
  for (let cell = 0; cell < cells; cell++) {
    const row = offsets[cell] ?? 0
    if (row === offsets[cell + 1]) continue
    for (let i = 0; i < numbers.length; i++) numbers[i] = Number(columns[i]?.values[row] ?? 0)
    const value = of(numbers)
    if (value === undefined) continue
    values[cell] = value
    setValid(validity, cell)
  }
  return { name: '', type: 'f64', values, validity }
}

/** The same as whole numbers. */
export function cellIntegers(states: StateTable, of: (numbers: Float64Array) => number | undefined): Column {
  const { values, validity } = cellDoubles(states, of)
  return {
    name: '',
    type: 'i64',
    values: BigInt64Array.from(values as Float64Array, (value) => BigInt(Math.round(value))), // of cellDoubles
    ...(validity && { validity }),
  }
}
