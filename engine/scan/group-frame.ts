import { type Column, type ColumnType, emptyValidity } from '../core/batch.ts'
import { columnsOf, type Expression } from '../core/expression.ts'
import { type Tags, tagValue } from '../core/series.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Frame } from './evaluate.ts'
import { decodeColumn, decodeTimes } from './merge-groups.ts'
import type { RowGroup } from './row-group.ts'

/** The rows of a group as the evaluator sees them; each column is decoded once, when it is first asked for. */
export class GroupFrame implements Frame {
  readonly rows: number
  readonly #group: RowGroup
  readonly #tags: Tags
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #columns = new Map<string, Column>()

  /** `types` has the type of each field that may be asked for. */
  constructor(group: RowGroup, tags: Tags, types: ReadonlyMap<string, ColumnType>, kernel: Kernel) {
    this.rows = group.rows
    this.#group = group
    this.#tags = tags
    this.#types = types
    this.#kernel = kernel
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
    if (source === 'time') return { name, type: 'time', values: decodeTimes(this.#group, this.#kernel) }
    if (source === 'tag') {
      return { name, type: 'string', values: new Uint32Array(this.rows), dictionary: [tagValue(this.#tags, name)] }
    }
    const column = this.#group.field(name)
    return column
      ? decodeColumn(column, name, this.#kernel)
      : missingColumn(name, this.#types.get(name) ?? 'f64', this.rows)
  }
}

/** A column without one value. */
export function missingColumn(name: string, type: ColumnType, rows: number): Column {
  const validity = emptyValidity(rows)
  switch (type) {
    case 'f64':
      return { name, type, values: new Float64Array(rows), validity }
    case 'bool':
      return { name, type, values: new Uint8Array(rows), validity }
    case 'string':
      return { name, type, values: new Uint32Array(rows), dictionary: [], validity }
    default:
      return { name, type, values: new BigInt64Array(rows), validity }
  }
}

/** Types of the fields that expressions read. */
export function fieldTypes(expressions: readonly (Expression | undefined)[]): Map<string, ColumnType> {
  const types = new Map<string, ColumnType>()
  const visit = (node: Expression): void => {
    if (node.kind === 'column') {
      if (node.source === 'field') types.set(node.name, node.type)
    } else if (node.kind === 'binary') {
      visit(node.left)
      visit(node.right)
    } else if (node.kind !== 'literal') visit(node.operand)
  }
  for (const expression of expressions) if (expression) visit(expression)
  return types
}

/** Names of the fields that expressions read, each once. */
export function fieldNames(expressions: readonly (Expression | undefined)[]): string[] {
  return [...new Set(expressions.flatMap((expression) => (expression ? columnsOf(expression, 'field') : [])))]
}
