import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Changeable } from '../../engine/core/changeable.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Queryable } from '../../engine/core/plan.ts'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { rowsOf } from '../support/plain-column.ts'
import { parseScript, type QueryCase, type Script, sameCell } from '../support/query-script.ts'
import type { FixtureTable } from '../support/table-fixture.ts'

/** Something to run scripts against, with the tables of a script in it. */
export interface ScriptTarget {
  queryable: Queryable
  changeable: Changeable
  close(): Promise<void>
}

export type OpenTarget = (tables: Readonly<Record<string, FixtureTable>>) => Promise<ScriptTarget>

const FOLDER = new URL('../scripts/', import.meta.url)

/** Every script of `test/scripts` as a test for each of its queries; `openTarget` is called once a script. */
export function runScripts(openTarget: OpenTarget): void {
  for (const file of readdirSync(FOLDER)
    .filter((name) => name.endsWith('.test.txt'))
    .sort()) {
    const script = parseScript(readFileSync(new URL(file, FOLDER), 'utf8'), file)
    describe(file, () => {
      let target: Promise<ScriptTarget> | undefined
      for (const each of script.queries) {
        test(`line ${each.line}: ${each.text.replaceAll(/\s+/g, ' ').slice(0, 150)}`, async () => {
          target ??= openTarget(script.tables)
          await expectAnswer(await target, script, each)
        })
      }
      test('closes', async () => {
        await (await target)?.close()
      })
    })
  }
}

async function expectAnswer({ queryable, changeable }: ScriptTarget, script: Script, each: QueryCase): Promise<void> {
  const options = { now: script.now, params: script.params, ...(each.changes && { changeable }) }
  if (each.error !== undefined) {
    const failure = await runStatement(each.text, queryable, options).then(
      async (result) => `no error but ${JSON.stringify(rowsOf(await collectRows(result)), printBigInt)}`,
      (error: unknown) => (error instanceof TidemarkError ? { message: error.message, ...error.position } : error),
    )
    expect(failure).toEqual(each.error)
    return
  }
  const result = await runStatement(each.text, queryable, options)
  const names = result.columns.map(({ name, type, unit }) => `${name}:${type}${unit === undefined ? '' : `(${unit})`}`)
  expect(names).toEqual(each.columns)
  const rows = rowsOf(await collectRows(result))
  const matches =
    rows.length === each.rows.length &&
    rows.every((row, r) => row.every((cell, c) => sameCell(cell, each.rows[r]?.[c] ?? '', result.columns[c]?.type)))
  if (!matches) expect(rows.map((row) => row.map(String))).toEqual(each.rows)
}

function printBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
