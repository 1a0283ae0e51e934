import type { FieldType } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import { type PlainValue, plainColumn, plainValue } from './plain-value.ts'
import type { StateBudget } from './state-budget.ts'

/** What a kept row takes, about. */
const ROW_BYTES = 64

/** Whether a row comes before another. Of two that are different it has to be true of one. */
export type RowOrder = (a: readonly PlainValue[], b: readonly PlainValue[]) => boolean

/** The first rows of each cell in some order, at most a number of them. */
export class CellBest {
  readonly #types: readonly FieldType[]
  readonly #most: number
  readonly #before: RowOrder
  readonly #budget: StateBudget
  /** In order. */
  readonly #cells: (PlainValue[][] | undefined)[] = []

  constructor(types: readonly FieldType[], order: { most: number; before: RowOrder }, budget: StateBudget) {
    this.#types = types
    this.#most = order.most
    this.#before = order.before
    this.#budget = budget
  }

  /** The last row that a cell keeps, where it has no room for more: what does not come before that need not be added. */
  last(cell: number): readonly PlainValue[] | undefined {
    const best = this.#cells[cell]
    return best?.length === this.#most ? best.at(-1) : undefined
  }

  add(cell: number, row: PlainValue[]): void {
    let best = this.#cells[cell]
    if (best === undefined) {
      best = []
      this.#cells[cell] = best
    }
    const last = best.at(-1)
    const isFull = best.length === this.#most
    if (isFull && last && !this.#before(row, last)) return
    if (isFull) best.pop()
    else this.#budget.take(ROW_BYTES)
    let [low, high] = [0, best.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#before(row, best[middle] ?? [])) high = middle
      else low = middle + 1
    }
    best.splice(low, 0, row)
  }

  merge({ offsets, columns }: StateTable, places: Uint32Array): void {
    for (let cell = 0; cell < places.length; cell++) {
      const to = offsets[cell + 1] ?? 0
      for (let row = offsets[cell] ?? 0; row < to; row++) {
        this.add(
          places[cell] ?? 0,
          columns.map((column) => plainValue(column, row)),
        )
      }
    }
  }

  states(cells: Uint32Array): StateTable {
    const offsets = new Uint32Array(cells.length + 1)
    const rows: PlainValue[][] = []
    cells.forEach((cell, i) => {
      rows.push(...(this.#cells[cell] ?? []))
      offsets[i + 1] = rows.length
    })
    const columns = this.#types.map((type, i) =>
      plainColumn(
        type,
        rows.map((row) => row[i] ?? 0),
      ),
    )
    return { offsets, columns }
  }
}
