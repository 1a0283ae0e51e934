import { type Column, isValid } from '../../core/batch.ts'
import { offsetsFrom } from '../../core/integers.ts'
import { compareUtf8 } from '../../core/series.ts'
import { compareDoubles } from '../../scan/comparison.ts'

export interface SortKey {
  column: Column
  descending: boolean
  nullsFirst: boolean
}

/**
 * The places of rows in sorted order. Equal rows keep their order. NaN is greater than all other values; missing values
 * come last, or first where the key says so, in either direction.
 */
export function sortPlaces(rows: number, keys: readonly SortKey[]): Uint32Array<ArrayBuffer> {
  const ranked = keys.map(({ column, descending, nullsFirst }) => ({
    ranks: ranksOf(column),
    nulls: nullRanks(column, nullsFirst),
    sign: descending ? -1 : 1,
  }))
  const places = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) places[i] = i
  return places.sort((a, b) => {
    for (const { ranks, nulls, sign } of ranked) {
      if (nulls !== undefined) {
        const order = (nulls[a] ?? 0) - (nulls[b] ?? 0)
        if (order !== 0) return order
        if (nulls[a] !== 0) continue
      }
      const order = compareDoubles(ranks[a] ?? 0, ranks[b] ?? 0)
      if (order !== 0) return order * sign
    }
    return a - b
  })
}

/** 0 for each value that is there, 1 or -1 for what comes behind or before all values. */
function nullRanks(column: Column, nullsFirst: boolean): Int8Array | undefined {
  const { validity } = column
  if (validity === undefined) return undefined
  const missing = nullsFirst ? -1 : 1
  return Int8Array.from({ length: column.values.length }, (_, i) => (isValid(validity, i) ? 0 : missing))
}

/** Doubles in the order of the values. */
function ranksOf(column: Column): Float64Array {
  if (column.type === 'f64') return column.values
  if (column.type === 'bool') return Float64Array.from(column.values)
  if (column.type === 'string') {
    const { dictionary } = column
    const sorted = dictionary
      .map((_, code) => code)
      .sort((a, b) => compareUtf8(dictionary[a] ?? '', dictionary[b] ?? ''))
    const ranks = new Float64Array(dictionary.length)
    let rank = 0
    sorted.forEach((code, i) => {
      if (dictionary[code] !== dictionary[sorted[i - 1] ?? -1]) rank = i
      ranks[code] = rank
    })
    return Float64Array.from(column.values, (code) => ranks[code] ?? 0)
  }
  return integerRanks(column.values)
}

const EXACT = 2n ** 53n

function integerRanks(values: BigInt64Array): Float64Array {
  let [least, greatest] = [values[0] ?? 0n, values[0] ?? 0n]
  for (const value of values) {
    if (value < least) least = value
    else if (value > greatest) greatest = value
  }
  if (greatest - least < EXACT) return offsetsFrom(values, least)
  const ranks = new Map<bigint, number>()
  for (const value of values.slice().sort()) if (!ranks.has(value)) ranks.set(value, ranks.size)
  return Float64Array.from(values, (value) => ranks.get(value) ?? 0)
}
