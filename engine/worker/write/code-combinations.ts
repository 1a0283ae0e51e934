import { plainRepeats } from '../../kernel/code-repeats.ts'

/** Rows that have to repeat those before them for a look ahead to have been worth it. */
const WORTHWHILE_ROWS = 32
/** After a look ahead that was not, so many rows go by at most before the next. */
const MOST_SKIPPED_ROWS = 4096

/** How many of the codes after the first `distance` are each that of `distance` before, up to the first that is not. */
export type Repeats = (codes: Uint32Array, distance: number) => number

/**
 * Numbers the different rows of some columns of codes, in the order in which they come. Rows that repeat others at a distance, as those of
 * series that come in turn or one after the other do, are found column by column.
 */
export function numberCombinations(
  columns: readonly Uint32Array[],
  rows: number,
  repeats: Repeats = plainRepeats,
): { numbers: Uint32Array; firstRows: readonly number[] } {
  const combinations = new Combinations(columns)
  const numbers = new Uint32Array(rows)
  let skipped = 0
  let nextLook = 0
  for (let row = 0; row < rows; row++) {
    const number = combinations.numberOf(row)
    const before = combinations.takeLastRow(number, row)
    numbers[row] = number
    if (before === undefined || row < nextLook) continue
    const end = repeatedUntil(columns, { from: row + 1, distance: row - before, end: rows }, repeats)
    const found = end - row - 1
    skipped = found >= WORTHWHILE_ROWS ? 0 : Math.min(2 * skipped + 1, MOST_SKIPPED_ROWS)
    nextLook = end + skipped
    if (found === 0) continue
    // What is there is a whole number of times what repeats.
    for (let at = row + 1; at < end; at += at - before - 1) {
      numbers.copyWithin(at, before + 1, Math.min(at, before + 1 + end - at))
    }
    combinations.takeRows(numbers, Math.max(row + 1, end - row + before), end)
    row = end - 1
  }
  return { numbers, firstRows: combinations.firstRows }
}

interface Look {
  /** The row before it is that of `distance` rows before. */
  from: number
  distance: number
  end: number
}

/** The first row of a look that is not that of `distance` rows before, in some column; else the end. */
function repeatedUntil(columns: readonly Uint32Array[], look: Look, repeats: Repeats): number {
  const end = Math.min(look.end, look.from + WORTHWHILE_ROWS)
  const until = repeatsUntil(columns, { ...look, end }, plainRepeats)
  return until < end ? until : repeatsUntil(columns, { ...look, from: until }, repeats)
}

function repeatsUntil(columns: readonly Uint32Array[], { from, distance, end }: Look, repeats: Repeats): number {
  let until = end
  for (const codes of columns) until = from + repeats(codes.subarray(from - distance, until), distance)
  return until
}

/** The different rows of some columns of codes. */
class Combinations {
  readonly #columns: readonly Uint32Array[]
  /** By number, the first row that has it. */
  readonly firstRows: number[] = []
  /** By number, the row that had it last. */
  readonly #lastRows: number[] = []
  /** By number, the one that came after it last. */
  readonly #followers: number[] = []
  /** Numbers plus 1 by hash; at least twice as many slots as numbers. */
  #slots = new Uint32Array(64)
  #last = 0

  constructor(columns: readonly Uint32Array[]) {
    this.#columns = columns
  }

  /** The row that had a number last; `row` has it now. */
  takeLastRow(number: number, row: number): number | undefined {
    const before = this.#lastRows[number]
    this.#lastRows[number] = row
    return before
  }

  /** Rows from `from` to `to` have these numbers. */
  takeRows(numbers: Uint32Array, from: number, to: number): void {
    for (let row = from; row < to; row++) this.#lastRows[numbers[row] as number] = row
    this.#last = numbers[to - 1] as number
  }

  numberOf(row: number): number {
    const predicted = this.#followers[this.#last]
    if (predicted !== undefined && this.#isSame(row, this.firstRows[predicted] as number)) {
      this.#last = predicted
      return predicted
    }
    const number = this.#find(row)
    this.#followers[this.#last] = number
    this.#last = number
    return number
  }

  #find(row: number): number {
    const mask = this.#slots.length - 1
    let slot = this.#hash(row) & mask
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1
      if (this.#isSame(row, this.firstRows[number] as number)) return number
    }
    const number = this.firstRows.push(row) - 1
    this.#slots[slot] = number + 1
    if (2 * this.firstRows.length > this.#slots.length) this.#grow()
    return number
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length)
    const mask = slots.length - 1
    for (const [number, row] of this.firstRows.entries()) {
      let slot = this.#hash(row) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = number + 1
    }
    this.#slots = slots
  }

  #isSame(a: number, b: number): boolean {
    for (const codes of this.#columns) if (codes[a] !== codes[b]) return false
    return true
  }

  #hash(row: number): number {
    let hash = 0
    for (const codes of this.#columns) {
      hash = Math.imul(hash ^ (codes[row] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return hash >>> 0
  }
}
