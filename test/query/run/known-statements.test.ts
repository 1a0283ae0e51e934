import { describe, expect, test } from 'vitest'
import { parse } from '../../../engine/query/parse/parse.ts'
import { KnownStatements } from '../../../engine/query/run/known-statements.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { planStatement, runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { TableFixture } from '../../support/table-fixture.ts'

const known = () => ({ statement: parse('SELECT 1') })

describe('KnownStatements', () => {
  test('beyond the most statements the one not asked for longest goes', () => {
    const statements = new KnownStatements(2)
    statements.keep('a', known())
    statements.keep('b', known())
    expect(statements.find('a')).toBeDefined()
    statements.keep('c', known())
    expect(['a', 'b', 'c'].map((text) => statements.find(text) !== undefined)).toEqual([true, false, true])
  })

  test('the texts together are as long as they may be, and no longer', () => {
    const statements = new KnownStatements(10, 6)
    statements.keep('aaa', known())
    statements.keep('bbb', known())
    expect(['aaa', 'bbb'].map((text) => statements.find(text) !== undefined)).toEqual([true, true])
    statements.keep('c', known())
    expect(['aaa', 'bbb', 'c'].map((text) => statements.find(text) !== undefined)).toEqual([false, true, true])
    statements.keep('ddddddd', known())
    expect(['bbb', 'c', 'ddddddd'].map((text) => statements.find(text) !== undefined)).toEqual([true, true, false])
  })

  test('a text that is kept twice counts once', () => {
    const statements = new KnownStatements(10, 6)
    statements.keep('aaa', known())
    statements.keep('aaa', known())
    statements.keep('bbb', known())
    expect(statements.find('aaa')).toBeDefined()
  })
})

describe('a statement that is asked again', () => {
  const rows = [1n, 2n, 3n].map((k) => ({ time: k, tags: { host: `h${k}` }, fields: { usage: Number(k) } }))
  const fixture = new TableFixture({ cpu: { fields: { usage: 'f64' }, rows } })
  const answer = async (text: string, options: object = {}): Promise<unknown[][]> =>
    rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n, ...options }))) as unknown[][]

  test('has its own parameters and its own time', async () => {
    const byHost = 'SELECT usage FROM cpu WHERE host = $host'
    expect(await answer(byHost, { params: { host: 'h1' } })).toEqual([[1]])
    expect(await answer(byHost, { params: { host: 'h3' } })).toEqual([[3]])
    await expect(answer(byHost)).rejects.toThrow("no value for the parameter 'host'")
    const byTime = 'SELECT usage FROM cpu WHERE time <= NOW()'
    expect(await answer(byTime, { now: 1n })).toEqual([[1]])
    expect(await answer(byTime, { now: 2n })).toEqual([[1], [2]])
    const lately = 'SELECT usage FROM cpu OVER LAST 2ns'
    expect(await answer(lately, { now: 2n })).toEqual([[1]])
    expect(await answer(lately, { now: 4n })).toEqual([[2], [3]])
  })

  test('has the plan that it had, until the catalog is another', async () => {
    const text = 'SELECT max(usage) FROM cpu GROUP BY 5m'
    const catalog = await fixture.catalog()
    const first = await planStatement(text, fixture, { now: 0n, catalog: catalog })
    expect(await planStatement(text, fixture, { now: 9n, catalog: catalog })).toBe(first)
    const without = { tables: [] }
    await expect(planStatement(text, fixture, { now: 0n, catalog: without })).rejects.toThrow("no table 'cpu'")
    const other = {
      tables: catalog.tables.map((table) => ({ ...table, fields: [{ name: 'usage', type: 'i64' as const }] })),
    }
    const again = await planStatement(text, fixture, { now: 0n, catalog: other })
    expect(again.kind === 'select' && again.columns.map(({ type }) => type)).toEqual(['time', 'i64'])
  })
})
