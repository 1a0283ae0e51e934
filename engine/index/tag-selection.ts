import type { PostingPool } from './posting-pool.ts'
import { intersect, noPostings, type Postings, subtract, unite } from './postings.ts'
import { NONE } from './ref-table.ts'
import type { TableIndex } from './series-shape.ts'
import type { SymbolTable } from './symbol-table.ts'
import type { TagColumn } from './tag-column.ts'
import type { TagTest } from './tag-predicate.ts'

/** To look at a series costs about as much as to read so many refs of a list. */
const LOOK_COST = 8

const utf8 = new TextEncoder()

/** What a selection looks at. */
export interface SelectionSource {
  readonly symbols: SymbolTable
  readonly pool: PostingPool
  /** The code of a series' value in a column of its table, `NONE` where it lacks the tag. */
  codeOf(ref: number, column: TagColumn): number
}

/**
 * A test against the values that a table has. A series without the tag has the value '': where that passes, what fails is taken away
 * instead.
 */
interface Choice {
  column: TagColumn | undefined
  test: TagTest
  /** Whether '' passes before the negation, and what becomes of series that lack the tag. */
  emptyPasses: boolean
  absentPasses: boolean
  /** Codes of the values that do not go the way of ''; absent where only a look at every value would tell. */
  codes: readonly number[] | undefined
  /** Series of these codes; of all that have the tag where the codes are not known. */
  rows: number
}

/** Refs of the series of a table that pass every test, ascending. The smallest list of them is read first; the rest are looked up or intersected. */
export function selectRefs(source: SelectionSource, table: TableIndex, tests: readonly TagTest[]): Postings {
  const choices = tests.map((test) => choose(source, table, test))
  if (choices.some(({ column, absentPasses }) => column === undefined && !absentPasses)) return noPostings
  const base = baseOf(source, choices)
  let refs = base === undefined ? source.pool.refs(table.series) : refsOf(source, base)
  const rest = choices.filter((choice) => choice !== base).sort((a, b) => a.rows - b.rows)
  for (const choice of rest) refs = narrow(source, refs, choice)
  return refs
}

function choose({ symbols, pool }: SelectionSource, table: TableIndex, test: TagTest): Choice {
  const column = [...table.columns.values()].find(({ name }) => name === test.tag)
  const emptyPasses = test.passes('')
  const absentPasses = emptyPasses !== test.negated
  const choice = { column, test, emptyPasses, absentPasses }
  if (column === undefined) return { ...choice, codes: [], rows: 0 }
  if (emptyPasses || test.values === undefined) return { ...choice, codes: undefined, rows: column.rows }
  const codes: number[] = []
  for (const value of test.values) {
    const bytes = utf8.encode(value)
    const symbol = symbols.find(bytes, 0, bytes.length)
    const code = symbol === NONE ? NONE : column.find(symbol)
    if (code !== NONE) codes.push(code)
  }
  return { ...choice, codes, rows: rowsOf(pool, column, codes) }
}

/** The choice to begin with: of those that series without the tag fail, the one of the fewest series. */
function baseOf(source: SelectionSource, choices: Choice[]): Choice | undefined {
  const positive = choices.filter(({ absentPasses }) => !absentPasses)
  const known = positive.filter(({ codes }) => codes !== undefined)
  const fewest = (some: readonly Choice[]): Choice | undefined =>
    some.reduce<Choice | undefined>((best, one) => (best && best.rows <= one.rows ? best : one), undefined)
  const best = fewest(known)
  if (best) return best
  for (const choice of positive) complete(source, choice)
  return fewest(positive)
}

/** Finds the codes of a choice by a look at every value of its tag. */
function complete({ symbols, pool }: SelectionSource, choice: Choice): readonly number[] {
  const { column, test, emptyPasses } = choice
  if (choice.codes !== undefined || column === undefined) return choice.codes ?? []
  const prefix = test.prefix === undefined || emptyPasses ? undefined : utf8.encode(test.prefix)
  const codes: number[] = []
  column.eachCode((code) => {
    const symbol = column.valueOf(code)
    if (prefix && !symbols.startsWith(symbol, prefix)) return
    if (test.passes(symbols.textOnce(symbol)) !== emptyPasses) codes.push(code)
  })
  choice.codes = codes
  choice.rows = rowsOf(pool, column, codes)
  return codes
}

function rowsOf(pool: PostingPool, column: TagColumn, codes: readonly number[]): number {
  return codes.reduce((rows, code) => rows + pool.count(column.posting(code)), 0)
}

function refsOf(source: SelectionSource, choice: Choice): Postings {
  const { column } = choice
  if (column === undefined) return noPostings
  return unite(complete(source, choice).map((code) => source.pool.refs(column.posting(code))))
}

/** Those of some refs that pass one more test, by a look at each where they are few, else by the lists of the values. */
function narrow(source: SelectionSource, refs: Postings, choice: Choice): Postings {
  const { column, absentPasses } = choice
  if (column === undefined || refs.length === 0) return absentPasses ? refs : noPostings
  const values = choice.codes === undefined ? column.size : 0
  if (refs.length * LOOK_COST <= choice.rows + values) return refs.filter(passesLook(source, column, choice))
  const chosen = refsOf(source, choice)
  return absentPasses ? subtract(refs, chosen) : intersect(refs, chosen)
}

function passesLook(source: SelectionSource, column: TagColumn, choice: Choice): (ref: number) => boolean {
  const { test, emptyPasses, absentPasses } = choice
  /** By code: whether the value goes another way than ''. */
  const known = new Map<number, boolean>(choice.codes?.map((code) => [code, true]))
  const differs = (code: number): boolean => {
    if (code === NONE) return false
    let answer = known.get(code)
    if (answer === undefined) {
      answer = choice.codes === undefined && test.passes(source.symbols.text(column.valueOf(code))) !== emptyPasses
      known.set(code, answer)
    }
    return answer
  }
  return (ref) => differs(source.codeOf(ref, column)) !== absentPasses
}
