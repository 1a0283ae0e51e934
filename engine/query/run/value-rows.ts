import type { Batch } from '../../core/batch.ts'
import { literalsColumn } from '../../core/literals.ts'
import type { PlanNodeOf } from '../plan/node.ts'

/** Rows of constants as one batch. */
export async function* valueRows({ columns, rows }: PlanNodeOf<'values'>): AsyncGenerator<Batch> {
  if (rows.length === 0) return
  yield {
    rows: rows.length,
    columns: columns.map(({ name, type }, at) =>
      literalsColumn(
        name,
        type,
        rows.map((row) => row[at] ?? null),
      ),
    ),
  }
}
