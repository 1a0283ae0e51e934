import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import '../../../engine/aggregate/stateful-registry.ts'
import { TidemarkError } from '../../../engine/core/errors.ts'
import { check } from '../../../engine/query/check/check.ts'
import { PendingQuery } from '../../../engine/query/check/pending-query.ts'
import { MAX_TEXT_LENGTH } from '../../../engine/query/parse/cursor.ts'
import { parse } from '../../../engine/query/parse/parse.ts'
import { printSyntax } from '../../../engine/query/parse/print-syntax.ts'
import type { ExpressionSyntax } from '../../../engine/query/parse/syntax.ts'
import { plan } from '../../../engine/query/plan/plan.ts'
import { Dice } from '../../support/sql/dice.ts'
import { loadAllParts } from '../../support/sql/loaded-parts.ts'
import { printQuery } from '../../support/sql/query-tree.ts'
import { randomDatabase } from '../../support/sql/random-database.ts'
import { randomQuery } from '../../support/sql/random-query.ts'
import { mutated } from '../../support/sql/statement-mutation.ts'

const SEEDS = [1, 2]

beforeAll(loadAllParts)

const tag = (name: string) => name
const CATALOG = {
  tables: ['cpu', 'http', 'm0', 'm1', 'm2'].map((name) => ({
    name,
    tags: ['host', 'ka', 'kb', 'region'].map(tag),
    fields: [
      { name: 'b1', type: 'bool' as const },
      { name: 'j1', type: 'i64' as const },
      { name: 's1', type: 'string' as const },
      { name: 'usage_user', type: 'f64' as const },
      { name: 'x1', type: 'f64' as const },
    ],
  })),
}

/** Statements of the page about the language. */
const EXAMPLES = [
  ...readFileSync(new URL('../../../engine/query/LANGUAGE.md', import.meta.url), 'utf8').matchAll(
    /^```sql\n([\s\S]*?)^```/gm,
  ),
]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line !== '')

/** Does all that comes before a query is run. What is thrown is an error within the text. */
function attempt(text: string): TidemarkError | undefined {
  try {
    const checked = check(parse(text), CATALOG, { now: 0n })
    if (checked.kind === 'select') plan(checked)
    return undefined
  } catch (error) {
    // The queries in it would be asked now.
    if (error instanceof PendingQuery) return undefined
    if (!(error instanceof TidemarkError)) throw new Error(`not of ours for ${JSON.stringify(text)}`, { cause: error })
    const { offset, length } = error.position ?? { offset: 0, length: 0 }
    if (offset < 0 || length < 0 || offset + length > text.length)
      throw new Error(`beyond the end of ${JSON.stringify(text)}: ${offset}, ${length}`)
    return error
  }
}

const database = randomDatabase(new Dice(1))

function randomStatement(dice: Dice): string {
  return dice.once(2) ? dice.pick(EXAMPLES) : printQuery(randomQuery(dice, database), 'ours')
}

test.each(SEEDS)(
  'no statement that was cut, doubled, nested or mixed with words does worse than an error within it: seed %i',
  (seed) => {
    const dice = new Dice(seed)
    let right = 0
    for (let k = 0; k < 5000; k++) {
      const text = mutated(randomStatement(dice), dice)
      if (attempt(text) === undefined) right++
    }
    expect(right).toBeGreaterThan(0)
  },
)

/** A tree without places; a name has its qualifier. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key]) => !['range', 'depth', 'nameRange', 'targetRange', 'query'].includes(key),
  )
  return Object.fromEntries(kept.map(([key, each]) => [key, bare(each)]))
}

function expressionOf(text: string): ExpressionSyntax | undefined {
  const statement = parse(text)
  if (statement.kind !== 'select' || statement.body.kind !== 'core') return undefined
  const [item] = statement.body.items
  return item?.kind === 'expression' && item.offset === undefined ? item.expression : undefined
}

test.each(SEEDS)('an expression that is printed is the same when it is read again: seed %i', (seed) => {
  const dice = new Dice(seed)
  let printed = 0
  while (printed < 1500) {
    const text = printQuery(randomQuery(dice, database), 'ours')
    const expression = expressionOf(text)
    if (expression === undefined) continue
    const again = expressionOf(`SELECT ${printSyntax(expression)} FROM m0`)
    expect(bare(again)).toEqual(bare(expression))
    printed++
  }
})

test('columns of one name of two sources are printed apart', () => {
  const names = ['"a"."x"', '"b"."x"', '"a""b"."x y"', 'a.x'].map((name) => expressionOf(`SELECT ${name} + 1 FROM t`))
  expect(names.map((each) => each && printSyntax(each))).toEqual([
    '"a".x + 1',
    '"b".x + 1',
    '"a""b"."x y" + 1',
    'a.x + 1',
  ])
})

/** Pieces that are repeated, and what stands around them. */
const REPEATED: readonly (readonly [what: string, before: string, piece: string, behind: string])[] = [
  ['items', 'SELECT x1', ', x1 + 1', ' FROM m0'],
  ['brackets', 'SELECT ', '(', '1'],
  ['brackets of queries', 'SELECT * FROM ', '(', 'SELECT 1'],
  ['queries in brackets', 'SELECT 1 IN (', '(SELECT 1), ', '1)'],
  ['ORs', 'SELECT x1 FROM m0 WHERE b1', ' OR j1 = 1', ''],
  ['texts', "SELECT '", "''", "'"],
  ['unclosed quotes', 'SELECT ', "'x ' ", ''],
  ['unions', 'SELECT 1', ' UNION SELECT 1', ''],
  ['comments', 'SELECT 1', '/* * */', ''],
  ['stars of a comment', 'SELECT 1 /*', '* ', ''],
  ['branches', 'SELECT CASE', ' WHEN b1 THEN 1', ' END FROM m0'],
  ['values', 'VALUES (1)', ', (1)', ''],
  ['dots', 'SELECT a', '.a', ' FROM m0'],
  ['digits', 'SELECT 1', '0', ''],
  ['durations', 'SELECT ', '1h', ''],
  ['surrogates', "SELECT '", '\ud83d\ude00\ud83d', "'"],
  ['words', 'SELECT ', 'select ', ''],
  ['joins', 'SELECT 1 FROM m0', ', m1', ''],
]

function cpuMs(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

test.each(REPEATED)(`%s up to ${MAX_TEXT_LENGTH} characters take time in proportion`, (_, before, piece, behind) => {
  const text = (length: number): string =>
    before + piece.repeat((length - before.length - behind.length) / piece.length) + behind
  const [short, long] = [text(MAX_TEXT_LENGTH / 4), text(MAX_TEXT_LENGTH)]
  const least = (each: string): number => Math.min(...Array.from({ length: 2 }, () => cpuMs(() => attempt(each))))
  // Four times the text; a quadratic step would take 16 times as long. What takes less than the clock tells apart is quick.
  expect(least(long)).toBeLessThan(Math.max(9 * least(short), 200))
})
