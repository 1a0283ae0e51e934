import { type IndexColumn, type IndexMemory, NONE } from '../kernel/index-memory.ts'
import { RecentCache } from './recent-cache.ts'
import type { TagTest } from './tag-predicate.ts'
import { decodeText } from './text.ts'

/** Ascending refs of series. */
type Postings = Uint32Array
const noPostings: Postings = new Uint32Array(0)

/** To look at a series, whose entry is seldom in a cache, costs about as much as to read so many refs of a list. */
const LOOK_COST = 100
/** To look at a value among all of a tag costs as much as to read so many. */
const VALUE_COST = 12
/** Values that are looked at in one call. */
const VALUES_AT_A_TIME = 1 << 16
/** Patterns whose values are remembered, and of how many values at most. */
const MAX_PATTERNS = 32
const MAX_REMEMBERED_VALUES = 1 << 15

const utf8 = new TextEncoder()

/**
 * A test against the values that a table has. A series without the tag has the value '': where that passes, what fails is taken away
 * instead.
 */
interface Choice {
  column: IndexColumn | undefined
  test: TagTest
  /** Whether '' passes before the negation, and what becomes of series that lack the tag. */
  emptyPasses: boolean
  absentPasses: boolean
  /** Codes of the values that do not go the way of ''; absent where only a look at every value would tell. */
  codes: Uint32Array | undefined
  /** Series of these codes; of all that have the tag where the codes are not known. */
  rows: number
}

/** Codes that a pattern was found to choose among those below a limit, and how many had been given to other values before. */
interface Remembered {
  codes: Uint32Array
  limit: number
  reused: number
}

/** Finds the series of a table that pass tests of their tags. */
export class TagSelection {
  readonly #memory: IndexMemory
  readonly #patterns = new RecentCache<string, Remembered>(MAX_PATTERNS)

  constructor(memory: IndexMemory) {
    this.#memory = memory
  }

  /** Codes may mean other values from now on. */
  forget(): void {
    this.#patterns.clear()
  }

  /** Refs of the series of a table that pass every test, ascending. The smallest list of them is read first; the rest are looked up or intersected. */
  refs(table: number, tests: readonly TagTest[]): Postings {
    const columns = this.#memory.columns(table)
    const choices = tests.map((test) => this.#choose(columns, test))
    if (choices.some(({ column, absentPasses }) => column === undefined && !absentPasses)) return noPostings
    const base = this.#baseOf(choices)
    let refs = base === undefined ? this.#memory.pickTable(table) : this.#refsOf(base)
    const rest = choices.filter((choice) => choice !== base).sort((a, b) => a.rows - b.rows)
    for (const choice of rest) refs = this.#narrow(refs, choice)
    return refs
  }

  #choose(columns: readonly IndexColumn[], test: TagTest): Choice {
    const name = this.#memory.findText(utf8.encode(test.tag))
    const column = columns.find(({ symbol }) => symbol === name)
    const emptyPasses = test.passes('')
    const absentPasses = emptyPasses !== test.negated
    const choice = { column, test, emptyPasses, absentPasses }
    if (column === undefined) return { ...choice, codes: new Uint32Array(), rows: 0 }
    if (emptyPasses || test.values === undefined) {
      const codes = this.#remembered(column, test)
      return { ...choice, codes, rows: codes ? this.#memory.count(column.number, codes) : column.rows }
    }
    const found: number[] = []
    for (const value of test.values) {
      const symbol = this.#memory.findText(utf8.encode(value))
      const code = symbol === NONE ? NONE : this.#memory.code(column.number, symbol)
      if (code !== NONE) found.push(code)
    }
    const codes = Uint32Array.from(found)
    return { ...choice, codes, rows: this.#memory.count(column.number, codes) }
  }

  /** The choice to begin with: of those that series without the tag fail, the one of the fewest series. */
  #baseOf(choices: Choice[]): Choice | undefined {
    const positive = choices.filter(({ absentPasses }) => !absentPasses)
    const known = positive.filter(({ codes }) => codes !== undefined)
    const fewest = (some: readonly Choice[]): Choice | undefined =>
      some.reduce<Choice | undefined>((best, one) => (best && best.rows <= one.rows ? best : one), undefined)
    const best = fewest(known)
    if (best) return best
    for (const choice of positive) this.#complete(choice)
    return fewest(positive)
  }

  /** The codes that a pattern was found to choose, where no value came since. */
  #remembered(column: IndexColumn, test: TagTest): Uint32Array | undefined {
    const known = this.#recall(column, keyOf(column, test))
    return known?.limit === column.codeLimit ? known.codes : undefined
  }

