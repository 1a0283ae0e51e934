const MISSING = new Set(['', 'NA', 'N/A', 'NULL', 'null', 'None', '-'])
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INTEGER = /^[+-]?\d{1,19}$/
const MAX_INTEGER = 2n ** 63n - 1n

/** Whether a cell says that there is no number or boolean. Among strings only the empty one does. */
export function isMissing(cell: string): boolean {
  return MISSING.has(cell)
}

/** A number, `NaN` or `Infinity`, or `undefined` where the cell is none. */
export function parseCsvFloat(cell: string): number | undefined {
  if (FLOAT.test(cell)) return Number(cell)
  if (/^[+-]?inf(?:inity)?$/i.test(cell))
    return cell.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return /^nan$/i.test(cell) ? Number.NaN : undefined
}

/** An integer that an i64 holds, or `undefined`. */
export function parseCsvInteger(cell: string): bigint | undefined {
  if (!INTEGER.test(cell)) return undefined
  const value = BigInt(cell.replace('+', ''))
  return value > MAX_INTEGER || value < -MAX_INTEGER - 1n ? undefined : value
}

/** `true` and `false` in any case, or `undefined`. */
export function parseCsvBoolean(cell: string): boolean | undefined {
  const lower = cell.toLowerCase()
  if (lower === 'true') return true
  return lower === 'false' ? false : undefined
}
