import { TidemarkError } from '../core/errors.ts'

/** Cells of one sub-plan on one host; past it the answer would not fit in memory. */
export const MAX_CELLS = 16_000_000
/** Up to this many (group, window) pairs a plain array finds cells; beyond, and mostly empty, a map does. */
const MAX_DENSE = 1 << 22

/** Gives each (group, window) that is met a cell number, counting from 0. */
export class Cells {
  readonly #windows: number
  readonly #dense: Int32Array | undefined
  readonly #sparse = new Map<number, number>()
  #count = 0

  constructor(groups: number, windows: number) {
    this.#windows = windows
    if (groups * windows <= MAX_DENSE) this.#dense = new Int32Array(groups * windows).fill(-1)
  }

  get count(): number {
    return this.#count
  }

  cell(group: number, window: number): number {
    const place = group * this.#windows + window
    const known = this.#dense ? (this.#dense[place] as number) : (this.#sparse.get(place) ?? -1)
    if (known >= 0) return known
    if (this.#count === MAX_CELLS) {
      throw new TidemarkError('quota', `the answer has more than ${MAX_CELLS} windows and groups`, {
        hint: 'use wider windows, a shorter range of time or fewer tags to group by',
      })
    }
    if (this.#dense) this.#dense[place] = this.#count
    else this.#sparse.set(place, this.#count)
    return this.#count++
  }

  /** Cells by (group, window): for each its number, its group and its window. */
  sorted(): { cell: Uint32Array; group: Uint32Array; window: Float64Array } {
    const cell = new Uint32Array(this.#count)
    const group = new Uint32Array(this.#count)
    const window = new Float64Array(this.#count)
    const places = this.#places()
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number
      cell[i] = this.#dense ? (this.#dense[place] as number) : (this.#sparse.get(place) as number)
      group[i] = Math.floor(place / this.#windows)
      window[i] = place % this.#windows
    }
    return { cell, group, window }
  }

  #places(): Float64Array {
    if (!this.#dense) return Float64Array.from(this.#sparse.keys()).sort()
    const places = new Float64Array(this.#count)
    let count = 0
    for (let place = 0; place < this.#dense.length; place++)
      if ((this.#dense[place] as number) >= 0) places[count++] = place
    return places
  }
}
