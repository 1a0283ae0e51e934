import { TidemarkError } from '../core/errors.ts'

const LEAST_I64 = -(1n << 63n)
const MOST_I64 = (1n << 63n) - 1n
const MOST_WINDOWS = 1n << 31n

/**
 * Throws where windows of `width` ns from `origin` on cannot be counted over times in `[start, end)`: a `RangeError` for a width
 * below 0, else `invalid`.
 */
export function requireWindows(origin: bigint, width: bigint, start: bigint, end: bigint): void {
  if (width < 0n) throw new RangeError(`a window cannot have a width of ${width} ns`)
  const fits = (value: bigint): boolean => value >= LEAST_I64 && value <= MOST_I64
  if (![origin, width, start, end, start - origin, end - origin].every(fits)) {
    throw new TidemarkError('invalid', 'windows of time lie outside of the years 1678 to 2262')
  }
  if (width > 0n && (end - start) / width >= MOST_WINDOWS - 1n) {
    throw new TidemarkError('invalid', `windows of ${width} ns are too many for the range of time`, {
      hint: 'Choose a shorter range or wider windows.',
    })
  }
}
