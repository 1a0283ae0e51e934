import type { FieldType } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import { type PlainValue, plainColumn, plainValue } from './plain-value.ts'
import type { StateBudget } from './state-budget.ts'

/** What a value and its weight take in a map, about. */
const ENTRY_BYTES = 48

/** Integers up to this are counted as doubles, which maps find sooner. */
const EXACT = BigInt(Number.MAX_SAFE_INTEGER)

/** Different values of each cell, each with a weight that adds up: how often it came, for one. */
export class CellTallies {
  readonly #type: FieldType
  readonly #budget: StateBudget
  readonly #cells: (Map<PlainValue, number> | undefined)[] = []

  constructor(type: FieldType, budget: StateBudget) {
    this.#type = type
    this.#budget = budget
  }

  /** -0 is 0, and NaN is one value. Integers may come as either kind of number. */
  add(cell: number, given: PlainValue, weight: number): void {
    const value = typeof given === 'bigint' && given >= -EXACT && given <= EXACT ? Number(given) : given
    let tally = this.#cells[cell]
    if (tally === undefined) {
      this.#budget.take(ENTRY_BYTES)
      tally = new Map()
      this.#cells[cell] = tally
    }
    const known = tally.get(value)
    if (known === undefined) this.#budget.take(ENTRY_BYTES + (typeof value === 'string' ? 2 * value.length : 0))
    tally.set(value, (known ?? 0) + weight)
  }

  merge({ offsets, columns: [values, weights] }: StateTable, places: Uint32Array): void {
    if (values === undefined || weights === undefined) throw new Error('tallies are values and weights')
    for (let cell = 0; cell < places.length; cell++) {
      const to = offsets[cell + 1] ?? 0
      for (let row = offsets[cell] ?? 0; row < to; row++) {
        this.add(places[cell] ?? 0, plainValue(values, row), Number(weights.values[row] ?? 0))
      }
    }
  }

  /** The values and weights of cells, as two columns. */
  states(cells: Uint32Array): StateTable {
    const offsets = new Uint32Array(cells.length + 1)
    const values: PlainValue[] = []
    const weights: number[] = []
    cells.forEach((cell, i) => {
      for (const [value, weight] of this.#cells[cell] ?? []) {
        values.push(value)
        weights.push(weight)
      }
      offsets[i + 1] = values.length
    })
    return { offsets, columns: [plainColumn(this.#type, values), plainColumn('f64', weights)] }
  }
}
