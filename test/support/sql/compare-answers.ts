import type { Batch, ColumnType } from '../../../engine/core/batch.ts'
import { rowsOf, type Value } from '../plain-column.ts'
import { type Amount, readList } from './list-reading.ts'
import type { PeerValue } from './peer.ts'
import type { Reading } from './query-tree.ts'

export interface Comparing {
  readings: readonly Reading[]
  isOrdered: boolean
  /** Whether means are among the values: DuckDB's over growing frames can be one unit off in the last place, as for -5446 / 2199. */
  hasMeans: boolean
}

/** The first difference between an answer and DuckDB's, in words; `undefined` where there is none. -0 and 0 are alike. */
export function differenceOf(
  ours: Batch,
  theirs: readonly (readonly PeerValue[])[],
  { readings, isOrdered, hasMeans }: Comparing,
): string | undefined {
  const types = ours.columns.map(({ type }) => type)
  if (types.length !== readings.length) return `${types.length} columns instead of ${readings.length}`
  if (ours.rows !== theirs.length) return `${ours.rows} rows instead of ${theirs.length}`
  const own = rowsOf(ours).map((row) => row.map((value): Amount => ({ value, within: 0 })))
  const other = theirs.map((row) => row.map((value, c) => amountOf(value, readings[c] ?? 'same', types[c] ?? 'f64')))
  if (!isOrdered) for (const rows of [own, other]) sortRows(rows, readings)
  for (const [r, row] of own.entries()) {
    for (const [c, { value }] of row.entries()) {
      const wanted = other[r]?.[c]
      if (wanted && !isSame(value, hasMeans ? roundedAmount(wanted) : wanted)) {
        return `row ${r}, column ${c}: ${show(value)} instead of ${show(wanted.value)}\n  in ${row.map((each) => show(each.value)).join(' | ')}\n  of ${other[r]?.map((each) => show(each.value)).join(' | ')}`
      }
    }
  }
  return undefined
}

/** A number of theirs in the type that the column has here. */
function amountOf(value: PeerValue, reading: Reading, type: ColumnType): Amount {
  if (reading !== 'same') {
    const { value: read, within } = readList(Array.isArray(value) ? value : [], reading)
    return { value: typed(read, type), within }
  }
  if (Array.isArray(value)) throw new Error('a list that nobody asked for')
  return { value: typed(value as Value, type), within: 0 } // no list, as just seen
}

/** The same, give or take a unit in the last place of what is no whole number. */
function roundedAmount({ value, within }: Amount): Amount {
  if (typeof value !== 'number' || !Number.isFinite(value) || Number.isInteger(value)) return { value, within }
  return { value, within: Math.max(within, Math.abs(value) * Number.EPSILON) }
}

function typed(value: Value, type: ColumnType): Value {
  if (typeof value === 'number' && (type === 'i64' || type === 'time') && Number.isInteger(value)) return BigInt(value)
  return typeof value === 'bigint' && type === 'f64' ? Number(value) : value
}

function isSame(value: Value, { value: wanted, within }: Amount): boolean {
  if (typeof value !== 'number' || typeof wanted !== 'number') return value === wanted
  return value === wanted || (Number.isNaN(value) && Number.isNaN(wanted)) || Math.abs(value - wanted) <= within
}

/** By the exact columns first, so that what is rounded decides only between rows that are otherwise the same. */
function sortRows(rows: Amount[][], readings: readonly Reading[]): void {
  const places = [...readings.keys()].sort((a, b) => Number(readings[a] !== 'same') - Number(readings[b] !== 'same'))
  rows.sort((a, b) => {
    for (const place of places) {
      const order = compareValues(a[place]?.value ?? null, b[place]?.value ?? null)
      if (order !== 0) return order
    }
    return 0
  })
}

function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return Number.isNaN(a) || Number.isNaN(b)
      ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
      : Math.sign(a - b) || 0
  }
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a < b ? -1 : a > b ? 1 : 0
}

function show(value: Value): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'bigint' ? `${value}n` : String(value)
}
