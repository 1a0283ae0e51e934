import { type Column, valueAt } from '../../engine/core/batch.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import { type LineValue, printLine } from './line-protocol.ts'

/** Rows as line protocol. Rows without a field that can be said there are left out. */
export function printRows({ table, time, tags, fields }: ColumnRows): string {
  const lines: string[] = []
  time.forEach((nanoseconds, row) => {
    const line = printLine({
      table,
      time: nanoseconds,
      tags: present(tags, row, String),
      fields: present(fields, row, asIs),
    })
    if (line !== undefined) lines.push(line)
  })
  return lines.join('\n')
}

function asIs(value: LineValue): LineValue {
  return value
}

function present<T>(columns: readonly Column[], row: number, as: (value: LineValue) => T): [string, T][] {
  const values: [string, T][] = []
  for (const column of columns) {
    const value = valueAt(column, row)
    if (value !== null) values.push([column.name, as(value)])
  }
  return values
}
