import type { Column } from '../core/batch.ts'
import type { RejectedRow } from '../core/rows.ts'
import type { KeyBatch } from './key-batch.ts'

/** Rows of one table, by column. */
export interface ParsedTable {
  table: string
  rows: number
  /** Number of the series key of each row. */
  keys: Uint32Array
  /** Nanoseconds since 1970 UTC. */
  time: BigInt64Array
  /** The fields that at least one of the rows has, in the order in which they came to the table. */
  fields: Column[]
  /** What all the columns lie in: from the pool that the parser was given. */
  memory: ArrayBufferLike
}

/** Series keys as they were written for the first time, by their canonical form. Two of them may name one series. */
export interface NewKeys {
  /** The number of the first one; the others follow. */
  first: number
  /** Views, until the parser goes on. */
  keys: KeyBatch
  /** First bytes of the SHA-256 of the keys. */
  hashes: Uint8Array
}

export interface NewTag {
  table: string
  tag: string
}

export interface ParseResult {
  /** Rows in their order within a table. A table may come in several parts, the later rows in the later part. */
  tables: ParsedTable[]
  /** Numbers below this one do not come any more, in this result or later ones: what was kept for them can go. */
  firstKey: number
  newKeys: NewKeys
  /** Tags of tables that no row had before, but for those that were declared. They are never forgotten. */
  newTags: NewTag[]
  /** The first 100 rows that were rejected, in their order. */
  rejected: RejectedRow[]
  rejectedCount: number
  rows: number
  warnings: string[]
}
