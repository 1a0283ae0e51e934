import type { ColumnType } from '../core/batch.ts'
import type { Schemas } from '../index/table-schema.ts'
import type { LineParser } from '../kernel/line-parser.ts'
import type { TableColumns } from '../storage/manifest.ts'

/** Columns that did not come by the parser, told to the schema and to the parser. */
export class DeclaredColumns {
  readonly #schemas: Schemas
  readonly #parser: LineParser

  constructor(schemas: Schemas, parser: LineParser) {
    this.#schemas = schemas
    this.#parser = parser
  }

  addTag(table: string, tag: string): void {
    if (this.#schemas.addTag(table, tag)) this.#parser.declareTag(table, tag)
  }

  addFields(table: string, fields: Iterable<{ name: string; type: ColumnType }>): void {
    for (const { name, type } of fields) {
      if (type !== 'time' && this.#schemas.addField(table, name, type)) this.#parser.declareField(table, name, type)
    }
  }

  /** Adds what a manifest kept. */
  restore(tables: ReadonlyMap<string, TableColumns>): void {
    for (const [table, { tags, fields }] of tables) {
      for (const tag of tags) this.addTag(table, tag)
      this.addFields(
        table,
        Array.from(fields, ([name, type]) => ({ name, type })),
      )
    }
  }

  /** What a manifest keeps. */
  kept(): Map<string, TableColumns> {
    const kept = new Map<string, TableColumns>()
    for (const { name, tags, fields } of this.#schemas.catalog().tables) {
      kept.set(name, { tags, fields: new Map(fields.map((field) => [field.name, field.type])) })
    }
    return kept
  }
}
