import { emptyValidity, isValid, setValid } from '../core/batch.ts'

/**
 * Rows `[from, to)` that have a value and are selected, as a bitmap from bit 0 on; `undefined` where all are. Bit i of
 * `selection` is row `from + i`.
 */
export function selectionOf(
  validity: Uint8Array | undefined,
  from: number,
  to: number,
  selection: Uint8Array | undefined,
): Uint8Array | undefined {
  if (validity === undefined) return selection
  const bitmap = shifted(validity, from, to)
  if (selection === undefined) return bitmap
  for (let byte = 0; byte < bitmap.length; byte++) bitmap[byte] = (bitmap[byte] ?? 0) & (selection[byte] ?? 0)
  return bitmap
}

function shifted(validity: Uint8Array, from: number, to: number): Uint8Array {
  if (from % 8 === 0) return validity.slice(from >> 3, (to + 7) >> 3)
  const bitmap = emptyValidity(to - from)
  for (let row = from; row < to; row++) if (isValid(validity, row)) setValid(bitmap, row - from)
  return bitmap
}
