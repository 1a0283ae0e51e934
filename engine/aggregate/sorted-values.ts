import type { Column } from '../core/batch.ts'
import { compareUtf8 } from '../core/series.ts'

/** Values `[from, to)` of a column in ascending order: NaN last, texts by code points. Codes stay codes. */
export function sortedValues(column: Column, from: number, to: number): Column['values'] {
  if (column.type !== 'string') return column.values.slice(from, to).sort()
  const { dictionary } = column
  return column.values.slice(from, to).sort((a, b) => compareUtf8(dictionary[a] ?? '', dictionary[b] ?? ''))
}

/** A column of `cells` places of the type of another, to be filled with values of it. */
export function columnLike(column: Column, cells: number, validity: Uint8Array): Column {
  const name = ''
  if (column.type === 'f64') return { name, type: 'f64', values: new Float64Array(cells), validity }
  if (column.type === 'bool') return { name, type: 'bool', values: new Uint8Array(cells), validity }
  if (column.type === 'string') {
    const { dictionary } = column
    return { name, type: 'string', values: new Uint32Array(cells), dictionary, validity }
  }
  return { name, type: column.type, values: new BigInt64Array(cells), validity }
}

/** Copies a value between arrays of one type. */
export function copyValue(to: Column['values'], at: number, from: Column['values'], row: number): void {
  if (to instanceof BigInt64Array) to[at] = BigInt(from[row] ?? 0)
  else to[at] = Number(from[row] ?? 0)
}
