import type { Literal } from '../core/expression.ts'
import { compareUtf8 } from '../core/series.ts'

/** Order of two values of one type: NaN greatest and equal to itself, strings by code points, false before true. */
export function compareValues(a: Exclude<Literal, null>, b: Exclude<Literal, null>): number {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b)
  if (a < b) return -1
  if (a > b) return 1
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}
