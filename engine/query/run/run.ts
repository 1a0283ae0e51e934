import type { Batch } from '../../core/batch.ts'
import type { Literal } from '../../core/expression.ts'
import { loadPatterns } from '../../core/pattern.ts'
import type { Catalog, Queryable } from '../../core/plan.ts'
import { librariesCalled } from '../../function/registry.ts'
import { check } from '../check/check.ts'
import { parse } from '../parse/parse.ts'
import { plan, type QueryPlan, type SelectPlan } from '../plan/plan.ts'
import type { QueryResult } from './result.ts'
import { runAggregate } from './run-aggregate.ts'
import { keyNames, MAX_SORTED_ROWS, runRows } from './run-rows.ts'
import { oneBatch, runShow } from './run-show.ts'

export interface RunOptions {
  /** Values of the parameters `$name`. */
  params?: Readonly<Record<string, Literal>>
  /** What `now()` means, in nanoseconds since 1970 UTC. */
  now: bigint
  signal?: AbortSignal
  /** Most rows held for a sort; `MAX_SORTED_ROWS` unless a test asks for less. */
  maxSortedRows?: number
}

/** Whether a text may have a regular expression in it. */
const MATCH_SIGN = /[=!]~/

/** Parses, checks and plans one statement. Throws `query` with a position where the text is wrong. */
export async function planStatement(text: string, catalog: Catalog, options: RunOptions): Promise<QueryPlan> {
  const statement = parse(text)
  if (MATCH_SIGN.test(text)) await loadPatterns()
  for (const library of librariesCalled(text)) await library.load()
  return plan(check(statement, catalog, options))
}

/**
 * Runs one TSQL statement. Rows in order of time stream as they are read; other answers are ready when this resolves.
 * Throws `query` with a position where the text is wrong.
 */
export async function runStatement(text: string, queryable: Queryable, options: RunOptions): Promise<QueryResult> {
  const catalog = await queryable.catalog()
  const planned = await planStatement(text, catalog, options)
  return runPlan(planned, queryable, { ...options, catalog })
}

/** Runs a plan that was made against this queryable's catalog. */
export async function runPlan(
  planned: QueryPlan,
  queryable: Queryable,
  options: RunOptions & { catalog: Catalog },
): Promise<QueryResult> {
  if (planned.kind === 'show') return runShow(planned, queryable, options.catalog)
  const columns = planned.outputs.map(({ name, type, unit }) => ({ name, type, ...(unit !== undefined && { unit }) }))
  return { columns, keys: keyNames(planned.outputs), batches: await selectBatches(planned, queryable, options) }
}

async function selectBatches(
  planned: SelectPlan,
  queryable: Queryable,
  options: RunOptions,
): Promise<AsyncIterable<Batch>> {
  const { scan } = planned
  const { signal, maxSortedRows = MAX_SORTED_ROWS } = options
  if (scan.kind === 'aggregate') return oneBatch(await runAggregate(planned, scan, queryable, signal))
  return runRows(planned, scan, { queryable, signal, maxSortedRows })
}
