import type { ColumnType, FieldType } from '../../core/batch.ts'
import type { TableInfo } from '../../core/plan.ts'
import type { Schemas } from '../../index/table-schema.ts'
import type { LineParser } from '../../kernel/line-parser.ts'
import type { TableColumns } from '../../storage/manifest.ts'

/** Columns that rows did not bring through the parser: it is told of each, so that it holds lines against them. */
export class DeclaredColumns {
  readonly #schemas: Schemas
  readonly #parser: LineParser

  constructor(schemas: Schemas, parser: LineParser) {
    this.#schemas = schemas
    this.#parser = parser
  }

  restore(tables: ReadonlyMap<string, TableColumns>): void {
    for (const [table, { tags, fields }] of tables) {
      for (const tag of tags) this.addTag(table, tag)
      for (const [name, type] of fields) this.#addField(table, name, type)
    }
  }

  /** Tells a parser that has forgotten everything of all columns. */
  declareAll(): void {
    for (const [table, { tags, fields }] of this.#schemas.all) {
      for (const tag of tags) this.#parser.declareTag(table, tag)
      for (const [name, type] of fields) this.#parser.declareField(table, name, type)
    }
  }

  addTag(table: string, tag: string): void {
    if (this.#schemas.addTag(table, tag)) this.#parser.declareTag(table, tag)
  }

  addFields(table: string, fields: readonly { name: string; type: ColumnType }[]): void {
    for (const { name, type } of fields) if (type !== 'time') this.#addField(table, name, type)
  }

  /** Forgets tables with their columns, and the parser all series keys. No body is being parsed. */
  forgetTables(tables: readonly string[]): void {
    for (const table of tables) {
      this.#schemas.forget(table)
      this.#parser.forgetTable(table)
    }
  }

  /** The columns of a table; `undefined` where there is no such table. */
  of(table: string): TableColumns | undefined {
    const known = this.#schemas.table(table)
    return known && columnsOf(known)
  }

  /** All columns, for a manifest. */
  kept(): Map<string, TableColumns> {
    return new Map(this.#schemas.catalog().tables.map((table) => [table.name, columnsOf(table)]))
  }

  #addField(table: string, name: string, type: FieldType): void {
    if (this.#schemas.addField(table, name, type)) this.#parser.declareField(table, name, type)
  }
}

function columnsOf({ tags, fields }: TableInfo): TableColumns {
  return { tags, fields: new Map(fields.map((field) => [field.name, field.type])) }
}
