import type { StateTable } from '../core/plan.ts'
import type { StateBudget } from './state-budget.ts'

/** A few doubles for each cell, of which the first is above 0 in every cell that has been met. */
export class CellNumbers {
  readonly #width: number
  readonly #budget: StateBudget
  #values: Float64Array
  /** The cell that was asked for last, and its numbers: rows of one cell come together. */
  #cell = -1
  #numbers: Float64Array

  constructor(width: number, budget: StateBudget) {
    this.#width = width
    this.#budget = budget
    this.#values = new Float64Array(width * 64)
    this.#numbers = this.#values.subarray(0, width)
  }

  /** The numbers of a cell, to be read and written until the next call. */
  at(cell: number): Float64Array {
    if (cell === this.#cell) return this.#numbers
    const from = cell * this.#width
    if (from + this.#width > this.#values.length) this.#grow(from + this.#width)
    this.#cell = cell
    this.#numbers = this.#values.subarray(from, from + this.#width)
    return this.#numbers
  }

  /** Merges states cell by cell; of one that had none the numbers are taken as they are. */
  merge(
    { offsets, columns }: StateTable,
    places: Uint32Array,
    combine: (into: Float64Array, from: Float64Array) => void,
  ): void {
    const from = new Float64Array(this.#width)
    for (let cell = 0; cell < places.length; cell++) {
      const to = offsets[cell + 1] ?? 0
      for (let row = offsets[cell] ?? 0; row < to; row++) {
        for (let i = 0; i < from.length; i++) from[i] = Number(columns[i]?.values[row] ?? 0)
        const into = this.at(places[cell] ?? 0)
        if ((into[0] ?? 0) > 0) combine(into, from)
        else into.set(from)
      }
    }
  }

  /** One row for each cell that has been met, one column for each number. */
  states(cells: Uint32Array): StateTable {
    const offsets = new Uint32Array(cells.length + 1)
    const met: number[] = []
    cells.forEach((cell, i) => {
      if ((this.at(cell)[0] ?? 0) > 0) met.push(cell)
      offsets[i + 1] = met.length
    })
    const columns = Array.from({ length: this.#width }, (_, i) => ({
      name: '',
      type: 'f64' as const,
      values: Float64Array.from(met, (cell) => this.#values[cell * this.#width + i] ?? 0),
    }))
    return { offsets, columns }
  }

  #grow(needed: number): void {
    const length = Math.max(needed, this.#values.length * 2)
    this.#budget.take((length - this.#values.length) * 8)
    const values = new Float64Array(length)
    values.set(this.#values)
    this.#values = values
  }
}
