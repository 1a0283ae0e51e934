import type { Batch } from '../../core/batch.ts'
import type { SubPlan } from '../../core/plan.ts'
import type { PlanNode } from '../plan/node.ts'
import { filterRows } from './filter.ts'
import { limitRows } from './limit.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'
import { projectRows } from './project.ts'
import { runCells } from './run-cells.ts'
import { sortRows } from './sort-rows.ts'
import { valueRows } from './value-rows.ts'

/** The rows of a plan, as they come. Operators that a page's first queries do not have load when one does. */
export function execute(node: PlanNode, run: QueryRun): Batches {
  return run.trace ? run.trace.follow(node, (own) => operate(node, own), run) : operate(node, run)
}

function operate(node: PlanNode, run: QueryRun): Batches {
  switch (node.kind) {
    case 'rows':
      return untilCancelled(run.queryable.rows(narrowedScan(node, run), run.signal), run)
    case 'latest':
      return oneBatch(() => run.queryable.latest(narrowedScan(node, run), run.signal), run)
    case 'cells':
      return oneBatch(() => runCells({ ...node, scan: narrowedScan(node, run) }, run), run)
    case 'values':
      return valueRows(node)
    case 'filter':
      return filterRows(execute(node.input, run), node.condition)
    case 'project':
      return projectRows(execute(node.input, run), node.outputs)
    case 'group':
      return loaded(async () => (await import('./group.ts')).groupRows(execute(node.input, run), node, run))
    case 'sort':
      return sortRows(execute(node.input, run), node, run)
    case 'limit':
      return limitRows(execute(node.input, run), node, run)
    case 'distinct':
      return loaded(async () => (await import('./distinct.ts')).distinctRows(execute(node.input, run), run))
    case 'set':
      return loaded(async () => {
        const inputs = node.inputs.map((input) => execute(input, run))
        return (await import('./set.ts')).combineRows(inputs, node, run)
      })
    case 'join': {
      const [left, right] = node.inputs
      return loaded(async () =>
        (await import('./join.ts')).joinSides([(own) => execute(left, own), (own) => execute(right, own)], node, run),
      )
    }
    case 'window':
      return loaded(async () => (await import('./window.ts')).windowRows(execute(node.input, run), node, run))
    case 'around': {
      const [left, right] = node.inputs
      return loaded(async () =>
        (await import('./around.ts')).aroundRows(execute(left, run), execute(right, run), node, run),
      )
    }
    case 'span':
      return loaded(async () => (await import('./span.ts')).spanRows(execute(node.input, run), node, run))
    case 'overlay':
      return loaded(async () => {
        const inputs = node.inputs.map((input) => execute(input, run))
        return (await import('./overlay.ts')).overlayRows(inputs, node, run)
      })
    case 'fill':
      return loaded(async () => (await import('./fill.ts')).fillRows(execute(node.input, run), node, run))
    case 'newest':
      return loaded(async () => (await import('./newest.ts')).newestRows(execute(node.input, run), node, run))
  }
}

/** A scan with what a join above it asks of its series. */
function narrowedScan<Scan extends SubPlan>(node: PlanNode & { scan: Scan }, { narrowed }: QueryRun): Scan {
  const matchers = narrowed?.get(node)
  return matchers ? { ...node.scan, matchers: [...node.scan.matchers, ...matchers] } : node.scan
}

async function* loaded(load: () => Promise<Batches>): AsyncGenerator<Batch> {
  yield* await load()
}

/** Whether nothing is read any more once the first rows are there. */
export function isWhole(node: PlanNode): boolean {
  switch (node.kind) {
    case 'cells':
    case 'latest':
    case 'sort':
    case 'group':
    case 'newest':
      return true
    case 'filter':
    case 'project':
    case 'limit':
      return isWhole(node.input)
    default:
      return false
  }
}

/** Whether nothing keeps a batch that has been passed on: rows as a scan made them, all or some of them and of their columns. */
export function ownsBatches(node: PlanNode): boolean {
  switch (node.kind) {
    case 'rows':
      return true
    case 'filter':
    case 'project':
    case 'limit':
      return ownsBatches(node.input)
    default:
      return false
  }
}

/** Whether the first rows come before all have been read. */
export function streams(node: PlanNode): boolean {
  switch (node.kind) {
    case 'rows':
    case 'values':
    case 'distinct':
      return true
    case 'filter':
    case 'project':
    case 'limit':
      return streams(node.input)
    case 'set':
      return node.op === 'union' && node.inputs.every(streams)
    default:
      return false
  }
}

async function* untilCancelled(batches: Batches, run: QueryRun): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    checkCancelled(run)
    yield batch
  }
}

/** An answer of the shards as a whole. It counts until it is passed on: who keeps it counts it then. */
async function* oneBatch(read: () => Promise<Batch>, { memory }: QueryRun): AsyncGenerator<Batch> {
  const batch = await read()
  memory.release(memory.holdBatch(batch))
  if (batch.rows > 0) yield batch
}
