import type { Batch } from '../../core/batch.ts'
import type { Changeable } from '../../core/changeable.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Literal } from '../../core/expression.ts'
import { loadPatterns } from '../../core/pattern.ts'
import type { Catalog, Queryable } from '../../core/plan.ts'
import { librariesCalled } from '../../function/registry.ts'
import { queryError } from '../check/query-error.ts'
import { parse } from '../parse/parse.ts'
import type { ModelPlan, QueryPlan, ReadPlan, SelectPlan, SubscribePlan } from '../plan/plan.ts'
import type { ChangePlan } from '../plan/plan-change.ts'
import { planAnswered } from './answer-queries.ts'
import { execute, streams } from './execute.ts'
import { type KnownStatement, KnownStatements } from './known-statements.ts'
import { QueryMemory } from './memory.ts'
import type { QueryResult } from './result.ts'
import { runDelete } from './run-delete.ts'
import { runExplain } from './run-explain.ts'
import { runInsert } from './run-insert.ts'
import { runShow } from './run-show.ts'

export interface RunOptions {
  /** Values of the parameters `$name`. */
  params?: Readonly<Record<string, Literal>>
  /** What `now()` means, in nanoseconds since 1970 UTC. */
  now: bigint
  signal?: AbortSignal
  /** Most bytes of rows that the query holds at a time; `MAX_HELD_BYTES` unless a test asks for less. */
  maxHeldBytes?: number
  /** What INSERT and DELETE change; absent where a statement may only read. */
  changeable?: Changeable
  /** Bytes of columns up to which an INSERT is atomic; `MAX_ATOMIC_BYTES` unless a test asks for less. */
  maxAtomicBytes?: number
}

/** Whether a text may have a regular expression in it. */
const MATCH_SIGN = /[=!]~/
/** Whether there may be more in a plan than text and catalog: values of parameters, or the time. */
const VARIES = /\$|now|\bover\b/i

const knownStatements = new KnownStatements()

/** Parses, checks and plans one statement, for which queries in its expressions are asked. Throws `query` with a position where the text is wrong. */
export async function planStatement(
  text: string,
  queryable: Queryable,
  options: RunOptions & { catalog: Catalog },
): Promise<QueryPlan> {
  const { catalog } = options
  const known = knownStatements.find(text) ?? (await readStatement(text))
  if (known.planned?.catalog === catalog) return known.planned.plan
  const { plan, asked } = await planAnswered(known.statement, queryable, options)
  if (!VARIES.test(text) && asked.length === 0) known.planned = { catalog, plan }
  return plan
}

async function readStatement(text: string): Promise<KnownStatement> {
  const known: KnownStatement = { statement: parse(text) }
  if (MATCH_SIGN.test(text)) await loadPatterns()
  for (const library of librariesCalled(text)) await library.load()
  knownStatements.keep(text, known)
  return known
}

/**
 * Runs one TSQL statement. Rows in order of time stream as they are read; other answers are ready when this resolves.
 * Throws `query` with a position where the text is wrong.
 */
export async function runStatement(text: string, queryable: Queryable, options: RunOptions): Promise<QueryResult> {
  const catalog = await queryable.catalog()
  const planned = await planStatement(text, queryable, { ...options, catalog })
  return runPlan(planned, queryable, { ...options, catalog })
}

/** Runs a plan that was made against this queryable's catalog. */
export async function runPlan(
  planned: QueryPlan,
  queryable: Queryable,
  options: RunOptions & { catalog: Catalog },
): Promise<QueryResult> {
  if (planned.kind === 'show') return runShow(planned, queryable, options.catalog)
  if (planned.kind === 'explain') return runExplain(planned, queryable)
  if (planned.kind === 'model') throw missingModel(planned)
  if (planned.kind === 'subscribe') throw answersOnce(planned)
  if (planned.kind !== 'select') return runChange(planned, queryable, options)
  const columns = planned.columns.map(({ name, type, unit }) => ({ name, type, ...(unit !== undefined && { unit }) }))
  const keys = planned.columns.filter(({ key }) => key).map(({ name }) => name)
  return { columns, keys, batches: await selectBatches(planned, queryable, options) }
}

/** The plan, where it changes nothing. Throws `query` at the statement where it does. */
export function requireRead(planned: QueryPlan): ReadPlan {
  if (planned.kind === 'insert' || planned.kind === 'delete' || planned.kind === 'table') throw onlyReads(planned)
  return planned.kind === 'subscribe' ? planned.select : planned
}

function onlyReads(planned: ChangePlan): TidemarkError {
  const { offset } = planned.range
  const [verb, changed] = planned.kind === 'table' ? [planned.verb, 'tables'] : [planned.kind, 'rows']
  const words = verb.toUpperCase()
  return queryError({ offset, length: words.length }, `${words} changes ${changed}, and only reading is allowed here`, {
    hint: 'Run it with the Run button, tidemark query, or a POST request.',
  })
}

function answersOnce({ range: { offset } }: SubscribePlan): TidemarkError {
  return queryError(
    { offset, length: 'SUBSCRIBE'.length },
    'SUBSCRIBE has more than one answer, and one is asked for here',
    {
      hint: 'Run it with the Run button, tidemark query, a WebSocket to /api/live or engine.subscribe.',
    },
  )
}

async function runChange(
  planned: ChangePlan,
  queryable: Queryable,
  { changeable, signal, maxHeldBytes, maxAtomicBytes }: RunOptions,
): Promise<QueryResult> {
  if (changeable === undefined) throw onlyReads(planned)
  const run = { queryable, signal, memory: new QueryMemory(maxHeldBytes) }
  if (planned.kind === 'delete') return runDelete(planned, changeable, run)
  if (planned.kind === 'table') return (await import('./run-table.ts')).runTable(planned, changeable)
  return runInsert(planned, changeable, run, { maxAtomicBytes })
}

function missingModel({ models: [model] }: ModelPlan): TidemarkError {
  const { name, range } = model ?? { name: '', range: { offset: 0, length: 0 } }
  return new TidemarkError('query', `there is no model '${name}': this version has no models yet`, { position: range })
}

async function selectBatches(
  { root }: SelectPlan,
  queryable: Queryable,
  options: RunOptions,
): Promise<AsyncIterable<Batch>> {
  const memory = new QueryMemory(options.maxHeldBytes)
  const batches = execute(root, { queryable, signal: options.signal, memory })
  return streams(root) ? batches : begun(batches)
}

/** The same batches, of which the first has been read: an error that comes before all rows is the statement's. */
async function begun(batches: AsyncIterable<Batch>): Promise<AsyncIterable<Batch>> {
  const iterator = batches[Symbol.asyncIterator]()
  const first = await iterator.next()
  return resumed(first, iterator)
}

async function* resumed(first: IteratorResult<Batch>, iterator: AsyncIterator<Batch>): AsyncGenerator<Batch> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}
