import { isValid } from '../core/batch.ts'
import { type AccumulatorRows, EARLIER } from './accumulator.ts'

/** Calls back with the rows that a cell takes and that have a value in every column. */
export function eachPresent(rows: AccumulatorRows, take: (row: number, cell: number) => void): void {
  const { cells, columns } = rows
  const masks = columns.flatMap(({ validity }) => (validity === undefined ? [] : [validity]))
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row] ?? 0
    if (cell >= EARLIER) continue
    let present = true
    for (const mask of masks) present &&= isValid(mask, row)
    if (present) take(row, cell)
  }
}

/** Numbers of these rows, in order. */
export function presentRows(rows: AccumulatorRows): Uint32Array {
  const present = new Uint32Array(rows.cells.length)
  let count = 0
  eachPresent(rows, (row) => {
    present[count++] = row
  })
  return present.subarray(0, count)
}
