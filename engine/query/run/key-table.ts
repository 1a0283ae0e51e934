import { type Batch, type Column, isValid } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'

/** Most different keys of one table: two numbers of keys fit into one double, which numbers their pair. */
export const MAX_KEYS: number = 2 ** 26
/** The number of a key that is not in the table. */
export const NO_KEY = 0xffffffff

/**
 * Numbers keys of one or more columns from 0 in the order in which they come. Missing values are alike, as are NaNs, and
 * 0 and -0.
 */
export class KeyTable {
  readonly #columns: ValueNumbers[] = []
  /** For each column but the first: the number of what is before it, and its value, as one number. */
  readonly #pairs: Map<number, number>[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The number of each row's key; keys that are new get the next ones. */
  add(columns: readonly Column[], rows: number): Uint32Array<ArrayBuffer> {
    return this.#numbers(columns, rows, true)
  }

  /** The number of each row's key, or `NO_KEY`. */
  find(columns: readonly Column[], rows: number): Uint32Array<ArrayBuffer> {
    return this.#numbers(columns, rows, false)
  }

  #numbers(columns: readonly Column[], rows: number, grow: boolean): Uint32Array<ArrayBuffer> {
    const [first, ...others] = columns
    if (first === undefined) {
      if (grow && rows > 0) this.#size = 1
      return new Uint32Array(rows).fill(this.#size === 0 ? NO_KEY : 0)
    }
    let numbers = this.#values(0).numbers(first, rows, grow)
    others.forEach((column, k) => {
      numbers = pairNumbers(numbers, this.#values(k + 1).numbers(column, rows, grow), this.#pairsOf(k), grow)
    })
    const last = others.length === 0 ? this.#values(0).size : this.#pairsOf(others.length - 1).size
    this.#size = Math.max(this.#size, last)
    return numbers
  }

  #values(at: number): ValueNumbers {
    const known = this.#columns[at] ?? new ValueNumbers()
    this.#columns[at] = known
    return known
  }

  #pairsOf(at: number): Map<number, number> {
    const known = this.#pairs[at] ?? new Map<number, number>()
    this.#pairs[at] = known
    return known
  }
}

function pairNumbers(
  left: Uint32Array<ArrayBuffer>,
  right: Uint32Array<ArrayBuffer>,
  pairs: Map<number, number>,
  grow: boolean,
): Uint32Array<ArrayBuffer> {
  const numbers = new Uint32Array(left.length)
  for (let i = 0; i < numbers.length; i++) {
    const [a, b] = [left[i] ?? 0, right[i] ?? 0]
    numbers[i] = a === NO_KEY || b === NO_KEY ? NO_KEY : numberOf(pairs, a * MAX_KEYS + b, grow)
  }
  return numbers
}

function numberOf<K>(known: Map<K, number>, key: K, grow: boolean): number {
  const found = known.get(key)
  if (found !== undefined) return found
  if (!grow) return NO_KEY
  if (known.size >= MAX_KEYS) {
    throw new TidemarkError('quota', `the query has more than ${MAX_KEYS} different keys`, {
      hint: 'Group, join or number by fewer different values, or narrow the time range.',
    })
  }
  known.set(key, known.size)
  return known.size - 1
}

/** Numbers the values of one column. */
class ValueNumbers {
  readonly #known = new Map<number | bigint | string | undefined, number>()

  get size(): number {
    return this.#known.size
  }

  numbers(column: Column, rows: number, grow: boolean): Uint32Array<ArrayBuffer> {
    const numbers = new Uint32Array(rows)
    const known = this.#known
    const { validity } = column
    const read = valueReader(column, (value) => numberOf(known, value, grow))
    for (let i = 0; i < rows; i++) {
      numbers[i] = isValid(validity, i) ? read(i) : numberOf(known, undefined, grow)
    }
    return numbers
  }
}

/** Strings are looked up once for each that occurs. Values of 0 and -0 are one, since a map takes them so. */
function valueReader(column: Column, number: (value: number | bigint | string) => number): (row: number) => number {
  if (column.type === 'string') {
    const { values, dictionary } = column
    const codes = new Map<number, number>()
    return (row) => {
      const code = values[row] ?? 0
      const known = codes.get(code) ?? number(dictionary[code] ?? '')
      codes.set(code, known)
      return known
    }
  }
  const { values } = column
  if (values instanceof BigInt64Array) return (row) => number(values[row] ?? 0n)
  return (row) => number(values[row] ?? 0)
}

/** The rows of a batch whose keys are new, and the number of each row's key. */
export function newKeys(table: KeyTable, columns: readonly Column[], { rows }: Pick<Batch, 'rows'>): NewKeys {
  let next = table.size
  const numbers = table.add(columns, rows)
  const places = new Uint32Array(table.size - next)
  let count = 0
  for (let row = 0; row < rows; row++) {
    if (numbers[row] !== next) continue
    places[count++] = row
    next++
  }
  return { numbers, places }
}

export interface NewKeys {
  numbers: Uint32Array<ArrayBuffer>
  places: Uint32Array<ArrayBuffer>
}
