import type { FieldType } from '../core/batch.ts'
import type { Catalog, TableInfo } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { compareUtf8 } from '../core/series.ts'

/** Names and types of one table's columns. The first type of a field wins; a name is a tag or a field, never both. */
export interface TableSchema {
  tags: Set<string>
  fields: Map<string, FieldType>
}

export class Schemas {
  readonly #tables = new Map<string, TableSchema>()

  /** Grows whenever a table or a column comes. */
  version = 0

  /** Adds a tag that the table can have; false where it had it. */
  addTag(table: string, tag: string): boolean {
    const { tags } = this.#table(table)
    if (tags.has(tag)) return false
    tags.add(tag)
    this.version++
    return true
  }

  /** Adds a field that the table can have; false where it had it. */
  addField(table: string, field: string, type: FieldType): boolean {
    const { fields } = this.#table(table)
    if (fields.has(field)) return false
    fields.set(field, type)
    this.version++
    return true
  }

  /** Forgets a table with its columns. */
  forget(table: string): void {
    if (this.#tables.delete(table)) this.version++
  }

  fieldType(table: string, field: string): FieldType | undefined {
    return this.#tables.get(table)?.fields.get(field)
  }

  /** Why the table cannot have this tag, or `undefined` where it can. */
  tagProblem(table: string, tag: string): string | undefined {
    if (tag === TIME_COLUMN) return `'${TIME_COLUMN}' is the column of times and cannot be a tag`
    return this.#tables.get(table)?.fields.has(tag)
      ? `'${tag}' is a field of table '${table}' and cannot be a tag`
      : undefined
  }

  /** Why the table cannot have this field with this type, or `undefined` where it can. */
  fieldProblem(table: string, field: string, type: FieldType): string | undefined {
    if (field === TIME_COLUMN) return `'${TIME_COLUMN}' is the column of times and cannot be a field`
    const schema = this.#tables.get(table)
    if (schema === undefined) return undefined
    if (schema.tags.has(field)) return `'${field}' is a tag of table '${table}' and cannot be a field`
    const known = schema.fields.get(field)
    return known === undefined || known === type
      ? undefined
      : `field '${field}' of table '${table}' is ${known}, not ${type}`
  }

  #table(name: string): TableSchema {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = { tags: new Set(), fields: new Map() }
      this.#tables.set(name, table)
    }
    return table
  }

  /** All tables, with tags and fields as they came. */
  get all(): ReadonlyMap<string, Readonly<TableSchema>> {
    return this.#tables
  }

  /** A table that has a field. */
  table(name: string): TableInfo | undefined {
    const schema = this.#tables.get(name)
    return schema && schema.fields.size > 0 ? describe(name, schema) : undefined
  }

  catalog(): Catalog {
    const tables = [...this.#tables]
      .filter(([, { fields }]) => fields.size > 0)
      .map(([name, schema]) => describe(name, schema))
    return { tables: tables.sort((a, b) => compareUtf8(a.name, b.name)) }
  }
}

function describe(name: string, { tags, fields }: TableSchema): TableInfo {
  return {
    name,
    tags: [...tags].sort(compareUtf8),
    fields: [...fields].map(([field, type]) => ({ name: field, type })).sort((a, b) => compareUtf8(a.name, b.name)),
  }
}
