import { type Column, type FieldType, valueAt } from '../../engine/core/batch.ts'
import type { Changeable } from '../../engine/core/changeable.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import type { Value } from './plain-column.ts'
import { type FixtureRow, passes, type TableFixture } from './table-fixture.ts'

/** What INSERT and DELETE change, for a fixture: row by row. */
export function changesOf(fixture: TableFixture): Changeable {
  return {
    append: async (rows) => {
      const fields = Object.fromEntries(rows.fields.map(({ name, type }) => [name, type as FieldType]))
      const plain = Array.from(rows.time, (time, row) => plainRow(rows, time, row))
      fixture.append(rows.table, { fields, rows: plain })
      return { rows: plain.length, rejectedCount: 0, rejected: [] }
    },
    appendLines: () => Promise.reject(new Error('a fixture has no line protocol')),
    delete: async ({ table, matchers, start, end }) => {
      fixture.remove(table, ({ time, tags }) => {
        return time >= start && time < end && matchers.every((matcher) => passes(tags, matcher))
      })
    },
    changeTable: async (name, change) => {
      if (change.kind === 'drop') {
        fixture.drop(name)
        return true
      }
      const known = (await fixture.catalog()).tables.find((table) => table.name === name)
      return fixture.definitions.change(name, change, known)
    },
    defineView: async (name, definition) => fixture.definitions.defineView(name, definition),
  }
}

function plainRow({ tags, fields }: ColumnRows, time: bigint, row: number): FixtureRow {
  const values = (columns: readonly Column[]): [string, Value][] =>
    columns.flatMap((column): [string, Value][] => {
      const value = valueAt(column, row)
      return value === null || (value === '' && tags.some(({ name }) => name === column.name))
        ? []
        : [[column.name, value]]
    })
  return {
    time,
    tags: Object.fromEntries(values(tags).map(([name, value]) => [name, String(value)])),
    fields: Object.fromEntries(values(fields)),
  }
}
