import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { TidemarkError } from '../../../engine/core/errors.ts'
import { check } from '../../../engine/query/check/check.ts'
import { MAX_TEXT_LENGTH } from '../../../engine/query/parse/cursor.ts'
import { parse } from '../../../engine/query/parse/parse.ts'
import { MAX_NESTING } from '../../../engine/query/parse/parse-expression.ts'
import { tokenize } from '../../../engine/query/parse/token.ts'
import { plan } from '../../../engine/query/plan/plan.ts'
import { loadAllParts } from '../../support/sql/loaded-parts.ts'

beforeAll(loadAllParts)

const CATALOG = {
  tables: [
    {
      name: 't',
      tags: ['host'],
      fields: [
        { name: 'a', type: 'f64' as const },
        { name: 'n', type: 'i64' as const },
      ],
    },
  ],
}

/** The error of a text, checked to lie within it; `undefined` where it is right. */
function errorOf(text: string): TidemarkError | undefined {
  try {
    plan(check(parse(text), CATALOG, { now: 0n }))
    return undefined
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
    expect(error.kind).toBe('query')
    const { offset, length } = error.position ?? { offset: 0, length: 0 }
    expect(offset).toBeGreaterThanOrEqual(0)
    expect(offset + length).toBeLessThanOrEqual(text.length)
    return error
  }
}

const words =
  'select from where group by order limit offset latest on time partition as and or not in is null between true false show tables tags t a n host now avg max count ( ) , ; * + - / % = != < <= > >= =~ 5m 1h30m 12 1.5 1e3 \'x\' "a" $p -- /* */ \' " # é'.split(
    ' ',
  )

describe('parse', () => {
  test('no sequence of words does worse than a TidemarkError within the text', () => {
    const texts = fc.array(fc.constantFrom(...words.filter((word) => word !== '=~')), { maxLength: 25 })
    fc.assert(
      fc.property(texts, (parts) => {
        errorOf(parts.join(' '))
      }),
      { numRuns: 5000 },
    )
  })

  test('no characters do worse either', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        errorOf(text)
        errorOf(`select a from t where ${text}`)
      }),
      { numRuns: 2000 },
    )
  })

  test('every prefix and every deletion of a statement parses or says where not', () => {
    const text =
      "SELECT avg(a) AS m, -n * 2 FROM t WHERE host IN ('a', 'b') AND time > now() - 1h GROUP BY 5m, host LIMIT 3"
    expect(errorOf(text.replace(', -n * 2', ''))).toBeUndefined()
    for (let i = 0; i < text.length; i++) {
      errorOf(text.slice(0, i))
      errorOf(text.slice(0, i) + text.slice(i + 1))
    }
  })

  test(`takes texts of ${MAX_TEXT_LENGTH} characters and no longer ones`, () => {
    const statement = 'select a from t'
    expect(errorOf(statement.padEnd(MAX_TEXT_LENGTH, ' '))).toBeUndefined()
    expect(errorOf(statement.padEnd(MAX_TEXT_LENGTH + 1, ' '))?.message).toContain(`${MAX_TEXT_LENGTH} characters`)
  })

  const nested = (levels: number): Record<string, string> => ({
    brackets: `select ${'('.repeat(levels)}a${')'.repeat(levels)} from t`,
    sums: `select ${'1 + '.repeat(levels)}a from t`,
    signs: `select ${'- '.repeat(levels)}a from t`,
    nots: `select a from t where ${'not '.repeat(levels)}true`,
    calls: `select ${'('.repeat(levels - 1)}max(a)${')'.repeat(levels - 1)} from t`,
  })
  test.each(Object.keys(nested(1)))(`takes ${MAX_NESTING - 1} levels of %s, not ${MAX_NESTING + 1}`, (kind) => {
    expect(errorOf(nested(MAX_NESTING - 1)[kind] ?? '')).toBeUndefined()
    expect(errorOf(nested(MAX_NESTING + 1)[kind] ?? '')?.message).toContain(`${MAX_NESTING} levels`)
  })

  test('chains of OR are not nesting', () => {
    const tests = Array.from({ length: 20_000 }, (_, i) => `n = ${i}`).join(' or ')
    expect(errorOf(`select a from t where ${tests}`)).toBeUndefined()
  })

  test.each([
    ['unclosed brackets', '('],
    ['stars of an unclosed comment', '/* * '],
    ['quotes', "''"],
    ['unclosed quotes', "'x"],
    ['durations', '1m'],
    ['durations that are none', '1m1m1x '],
    ['digits and dots', '1.1.'],
    ['operators', '+'],
    ['names', 'a.b.'],
    ['commas', 'a,'],
    ['ors', 'a or '],
    ['comments', '--\n'],
  ])('a text of a million characters of %s takes time in proportion', (_, piece) => {
    const text = (length: number): string => `select ${piece.repeat(length / piece.length)}`
    const timeOf = (length: number): number => {
      const start = performance.now()
      errorOf(text(length))
      return performance.now() - start
    }
    timeOf(100_000)
    expect(timeOf(1_000_000)).toBeLessThan(10_000)
  })

  test.each([
    ["SELECT avg(cpu_usage) FROM metrics WHERE host='web01' GROUP BY 5m", 'select'],
    ['FORECAST temperature USING prophet(seasonality=weekly) FOR 24h', 'forecast'],
    ['DETECT ANOMALIES IN request_rate USING isolation_forest ALERT ON score > 0.8', 'detect'],
  ])('reads a statement of the mission: %s', (text, kind) => {
    expect(parse(text).kind).toBe(kind)
  })
})

describe('tokenize', () => {
  test('tokens and the spaces between them are the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary' })), { maxLength: 20 }),
        (parts) => {
          const text = parts.join(' ')
          let at = 0
          for (const token of tokenize(text)) {
            expect(text.slice(at, token.offset).trim()).toBe('')
            expect(token.length).toBeGreaterThan(0)
            at = token.offset + token.length
          }
          expect(text.slice(at).trim()).toBe('')
        },
      ),
    )
  })

  test('tells kinds apart', () => {
    const text = 'SELECT host.name, "a ""b" = \'it\'\'s\' 1 1.5 .5 2e3 5m1s $p <> -- end'
    expect(tokenize(text).map(({ kind, text: value }) => [kind, value])).toEqual([
      ['keyword', 'select'],
      ['name', 'host.name'],
      ['operator', ','],
      ['quoted-name', 'a "b'],
      ['operator', '='],
      ['string', "it's"],
      ['integer', '1'],
      ['float', '1.5'],
      ['float', '.5'],
      ['float', '2e3'],
      ['duration', '5m1s'],
      ['parameter', 'p'],
      ['operator', '<>'],
      ['comment', '-- end'],
    ])
  })
})
