import { assert, asyncProperty, bigInt, constantFrom } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Literal } from '../../../engine/core/expression.ts'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import { parse } from '../../../engine/query/parse/parse.ts'
import type { QueryPlan } from '../../../engine/query/plan/plan.ts'
import { planAnswered } from '../../../engine/query/run/answer-queries.ts'
import { PlanTemplate } from '../../../engine/query/run/plan-template.ts'
import { planStatement } from '../../../engine/query/run/run.ts'
import { TableFixture } from '../../support/table-fixture.ts'

const rows = [1n, 2n].map((k) => ({ time: k, tags: { host: `h${k}` }, fields: { usage: Number(k), load: k } }))
const fixture = new TableFixture({ cpu: { fields: { usage: 'f64', load: 'i64' }, rows } })
const catalog = await fixture.catalog()

const anew = async (text: string, params: Readonly<Record<string, Literal>>): Promise<QueryPlan> =>
  (await planAnswered(parse(text), fixture, { now: 0n, catalog, params })).plan

const IN_RANGE = 'time >= $from AND time < $to'

/** Of these, one plan holds for every range. */
const OPEN = [
  `SELECT usage FROM cpu WHERE ${IN_RANGE} AND time != 7`,
  `SELECT max(usage) FROM cpu WHERE host = 'h1' AND ${IN_RANGE} GROUP BY 1m`,
  `SELECT avg(usage), avg(load) FROM cpu WHERE ${IN_RANGE} GROUP BY 1h, host`,
  `SELECT * FROM cpu WHERE usage > 90 AND ${IN_RANGE}`,
  'SELECT max(usage) FROM cpu WHERE time < $to GROUP BY 1m ORDER BY time DESC LIMIT 5',
  "SELECT usage FROM cpu WHERE host IN ('h1', 'h2') AND time >= $from ORDER BY time LIMIT 3",
  `SELECT host, s FROM (SELECT sum(load) AS s FROM cpu WHERE ${IN_RANGE} GROUP BY host) WHERE s > 1`,
]

/** Of these, none does. */
const VARYING = [
  `SELECT usage FROM cpu WHERE ${IN_RANGE} AND time >= 5`,
  `SELECT usage FROM cpu WHERE ${IN_RANGE} AND time < '2024-01-01'`,
  `SELECT usage FROM cpu WHERE ${IN_RANGE} OR usage > 5`,
  'SELECT usage FROM cpu WHERE time >= $from AND time < $from',
  'SELECT usage FROM cpu WHERE time >= $from AND load > $to',
  `SELECT usage FROM cpu WHERE ${IN_RANGE} AND time < now()`,
  `SELECT usage, $from AS since FROM cpu WHERE time < $to`,
  `SELECT usage FROM cpu WHERE NOT (${IN_RANGE})`,
]

const times = bigInt({ min: MIN_TIME, max: MAX_TIME })

describe('a plan with an open range of time', () => {
  test('is the one that is made anew, for any range, and where there is none', async () => {
    const texts = constantFrom(...OPEN, ...VARYING)
    await assert(
      asyncProperty(texts, times, times, async (text, from, to) => {
        const params = Object.fromEntries(Object.entries({ from, to }).filter(([name]) => text.includes(`$${name}`)))
        const expected = await anew(text, params)
        for (let time = 0; time < 2; time++)
          expect(await planStatement(text, fixture, { now: 0n, catalog, params })).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test.each(OPEN)('is there for %s', async (text) => {
    const template = await PlanTemplate.of(text, (params) => anew(text, params))
    const params = { ...(text.includes('$from') && { from: 5n }), ...(text.includes('$to') && { to: 9n }) }
    expect(template?.bind(params)).toEqual(await anew(text, params))
  })

  test.each(VARYING)('is not there for %s', async (text) => {
    expect(await PlanTemplate.of(text, (params) => anew(text, params))).toBeUndefined()
  })

  test('is of no use for other parameters, other values, or a range that is empty', async () => {
    const [text = ''] = OPEN
    const template = await PlanTemplate.of(text, (params) => anew(text, params))
    expect(template?.bind({ from: 5n, to: 9n })).toBeDefined()
    for (const params of [{}, { from: 5n }, { from: 5n, to: 5n }, { from: 9n, to: 5n }])
      expect(template?.bind(params)).toBeUndefined()
    for (const from of ['2024-01-01', 5.5, null, MIN_TIME, MAX_TIME + 1n])
      expect(template?.bind({ from, to: 9n })).toBeUndefined()
    expect(template?.bind({ from: 5n, to: 9n, more: 1n })).toBeUndefined()
  })
})
