import type { TableRows } from '../../core/rows.ts'

/** Rows of an append that wait for the others of their table, to be encoded together. */
export class HeldRows {
  readonly #tables = new Map<string, TableRows[]>()
  #rows = 0

  /** How many there are. */
  get rows(): number {
    return this.#rows
  }

  add(rows: TableRows): void {
    const held = this.#tables.get(rows.table)
    if (held) held.push(rows)
    else this.#tables.set(rows.table, [rows])
    this.#rows += rows.time.length
  }

  /** All of them, in their order, by table; none are left. */
  take(): TableRows[][] {
    const taken = [...this.#tables.values()]
    this.#tables.clear()
    this.#rows = 0
    return taken
  }
}