  #recall({ reused }: IndexColumn, key: string | undefined): Remembered | undefined {
    const known = key === undefined ? undefined : this.#patterns.find(key)
    return known?.reused === reused ? known : undefined
  }

  /** Finds the codes of a choice by a look at every value of its tag that was not looked at for the same pattern before. */
  #complete(choice: Choice): Uint32Array {
    const { column, test } = choice
    if (choice.codes !== undefined || column === undefined) return choice.codes ?? new Uint32Array()
    const key = keyOf(column, test)
    const known = this.#recall(column, key)
    const codes = [...(known?.codes ?? [])]
    for (let from = known?.limit ?? 0; from < column.codeLimit; from += VALUES_AT_A_TIME) {
      const to = Math.min(column.codeLimit, from + VALUES_AT_A_TIME)
      this.#look(choice, column, [from, to], codes)
    }
    choice.codes = Uint32Array.from(codes)
    choice.rows = this.#memory.count(column.number, choice.codes)
    if (key !== undefined && codes.length <= MAX_REMEMBERED_VALUES) {
      const { codeLimit: limit, reused } = column
      this.#patterns.set(key, { codes: choice.codes, limit, reused })
    }
    return choice.codes
  }

  /** Adds the codes of a range whose values do not go the way of ''. */
  #look({ test, emptyPasses }: Choice, column: IndexColumn, [from, to]: [number, number], codes: number[]): void {
    const text = emptyPasses ? undefined : test.text
    const pairs = this.#memory.values(column.number, from, to, text).slice()
    for (let i = 0; i < pairs.length; i += 2) {
      if (test.passes(this.#text(pairs[i + 1] as number)) !== emptyPasses) codes.push(pairs[i] as number)
    }
  }

  #refsOf(choice: Choice): Postings {
    const { column } = choice
    if (column === undefined) return noPostings
    const codes = this.#complete(choice)
    return this.#memory.pick(column.number, codes)
  }

  /** Those of some refs that pass one more test, by a look at each where they are few, else by the lists of the values. */
  #narrow(refs: Postings, choice: Choice): Postings {
    const { column, absentPasses } = choice
    if (column === undefined || refs.length === 0) return absentPasses ? refs : noPostings
    const values = choice.codes === undefined ? column.values : 0
    if (refs.length * LOOK_COST <= choice.rows + values * VALUE_COST) return this.#filtered(refs, column, choice)
    return this.#memory.narrow(refs, column.number, this.#complete(choice), !absentPasses)
  }

  #filtered(refs: Postings, column: IndexColumn, choice: Choice): Postings {
    const codes = this.#memory.codes(refs, column.number)
    /** Codes of the values that go another way than ''. */
    const differing = new Set(choice.codes ?? this.#differing(codes, column, choice))
    const kept = new Uint32Array(refs.length)
    let count = 0
    for (let i = 0; i < refs.length; i++)
      if (differing.has(codes[i] as number) !== choice.absentPasses) kept[count++] = refs[i] as number
    return kept.slice(0, count)
  }

  /** Those of some codes whose values do not go the way of ''. */
  #differing(codes: Uint32Array, column: IndexColumn, { test, emptyPasses }: Choice): number[] {
    const pairs = this.#memory.valuesOf(column.number, distinctCodes(codes), emptyPasses ? undefined : test.text)
    const differing: number[] = []
    for (let i = 0; i < pairs.length; i += 2)
      if (test.passes(this.#text(pairs[i + 1] as number)) !== emptyPasses) differing.push(pairs[i] as number)
    return differing
  }

  #text(symbol: number): string {
    return decodeText(this.#memory.text(symbol))
  }
}

/** Each code once. Those of values that have one series each rise with its ref. */
function distinctCodes(codes: Uint32Array): Uint32Array {
  let rising = 1
  while (rising < codes.length && (codes[rising] as number) > (codes[rising - 1] as number)) rising++
  if (rising >= codes.length && codes.at(-1) !== NONE) return codes
  const sorted = codes.slice().sort()
  return sorted.filter((code, i) => code !== NONE && code !== sorted[i - 1])
}

/** What the values of a pattern are remembered by. */
function keyOf({ number }: IndexColumn, { source }: TagTest): string | undefined {
  return source === undefined ? undefined : `${number} ${source}`
}
