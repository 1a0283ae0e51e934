import type { Column, ColumnType } from '../core/batch.ts'
import { missingColumn } from '../core/columns.ts'
import { columnsOf, type Expression, nodesOf } from '../core/expression.ts'
import { type Tags, tagValue } from '../core/series.ts'
import type { Frame } from './frame.ts'
import type { GroupColumn, RowGroup } from './row-group.ts'

/** Makes plain values of a group's column. */
export type ColumnDecoder = (column: GroupColumn, name: string) => Column

/** The rows of a group as the evaluator sees them; each column is decoded once, when it is first asked for. */
export class GroupFrame implements Frame {
  readonly rows: number
  readonly #group: RowGroup
  readonly #tags: Tags
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #decode: ColumnDecoder
  readonly #columns = new Map<string, Column>()

  /** `types` has the type of each field that may be asked for. */
  constructor(group: RowGroup, tags: Tags, types: ReadonlyMap<string, ColumnType>, decode: ColumnDecoder) {
    this.rows = group.rows
    this.#group = group
    this.#tags = tags
    this.#types = types
    this.#decode = decode
  }

  get times(): BigInt64Array {
    const column = this.column('time', 'time')
    if (column.type !== 'time') throw new Error('the time column has another type')
    return column.values
  }

  column(name: string, source: 'field' | 'tag' | 'time'): Column {
    const key = `${source} ${name}`
    const known = this.#columns.get(key)
    if (known) return known
    const column = this.#make(name, source)
    this.#columns.set(key, column)
    return column
  }

  #make(name: string, source: 'field' | 'tag' | 'time'): Column {
    if (source === 'time') return this.#decode(this.#group.time, name)
    if (source === 'tag') {
      return { name, type: 'string', values: new Uint32Array(this.rows), dictionary: [tagValue(this.#tags, name)] }
    }
    const column = this.#group.field(name)
    return column ? this.#decode(column, name) : missingColumn(name, this.#types.get(name) ?? 'f64', this.rows)
  }
}

/** Types of the fields that expressions read. */
export function fieldTypes(expressions: readonly (Expression | undefined)[]): Map<string, ColumnType> {
  const types = new Map<string, ColumnType>()
  for (const expression of expressions) {
    if (expression === undefined) continue
    for (const node of nodesOf(expression)) {
      if (node.kind === 'column' && node.source === 'field') types.set(node.name, node.type)
    }
  }
  return types
}

/** Names of the fields that expressions read, each once. */
export function fieldNames(expressions: readonly (Expression | undefined)[]): string[] {
  return [...new Set(expressions.flatMap((expression) => (expression ? columnsOf(expression, 'field') : [])))]
}
