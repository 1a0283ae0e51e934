import { gatherColumn } from '../core/columns.ts'
import type { StateTable } from '../core/plan.ts'
import { comparePlain, plainValue } from './plain-value.ts'

/** The rows of each cell in order of time, and of one time in that of their values. */
export function rowsByTime({ offsets, columns: [times, values] }: StateTable): Uint32Array[] {
  const compare = (a: number, b: number): number => {
    if (times === undefined || values === undefined) return a - b
    const order = comparePlain(plainValue(times, a), plainValue(times, b))
    return order === 0 ? comparePlain(plainValue(values, a), plainValue(values, b)) : order
  }
  return Array.from({ length: offsets.length - 1 }, (_, cell) => {
    const from = offsets[cell] ?? 0
    const rows = Uint32Array.from({ length: (offsets[cell + 1] ?? 0) - from }, (_row, i) => from + i)
    return isAscending(times?.values, from, from + rows.length) ? rows : rows.sort(compare)
  })
}

function isAscending(times: unknown, from: number, to: number): boolean {
  if (!(times instanceof BigInt64Array)) return false
  for (let row = from + 1; row < to; row++) if ((times[row] as bigint) <= (times[row - 1] as bigint)) return false
  return true
}

/** Points that were chosen of each cell, as an answer has them. */
export function chosenPoints({ columns }: StateTable, ofCells: readonly Uint32Array[]): StateTable {
  const offsets = new Uint32Array(ofCells.length + 1)
  ofCells.forEach((rows, cell) => {
    offsets[cell + 1] = (offsets[cell] ?? 0) + rows.length
  })
  const places = new Uint32Array(offsets[ofCells.length] ?? 0)
  ofCells.forEach((rows, cell) => {
    places.set(rows, offsets[cell])
  })
  const [times, values] = columns.map((column) => gatherColumn(column, places))
  if (times?.values instanceof BigInt64Array && values) {
    return { offsets, columns: [{ name: '', type: 'time', values: times.values }, values] }
  }
  throw new Error('points are times and values')
}
