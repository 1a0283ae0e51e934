import type { Batch } from '../../core/batch.ts'
import { gatherColumn } from '../../core/columns.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { LatestPlan, Queryable, RowsPlan } from '../../core/plan.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { Output } from '../check/checked.ts'
import type { SelectPlan } from '../plan/plan.ts'
import { frameOf, project } from './project.ts'
import { joinBatches, sliceBatch } from './result.ts'
import { sortPlaces } from './sort.ts'

/** Most rows that are held for an ORDER BY that the scan does not give. */
export const MAX_SORTED_ROWS = 5_000_000
/** Rows beyond the limit that are gathered before the surplus is dropped. */
const SURPLUS_ROWS = 65_536

export interface RowsRun {
  queryable: Queryable
  signal: AbortSignal | undefined
  maxSortedRows: number
}

/** Runs a plan whose answer is rows, in batches as they come where no sort is needed. */
export async function* runRows(query: SelectPlan, scan: RowsPlan | LatestPlan, run: RowsRun): AsyncGenerator<Batch> {
  if (query.empty) return
  const scanned = scan.kind === 'rows' ? run.queryable.rows(scan, run.signal) : latestRows(scan, run)
  const ordered = query.order.length === 0 ? scanned : sortRows(query, scanned, run.maxSortedRows)
  let skip = query.offset
  let left = query.limit ?? Number.POSITIVE_INFINITY
  for await (const batch of ordered) {
    if (run.signal?.aborted) throw new TidemarkError('cancelled', 'the query was cancelled')
    const from = Math.min(skip, batch.rows)
    const to = Math.min(from + left, batch.rows)
    skip -= from
    left -= to - from
    if (to > from) yield project(query.outputs, frameOf(sliceBatch(batch, from, to)))
    if (left === 0) return
  }
}

async function* latestRows(scan: LatestPlan, { queryable, signal }: RowsRun): AsyncGenerator<Batch> {
  yield await queryable.latest(scan, signal)
}

/** All rows in order. With a limit only the rows that can still be among the first are kept. */
async function* sortRows(query: SelectPlan, rows: AsyncIterable<Batch>, maxRows: number): AsyncGenerator<Batch> {
  const wanted = query.limit === undefined ? Number.POSITIVE_INFINITY : query.limit + query.offset
  let held: Batch[] = []
  let count = 0
  for await (const batch of rows) {
    held.push(batch)
    count += batch.rows
    if (count >= wanted + SURPLUS_ROWS) {
      held = [firstRows(query, held, wanted)]
      count = wanted
    }
    if (count > maxRows) {
      throw new TidemarkError('quota', `more than ${maxRows} rows to sort`, {
        hint: 'Narrow the time range, add LIMIT, or order by time, which needs no sort.',
      })
    }
  }
  if (count > 0) yield firstRows(query, held, Math.min(wanted, count))
}

function firstRows(query: SelectPlan, held: readonly Batch[], count: number): Batch {
  const joined = joinRows(held)
  const frame = frameOf(joined)
  const keys = query.order.map(({ expression, ...rest }) => ({ column: evaluateValue(expression, frame), ...rest }))
  const places = sortPlaces(joined.rows, keys).subarray(0, count)
  return { rows: places.length, columns: joined.columns.map((column) => gatherColumn(column, places)) }
}

function joinRows(held: readonly Batch[]): Batch {
  const columns = held[0]?.columns.map(({ name, type }) => ({ name, type })) ?? []
  return joinBatches(columns, held)
}

/** The columns that tell rows apart, by the names that they have in the answer. */
export function keyNames(outputs: readonly Output[]): string[] {
  return outputs.filter((output) => output.key).map((output) => output.name)
}
