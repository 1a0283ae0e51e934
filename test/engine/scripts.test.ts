import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import type { Changeable } from '../../engine/core/changeable.ts'
import { systemClock } from '../../engine/core/clock.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import { LoadedViews } from '../../engine/view/loaded-views.ts'
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
    for (const [name, { units = {} }] of Object.entries(tables)) {
      for (const [field, unit] of Object.entries(units))
        await engine.writer.changeTable(name, { kind: 'set unit', field, unit })
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
    return { queryable: engine.queryable, changeable: changesTo(engine), close }
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

/** What an engine composes of these. */
function changesTo({ queryable, writer, views, appendColumns: append }: EngineOverFiles): Changeable {
  const changeable: Changeable = {
    append,
    appendLines: (body, precision) => Promise.resolve(writer.appendLines(body, precision)),
    delete: async (rows) => writer.delete(rows),
    changeTable: async (table, change) => {
      const changed = await writer.changeTable(table, change)
      queryable.forgetCatalog()
      return changed
    },
    defineView: async (name, definition) => {
      await writer.defineView(name, definition)
      queryable.forgetCatalog()
    },
  }
  const readCatalog = () => queryable.catalog()
  const store = { queryable, changeable, store: views, clock: systemClock, readCatalog }
  return { ...changeable, views: new LoadedViews(store) }
}
