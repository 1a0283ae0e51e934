import { mixBits } from './byte-hash.ts'
import { EMPTY, type Posting, type PostingPool } from './posting-pool.ts'
import { NONE, RefTable } from './ref-table.ts'
import { U32List } from './u32-list.ts'

/** The values of one tag of one table: a code for each, and the series that have it. */
export class TagColumn {
  /** No other column has it. */
  readonly number: number
  readonly name: string
  /** Symbol of the name. */
  readonly symbol: number
  readonly #pool: PostingPool
  /** By code: the symbol of the value, and the series. */
  readonly #values = new U32List()
  readonly #postings = new U32List()
  /** Codes that no series has any more. */
  readonly #free: number[] = []
  readonly #codes = new RefTable({
    hashOf: (code) => mixBits(this.#values.at(code)),
    isSought: (code) => this.#values.at(code) === this.#sought,
  })
  #sought = NONE
  /** Series that have the tag. */
  rows = 0
  /** The code that was asked for last. */
  last: number = NONE

  constructor(number: number, name: string, { symbol, pool }: { symbol: number; pool: PostingPool }) {
    this.number = number
    this.name = name
    this.symbol = symbol
    this.#pool = pool
  }

  /** Different values. */
  get size(): number {
    return this.#codes.size
  }

  /** Codes are below. */
  get codeLimit(): number {
    return this.#values.length
  }

  get bytes(): number {
    return this.#values.bytes + this.#postings.bytes + this.#codes.bytes
  }

  /** The code of a value by its symbol, `NONE` where no series has it. */
  find(symbol: number): number {
    if (this.last !== NONE && this.#values.at(this.last) === symbol) return this.last
    this.#sought = symbol
    const code = this.#codes.find(mixBits(symbol))
    if (code !== NONE) this.last = code
    return code
  }

  /** The code of a value, a new one where it has none. */
  intern(symbol: number): number {
    const known = this.find(symbol)
    if (known !== NONE) return known
    const reused = this.#free.pop()
    if (reused !== undefined) this.#values.set(reused, symbol)
    const code = reused ?? this.#values.push(symbol)
    if (reused === undefined) this.#postings.push(EMPTY)
    this.#codes.add(mixBits(symbol), code)
    this.last = code
    return code
  }

  /** Adds a series, whose ref is greater than all before, to a value. */
  add(code: number, ref: number): void {
    this.#postings.set(code, this.#pool.add(this.#postings.at(code), ref))
    this.rows++
  }

  /** Symbol of the value of a code. */
  valueOf(code: number): number {
    return this.#values.at(code)
  }

  posting(code: number): Posting {
    return this.#postings.at(code)
  }

  /** Calls back with every code that a series has. */
  eachCode(visit: (code: number) => void): void {
    for (let code = 0; code < this.#values.length; code++) if (this.#postings.at(code) !== EMPTY) visit(code)
  }
}
