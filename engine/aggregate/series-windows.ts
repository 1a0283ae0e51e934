import { isValid } from '../core/batch.ts'
import type { Literal } from '../core/expression.ts'
import type { StateTable } from '../core/plan.ts'
import {
  type Accumulator,
  type AccumulatorCall,
  type AccumulatorRows,
  EARLIER,
  NO_CELL,
  type Parameter,
  type WindowBounds,
} from './accumulator.ts'
import { CellNumbers } from './cell-numbers.ts'
import { addCompensated, compensated } from './two-sum.ts'

/** A value of a series at its time, in ns. */
export interface Sample {
  time: bigint
  value: number
}

/** A window of one series, as a fold begins it. */
export interface WindowStart {
  /** The sample before the first of the window, where it is no further from that than the look-back. */
  before: Sample | undefined
  /** The window, cut by the range that was asked for. */
  bounds: WindowBounds
}

/** What is made of the samples of one window of one series; used for one window after the other. */
export interface WindowFold {
  begin(window: WindowStart): void
  add(sample: Sample): void
  /** The numbers that the window adds to those of its cell; none where it says nothing. */
  end(): readonly number[] | undefined
}

/** How far from the first sample of a window the one before it may be. */
export const LOOK_BACK: Parameter = { name: 'the look-back', kind: 'duration', default: null }

/** A duration among the parameters, in ns. */
export function durationOf(parameter: Literal | undefined): bigint {
  return typeof parameter === 'bigint' ? parameter : 0n
}

/** Folds the windows of each series, and adds up what they give over the series of a cell. */
export class SeriesWindows implements Accumulator {
  readonly #fold: WindowFold
  readonly #lookBack: bigint
  readonly #windowOf: AccumulatorCall['windowOf']
  readonly #sums: CellNumbers
  /** Of the window that is open. */
  #cell = NO_CELL
  #before: Sample | undefined

  /** `width` is how many numbers the fold gives. */
  constructor(
    call: AccumulatorCall,
    fold: WindowFold,
    { width = 1, lookBack = 0n }: { width?: number; lookBack?: bigint },
  ) {
    this.#fold = fold
    this.#lookBack = lookBack
    this.#windowOf = call.windowOf
    this.#sums = new CellNumbers(1 + 2 * width, call.budget)
  }

  update({ cells, times, columns: [column] }: AccumulatorRows): void {
    if (column === undefined) throw new Error('a fold of series takes a column')
    const { validity, values } = column
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] ?? NO_CELL
      if (cell === NO_CELL || !isValid(validity, row)) continue
      const sample = { time: times[row] ?? 0n, value: Number(values[row]) }
      if (cell !== EARLIER) {
        if (cell !== this.#cell) this.#begin(cell, sample.time)
        this.#fold.add(sample)
      }
      this.#before = sample
    }
  }

  endSeries(): void {
    this.#endWindow()
    this.#before = undefined
  }

  merge(states: StateTable, places: Uint32Array): void {
    this.#sums.merge(states, places, (into, from) => {
      into[0] = (into[0] ?? 0) + (from[0] ?? 0)
      for (let i = 1; i < from.length; i += 2) {
        addCompensated(into, i, from[i] ?? 0)
        into[i + 1] = (into[i + 1] ?? 0) + (from[i + 1] ?? 0)
      }
    })
  }

  /** How many windows of series, then the sums of what they gave, each as two doubles. */
  states(cells: Uint32Array): StateTable {
    this.endSeries()
    return this.#sums.states(cells)
  }

  #begin(cell: number, time: bigint): void {
    this.#endWindow()
    this.#cell = cell
    const before = this.#before
    const isNear = before !== undefined && time - before.time <= this.#lookBack
    this.#fold.begin({ before: isNear ? before : undefined, bounds: this.#windowOf(time) })
  }

  #endWindow(): void {
    if (this.#cell === NO_CELL) return
    const given = this.#fold.end()
    if (given) {
      const into = this.#sums.at(this.#cell)
      into[0] = (into[0] ?? 0) + 1
      given.forEach((number, i) => {
        addCompensated(into, 1 + 2 * i, number)
      })
    }
    this.#cell = NO_CELL
  }
}

/** The i-th sum of a cell's numbers. */
export function sumAt(numbers: Float64Array, i: number): number {
  return compensated(numbers[1 + 2 * i] ?? 0, numbers[2 + 2 * i] ?? 0)
}

const NANOSECONDS = 1e9

/** Seconds from one time to another. */
export function secondsBetween(from: bigint, to: bigint): number {
  return Number(to - from) / NANOSECONDS
}
