import { type BlockRun, keepRowsOfRun, type RowTest } from './block-run.ts'
import type { CoreInstance } from './memory.ts'

/** So few are copied one by one: to make a view of them costs more. */
const FEW_ROWS = 64

/** Rows of some blocks, `RUN_BLOCKS` at most, by their numbers in the core, to be told which of them pass tests. One at a time. */
export class RowList {
  readonly #core: CoreInstance
  /** The word of the first one. */
  readonly #at: number
  #count = 0

  constructor(core: CoreInstance) {
    this.#core = core
    this.#at = core.exports.LISTED_ROWS.value >> 2
  }

  /** How many are listed. */
  get count(): number {
    return this.#count
  }

  clear(): void {
    this.#count = 0
  }

  /** Lists rows `[first, end)` after those that are listed, which come before them. */
  add(first: number, end: number): void {
    this.#core.exports.listRows(this.#count, first, end - first)
    this.#count += end - first
  }

  /** Leaves those listed whose value passes. Rows count from the first one of verified blocks without missing values. */
  keep(run: BlockRun, test: RowTest): void {
    this.#count = keepRowsOfRun(this.#core, run, test, this.#count)
  }

  /** A copy of the numbers. */
  take(): Uint32Array {
    const rows = new Uint32Array(this.#count)
    const memory = this.#core.i32
    if (rows.length > FEW_ROWS) rows.set(memory.subarray(this.#at, this.#at + rows.length))
    else for (let i = 0, at = this.#at; i < rows.length; i++, at++) rows[i] = memory[at] as number
    return rows
  }
}
