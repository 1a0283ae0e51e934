import type { ColumnType } from '../../core/batch.ts'
import type { Literal } from '../../core/expression.ts'
import { literalsColumn } from '../../core/literals.ts'
import type { QueryResult } from './result.ts'
import { oneBatch } from './run-show.ts'

/** A value of an answer that is one row. */
export interface NamedValue {
  name: string
  type: ColumnType
  value: Literal
}

/** An answer of one row. */
export function oneRow(cells: readonly NamedValue[]): QueryResult {
  return {
    columns: cells.map(({ name, type }) => ({ name, type })),
    keys: [],
    batches: oneBatch({ rows: 1, columns: cells.map(({ name, type, value }) => literalsColumn(name, type, [value])) }),
  }
}
