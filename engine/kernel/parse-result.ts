import type { Column } from '../core/batch.ts'
import type { RejectedRow } from '../core/rows.ts'
import { decodeSeriesKey, type Series, type Tags } from '../core/series.ts'

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

/** A series key as it was written for the first time, and the series that it names. Two keys may name one series. */
export interface NewKey {
  readonly key: number
  /** Decoded from `canonical` when they are first asked for. */
  readonly table: string
  readonly tags: Tags
  /** The canonical series key, as `encodeSeriesKey` makes it: a part of the memory of all that are new. */
  readonly canonical: Uint8Array
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
  newKeys: NewKey[]
  /** Tags of tables that no row had before, but for those that were declared. They are never forgotten. */
  newTags: NewTag[]
  /** The first 100 rows that were rejected, in their order. */
  rejected: RejectedRow[]
  rejectedCount: number
  rows: number
  warnings: string[]
}

export class ParsedKey implements NewKey {
  readonly key: number
  readonly canonical: Uint8Array
  #series: Series | undefined

  constructor(key: number, canonical: Uint8Array) {
    this.key = key
    this.canonical = canonical
  }

  get table(): string {
    return this.#decoded().table
  }

  get tags(): Tags {
    return this.#decoded().tags
  }

  #decoded(): Series {
    this.#series ??= decodeSeriesKey(this.canonical)
    if (this.#series === undefined) throw new Error('the parser made a series key that is none')
    return this.#series
  }
}
