import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TableDefinition } from '../../engine/core/definition.ts'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { changesOf } from '../support/fixture-changes.ts'
import { rowsOf } from '../support/plain-column.ts'
import { TableFixture } from '../support/table-fixture.ts'

/** Names of every kind, but the column of times. */
const name = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }),
    fc.constantFrom('select', 'TAG', 'unit', '"', "'", 'ä.b'),
  )
  .filter((text) => text !== 'time' && !text.includes('\n') && text.isWellFormed())
const ms = fc.integer({ min: 1, max: 2 ** 42 })

const definition = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 8 }),
    tags: fc.nat({ max: 7 }),
    types: fc.array(fc.constantFrom('f64', 'i64', 'bool', 'string'), { minLength: 8, maxLength: 8 }),
    units: fc.array(fc.option(fc.string({ minLength: 1, maxLength: 8 }), { nil: undefined }), {
      minLength: 8,
      maxLength: 8,
    }),
    retentionMs: fc.option(ms, { nil: undefined }),
    rollups: fc.uniqueArray(fc.record({ everyMs: ms, keepMs: fc.option(ms, { nil: undefined }) }), {
      selector: ({ everyMs }) => everyMs,
      maxLength: 8,
    }),
  })
  .map(({ names, tags, types, units, retentionMs, rollups }): TableDefinition => {
    const fields = names.slice(Math.min(tags, names.length - 1))
    return {
      tags: names.filter((each) => !fields.includes(each)),
      fields: fields.map((field, i) => {
        const unit = units[i]
        return { name: field, type: types[i] ?? 'f64', ...(unit !== undefined && { unit }) }
      }),
      ...(retentionMs !== undefined && { retentionMs }),
      rollups: rollups.map(({ everyMs, keepMs }) => ({ everyMs, ...(keepMs !== undefined && { keepMs }) })),
    }
  })

async function run(fixture: TableFixture, text: string): Promise<string> {
  const result = await runStatement(text, fixture, { now: 0n, changeable: changesOf(fixture) })
  return String(rowsOf(await collectRows(result))[0]?.[1])
}

test('what SHOW CREATE TABLE answers makes the same table in an empty store', async () => {
  const made = async (table: string, defined: TableDefinition): Promise<void> => {
    const [from, to] = [new TableFixture(), new TableFixture()]
    await changesOf(from).changeTable(table, { kind: 'create', definition: defined })
    const show = `SHOW CREATE TABLE "${table.replaceAll('"', '""')}"`
    const statement = await run(from, show)
    await run(to, statement)
    const [a, b] = [await from.catalog(), await to.catalog()]
    const withoutOrder = ({ tables }: typeof a) => tables.map(({ defined: _, ...rest }) => rest)
    expect(withoutOrder(b)).toEqual(withoutOrder(a))
    expect(await run(to, show)).toBe(statement)
  }
  await fc.assert(fc.asyncProperty(name, definition, made), { numRuns: 300 })
})
