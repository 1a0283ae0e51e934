import type { Literal } from '../core/expression.ts'

/** The newest row of a series. */
export interface NewestRow {
  readonly time: bigint
  /** Of the fields that were asked for, in their order. */
  readonly values: readonly Literal[]
}

/** Values that are kept at most, times and those that are missing counted in; they take about 40 bytes each. */
export const MAX_NEWEST_VALUES: number = 1 << 18

/** What is known of the newest rows of a table's series. */
export interface KnownNewest {
  /**
   * The newest row of a series, or, where it is overtaken, one that was the newest before others came to its head: the newest is
   * that one or later.
   */
  find(ref: number): { row: NewestRow; isOvertaken: boolean } | undefined
  /** Keeps rows that were read since, unless they may not be the newest any more. */
  keep(found: ReadonlyMap<number, NewestRow>): void
}

/** The rows that newest ones are of. */
export interface ChangingRows {
  /** How often anything has changed but by rows that came to the head. */
  changes(): number
  /** Whether a series has rows in the head. */
  isInHead(ref: number): boolean
}

/** Newest rows of series by what was asked of them, as long as nothing changes but the head. */
export class NewestRows {
  readonly #source: ChangingRows
  readonly #mostValues: number
  readonly #rows = new Map<string, Map<number, NewestRow>>()
  #changes = 0
  #values = 0

  constructor(source: ChangingRows, mostValues: number = MAX_NEWEST_VALUES) {
    this.#source = source
    this.#mostValues = mostValues
  }

  /** What is known of these fields. */
  of(table: string, fields: readonly string[]): KnownNewest {
    const changes = this.#source.changes()
    if (changes !== this.#changes) this.#clear(changes)
    const key = JSON.stringify([table, ...fields])
    const known = this.#rows.get(key)
    return {
      find: (ref) => {
        const row = known?.get(ref)
        return row && { row, isOvertaken: this.#source.isInHead(ref) }
      },
      keep: (found) => {
        if (this.#source.changes() === changes && this.#changes === changes) {
          this.#keep(key, found, found.size * (1 + fields.length))
        }
      },
    }
  }

  /** What was kept before makes room where there is too much. */
  #keep(key: string, found: ReadonlyMap<number, NewestRow>, values: number): void {
    if (this.#values + values > this.#mostValues) this.#clear(this.#changes)
    if (values > this.#mostValues) return
    this.#rows.set(key, new Map([...(this.#rows.get(key) ?? []), ...found]))
    this.#values += values
  }

  #clear(changes: number): void {
    this.#rows.clear()
    this.#changes = changes
    this.#values = 0
  }
}
