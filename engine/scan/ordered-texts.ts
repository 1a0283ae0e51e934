import type { StringColumn } from '../core/batch.ts'
import { compareUtf8 } from '../core/series.ts'
import { SLOT } from '../kernel/span-state.ts'
import type { InputCells, StateViews } from './input-cells.ts'

/** A column of texts with codes that are in the order of the texts, so that the least code is the least text. */
export function orderedTexts(column: StringColumn): StringColumn {
  const { dictionary } = column
  const used = [...new Set(column.values)].sort((a, b) => compareUtf8(dictionary[a] ?? '', dictionary[b] ?? ''))
  const ranks = new Map(used.map((code, rank) => [code, rank]))
  const values = column.values.map((code) => ranks.get(code) as number)
  return { ...column, values, dictionary: used.map((code) => dictionary[code] ?? '') }
}

/** Puts the input's own codes in place of those of one column's dictionary. */
export function recodeTexts(views: StateViews, base: number, dictionary: readonly string[], cells: InputCells): void {
  if (views.f64[base + SLOT.count] === 0) return
  for (const slot of [SLOT.min, SLOT.max, SLOT.first, SLOT.last]) {
    views.i64[base + slot] = cells.code(dictionary[Number(views.i64[base + slot])] ?? '')
  }
}
