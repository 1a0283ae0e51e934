import type { Queryable } from '../../core/plan.ts'
import { printBytes } from '../../core/print-bytes.ts'
import type { ExplainPlan } from '../plan/plan.ts'
import type { NodeNotes } from '../plan/print-plan.ts'
import { execute } from './execute.ts'
import { QueryMemory } from './memory.ts'
import { missingModel } from './missing-model.ts'
import { checkCancelled } from './operator.ts'
import { PlanTrace } from './plan-trace.ts'
import { printFigures, printMs } from './print-figures.ts'
import type { QueryReads } from './query-reads.ts'

export interface AnalyzeOptions {
  signal?: AbortSignal
  memory?: QueryMemory
  /** What scans read through, so that hosts count for each; absent: they do not. */
  openReads?: () => QueryReads
  /** A clock for lengths of time, in milliseconds. */
  stopwatch?: () => number
}

/** Runs a plan for its figures; its rows are let go. */
export async function analyze(
  plan: ExplainPlan['plan'],
  queryable: Queryable,
  { signal, memory = new QueryMemory(), openReads, stopwatch = () => performance.now() }: AnalyzeOptions,
): Promise<{ notes: NodeNotes; total: readonly string[] }> {
  if (plan.kind === 'model') throw missingModel(plan)
  const trace = new PlanTrace({ stopwatch, openReads })
  const run = { queryable, signal, memory, trace }
  const begun = stopwatch()
  let [rows, batches] = [0, 0]
  for await (const batch of execute(plan.root, run)) {
    checkCancelled(run)
    rows += batch.rows
    batches++
  }
  const ms = stopwatch() - begun
  const figures = await trace.figures(queryable)
  const total = [
    `${rows} rows in ${batches} batches, ${printMs(ms)}`,
    `at most ${printBytes(memory.peak)} held by operators`,
  ]
  return { notes: (node) => printFigures(figures.get(node)), total }
}
