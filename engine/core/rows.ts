import type { Column, StringColumn } from './batch.ts'

/** Rows of one table on their way in: each with the number of its series, its time and its fields. */
export interface TableRows {
  table: string
  /** Series number of each row. Who numbers the series is said where this is used. */
  series: Uint32Array
  /** Nanoseconds since 1970 UTC, any order. */
  time: BigInt64Array
  fields: readonly Column[]
  /** What all the columns lie in, where it is to be used again once the rows are in the heads. */
  memory?: ArrayBufferLike
}

/** A field of groups, whose values are all there. */
export interface GroupField {
  name: string
  type: 'f64' | 'i64'
}

/** Rows of one table as groups: blocks of 1 to 1024 rows of one series, whose times rise strictly and which miss no value. */
export interface TableGroups {
  table: string
  /** Series number of each group; groups of one series are in the order of their rows. */
  series: Uint32Array
  fields: readonly GroupField[]
  /** Headers of 64 bytes: of the blocks of times of all groups, then of each field. */
  headers: Uint8Array
  /** Payloads of the blocks, in the same order. */
  payloads: Uint8Array
}

/** Rows as a program hands them over, by column; rows of any series and in any order. */
export interface ColumnRows {
  table: string
  time: BigInt64Array
  /** `''` and missing values are absent tags. */
  tags: readonly StringColumn[]
  fields: readonly Column[]
}

/** The same with their series told apart. */
export interface ResolvedRows {
  table: string
  /** Names of the tags that rows have: one that is empty in all of them is none. */
  tags: readonly string[]
  /** Canonical keys of the distinct series, one after the other, and where each ends. */
  keys: { bytes: Uint8Array; ends: Uint32Array }
  /** The first of the rows, where they are encoded; `series` says which of the distinct series each group is of. */
  groups: readonly TableGroups[]
  /** The others in their order, in parts; groups and parts are one at least and have the same fields. `series` as above. */
  parts: readonly TableRows[]
}

/**
 * Whose request an append is. Sequences of one producer rise; gaps are allowed. A producer appends again only after the
 * answer to the append before, and repeats that one where it got none.
 */
export interface Producer {
  /** 1 to 128 characters. */
  id: string
  /** Unsigned 64-bit integer. */
  sequence: bigint
}

/** A row that was not stored, and why. */
export interface RejectedRow {
  /** 1-based place in the text; line is the row's number plus 1 where there was no text. Both are 0 where the row was refused later. */
  line: number
  column: number
  /** What is wrong and what was expected, as a sentence without its place. */
  reason: string
  /** The row's text, cut to 200 characters. */
  text: string
}

/** A row that was not stored, and when it came. */
export interface KeptRejection extends RejectedRow {
  /** Nanoseconds since 1970 UTC. */
  time: bigint
}

/** The name of the column of times. It is reserved: no tag or field may have it. */
export const TIME_COLUMN = 'time'

/** Rows in parts of at most `most` rows, a multiple of 8: views of the same columns. */
export function sliceRows(rows: TableRows, most: number): readonly TableRows[] {
  const count = rows.time.length
  if (count <= most) return [rows]
  return Array.from({ length: Math.ceil(count / most) }, (_, i) => {
    const from = i * most
    const to = Math.min(from + most, count)
    return {
      table: rows.table,
      series: rows.series.subarray(from, to),
      time: rows.time.subarray(from, to),
      fields: rows.fields.map((column): Column => {
        const { validity, ...rest } = column
        const part = { ...rest, values: column.values.subarray(from, to) } as Column // one type for both, which spreading loses
        return validity ? { ...part, validity: validity.subarray(from >> 3, (to + 7) >> 3) } : part
      }),
    }
  })
}
