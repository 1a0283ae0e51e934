import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import type { SelectedRows } from '../../engine/core/changeable.ts'
import type { Queryable } from '../../engine/core/plan.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import type { ShardedQueryable } from '../../engine/worker/sharded-queryable.ts'
import { type OpenTarget, runScripts } from '../suites/script-suite.ts'
import { type EngineOverFiles, openOverFiles } from '../support/engine-over-files.ts'
import { columnOf } from '../support/plain-column.ts'
import type { FixtureTable } from '../support/table-fixture.ts'

interface Course {
  workers: number
  flush: boolean
  reopen: boolean
}

const COURSES: readonly (readonly [string, Course])[] = [
  ['inline, rows in memory', { workers: 0, flush: false, reopen: false }],
  ['inline, rows in segments', { workers: 0, flush: true, reopen: false }],
  ['inline, rows in the log, opened again', { workers: 0, flush: false, reopen: true }],
  ['one worker, rows in segments, opened again', { workers: 1, flush: true, reopen: true }],
  ['three workers, rows in memory', { workers: 3, flush: false, reopen: false }],
  ['three workers, rows in segments, opened again', { workers: 3, flush: true, reopen: true }],
]

describe.each(COURSES)('the engine answers scripts: %s', (_name, course) => {
  runScripts(opener(course))
})

function opener({ workers, flush, reopen }: Course): OpenTarget {
  return async (tables) => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-scripts-'))
    let engine: EngineOverFiles = await openOverFiles(folder, workers)
    for (const [name, table] of Object.entries(tables)) {
      for (const rows of appendsOf(name, table)) await engine.appendColumns(rows)
    }
    if (flush) await engine.writer.flush()
    if (reopen) {
      await engine.close()
      engine = await openOverFiles(folder, workers)
    }
    const close = async (): Promise<void> => {
      await engine.close()
      await rm(folder, { recursive: true, force: true })
    }
    const { appendColumns: append, writer } = engine
    const changeable = { append, delete: async (rows: SelectedRows) => writer.delete(rows) }
    return { queryable: withUnits(engine.queryable, tables), changeable, close }
  }
}

/** One append for each row, so that a later row of a time wins field by field; each has all fields of the table's types. */
function appendsOf(table: string, { fields, rows }: FixtureTable): ColumnRows[] {
  return rows.map((row) => ({
    table,
    time: BigInt64Array.of(row.time),
    tags: Object.entries(row.tags ?? {}).map(([name, value]) => {
      return { name, type: 'string', values: new Uint32Array(1), dictionary: [value] }
    }),
    fields: Object.entries(fields).map(([name, type]) => columnOf(name, type, [row.fields[name] ?? null])),
  }))
}

/** The store keeps no units; scripts have them in their tables. */
function withUnits(queryable: ShardedQueryable, tables: Parameters<OpenTarget>[0]): Queryable {
  const unitOf = (table: string, field: string): { unit?: string } => {
    const unit = tables[table]?.units?.[field]
    return unit === undefined ? {} : { unit }
  }
  return {
    catalog: async () => {
      const catalog = await queryable.catalog()
      return {
        tables: catalog.tables.map((table) => ({
          ...table,
          fields: table.fields.map((field) => ({ ...field, ...unitOf(table.name, field.name) })),
        })),
      }
    },
    aggregate: (plan, signal) => queryable.aggregate(plan, signal),
    rows: (plan, signal) => queryable.rows(plan, signal),
    latest: (plan, signal) => queryable.latest(plan, signal),
    series: (table, matchers, limit) => queryable.series(table, matchers, limit),
    tagValues: (table, tag, limit) => queryable.tagValues(table, tag, limit),
    tableCardinality: () => queryable.tableCardinality(),
    tagCardinality: (table) => queryable.tagCardinality(table),
    encodings: (table) => queryable.encodings(table),
    watch: (listener) => queryable.watch(listener),
  }
}
