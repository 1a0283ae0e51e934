import type { TableGroups } from '../../core/rows.ts'
import type { KeyBatch } from '../../kernel/key-batch.ts'

/** The rows of a text, where all of them have become groups. */
export interface LineGroups {
  rows: number
  /** Of headers and payloads. */
  bytes: number
  tables: readonly {
    /** `series` holds places among `keys`. */
    groups: TableGroups
    /** The tags that the table has had. */
    tags: readonly string[]
    /** Canonical keys of the series. */
    keys: KeyBatch
  }[]
}
