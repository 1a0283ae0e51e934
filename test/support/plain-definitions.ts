import type { FieldType } from '../../engine/core/batch.ts'
import type { TableChange, TableDefinition } from '../../engine/core/definition.ts'
import type { Catalog, TableInfo } from '../../engine/core/plan.ts'
import { compareUtf8 } from '../../engine/core/series.ts'

interface PlainTable {
  tags: string[]
  fields: Map<string, { type: FieldType; unit?: string }>
  retentionMs?: number
  /** How long windows are kept, by their width; `undefined` is for ever. */
  rollups: Map<number, number | undefined>
}

/** What statements have defined, for a fixture: the last word on each thing. */
export class PlainDefinitions {
  readonly #tables = new Map<string, PlainTable>()
  readonly #views = new Map<string, string>()

  /** A change of a table that the statement's check has let pass; whether it changes anything. */
  change(name: string, change: Exclude<TableChange, { kind: 'drop' }>, known: TableInfo | undefined): boolean {
    const before = this.#printed(name)
    this.#apply(name, change, known)
    return this.#printed(name) !== before
  }

  #printed(name: string): string | undefined {
    const table = this.#tables.get(name)
    return table && JSON.stringify(definitionOf(table))
  }

  #apply(name: string, change: Exclude<TableChange, { kind: 'drop' }>, known: TableInfo | undefined): void {
    const table: PlainTable = this.#tables.get(name) ?? { tags: [], fields: new Map(), rollups: new Map() }
    this.#tables.set(name, table)
    switch (change.kind) {
      case 'create':
        table.tags.push(...change.definition.tags)
        for (const { name: field, ...rest } of change.definition.fields) table.fields.set(field, rest)
        for (const { everyMs, keepMs } of change.definition.rollups) table.rollups.set(everyMs, keepMs)
        if (change.definition.retentionMs !== undefined) table.retentionMs = change.definition.retentionMs
        break
      case 'add tag':
        table.tags.push(change.name)
        break
      case 'add field':
        table.fields.set(change.field.name, change.field)
        break
      case 'set unit': {
        const type = known?.fields.find((field) => field.name === change.field)?.type ?? 'f64'
        table.fields.set(change.field, { type, ...(change.unit !== undefined && { unit: change.unit }) })
        break
      }
      case 'set retention':
        if (change.retentionMs === undefined) delete table.retentionMs
        else table.retentionMs = change.retentionMs
        break
      case 'add rollup':
        table.rollups.set(change.rollup.everyMs, change.rollup.keepMs)
        break
      case 'drop rollup':
        table.rollups.delete(change.everyMs)
    }
  }

  forget(name: string): void {
    this.#tables.delete(name)
  }

  defineView(name: string, definition: string | undefined): void {
    if (definition === undefined) this.#views.delete(name)
    else this.#views.set(name, definition)
  }

  /** Tables that have rows, and those that are defined. */
  catalog(withRows: readonly TableInfo[]): Catalog {
    const names = new Set([...withRows.map(({ name }) => name), ...this.#tables.keys()])
    const views = Array.from(this.#views, ([name, definition]) => ({ name, definition }))
    const tables = [...names].sort(compareUtf8).map((name) => {
      return this.#described(withRows.find((table) => table.name === name) ?? { name, tags: [], fields: [] })
    })
    return { tables, ...(views.length > 0 && { views }) }
  }

  #described(table: TableInfo): TableInfo {
    const said = this.#tables.get(table.name)
    if (said === undefined) return table
    const fields = new Map(table.fields.map(({ name, ...rest }) => [name, rest]))
    for (const [name, field] of said.fields) fields.set(name, { ...fields.get(name), ...field })
    const rollups = definitionOf(said).rollups
    return {
      name: table.name,
      tags: [...new Set([...table.tags, ...said.tags])].sort(compareUtf8),
      fields: Array.from(fields, ([name, { type, unit }]) => ({
        name,
        type,
        ...(unit !== undefined && { unit }),
      })).sort((a, b) => compareUtf8(a.name, b.name)),
      ...(said.retentionMs !== undefined && { retentionMs: said.retentionMs }),
      ...(rollups.length > 0 && { rollups }),
      defined: definitionOf(said),
    }
  }
}

function definitionOf({ tags, fields, retentionMs, rollups }: PlainTable): TableDefinition {
  return {
    tags,
    fields: Array.from(fields, ([name, { type, unit }]) => ({ name, type, ...(unit !== undefined && { unit }) })),
    ...(retentionMs !== undefined && { retentionMs }),
    rollups: [...rollups]
      .sort(([a], [b]) => a - b)
      .map(([everyMs, keepMs]) => ({ everyMs, ...(keepMs !== undefined && { keepMs }) })),
  }
}
