/** One row: series, time, and the fields that it has. */
export interface PlainRow {
  series: string
  time: bigint
  a?: number
  b?: bigint
}

/** What rows of one table mean, in the plainest way: later values win field by field, deletes take away what is there. */
export class PlainTable {
  readonly #rows = new Map<string, PlainRow>()

  append(row: PlainRow): void {
    const key = `${row.series} ${row.time}`
    this.#rows.set(key, { ...this.#rows.get(key), ...row })
  }

  delete(isMeant: (row: PlainRow) => boolean): void {
    for (const [key, row] of this.#rows) if (isMeant(row)) this.#rows.delete(key)
  }

  /** In the order of time, then series. */
  get rows(): PlainRow[] {
    return [...this.#rows.values()].sort((x, y) => {
      if (x.time !== y.time) return x.time < y.time ? -1 : 1
      return x.series < y.series ? -1 : 1
    })
  }
}
