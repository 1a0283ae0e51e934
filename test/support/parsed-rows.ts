import { valueAt } from '../../engine/core/batch.ts'
import { decodeSeriesKey, type Tags } from '../../engine/core/series.ts'
import { unpackKeys } from '../../engine/kernel/key-batch.ts'
import type { ParseResult } from '../../engine/kernel/parse-result.ts'
import type { ReferenceRow } from './line-protocol-reference.ts'

export interface NumberedKeys {
  table: string
  tags: Tags
}

/** Series keys that are new in a result. */
export function newKeysOf({
  newKeys,
}: Pick<ParseResult, 'newKeys'>): (NumberedKeys & { key: number; canonical: Uint8Array })[] {
  return unpackKeys(newKeys.keys).map((canonical, i) => {
    const series = decodeSeriesKey(canonical)
    if (series === undefined) throw new Error('the parser made a series key that is none')
    return { key: newKeys.first + i, canonical: canonical.slice(), ...series }
  })
}

/** A parser's columns as rows by table. `keys` holds what the parser has told of its keys so far, and is added to. */
export function rowsOf(result: ParseResult, keys: Map<number, NumberedKeys>): Map<string, ReferenceRow[]> {
  for (const { key, table, tags } of newKeysOf(result)) {
    if (key !== keys.size) throw new Error(`key ${key} is not the next after ${keys.size} others`)
    keys.set(key, { table, tags })
  }
  const rows = new Map<string, ReferenceRow[]>()
  for (const part of result.tables) {
    const target = rows.get(part.table) ?? []
    rows.set(part.table, target)
    for (let row = 0; row < part.rows; row++) {
      const series = keys.get(part.keys[row] ?? -1)
      if (series?.table !== part.table) throw new Error(`row ${row} of ${part.table} has a key of ${series?.table}`)
      const fields: ReferenceRow['fields'] = new Map()
      for (const column of part.fields) {
        const value = valueAt(column, row)
        if (value !== null) fields.set(column.name, value)
      }
      target.push({ table: part.table, tags: series.tags, fields, time: part.time[row] ?? 0n })
    }
  }
  return rows
}

/** The reference's rows in the same form: fields in the order of their names, since columns have another order than a row. */
export function byTable(rows: readonly ReferenceRow[]): Map<string, ReferenceRow[]> {
  const tables = new Map<string, ReferenceRow[]>()
  for (const row of rows) {
    const target = tables.get(row.table) ?? []
    tables.set(row.table, target)
    target.push(row)
  }
  return tables
}
