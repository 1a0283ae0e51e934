import type { Batch } from '../../core/batch.ts'
import type { Changeable } from '../../core/changeable.ts'
import type { TidemarkError } from '../../core/errors.ts'
import type { Literal } from '../../core/expression.ts'
import type { FileAccess } from '../../core/file-access.ts'
import type { Catalog, Queryable } from '../../core/plan.ts'
import { loadCalledParts } from '../check/called-parts.ts'
import { isUnknownName, queryError } from '../check/query-error.ts'
import { parse } from '../parse/parse.ts'
import type { Statement } from '../parse/statement.ts'
import type { ExportPlan, KillPlan, QueryPlan, ReadPlan, SelectPlan, SubscribePlan } from '../plan/plan.ts'
import type { ChangePlan, ImportPlan } from '../plan/plan-change.ts'
import { loadRulesFor } from '../plan/rules/applied-queries.ts'
import { planAnswered } from './answer-queries.ts'
import { execute, isWhole, ownsBatches, streams } from './execute.ts'
import { type KnownStatement, KnownStatements } from './known-statements.ts'
import { QueryMemory } from './memory.ts'
import { missingModel } from './missing-model.ts'
import type { PlanTemplate } from './plan-template.ts'
import type { QueryControl } from './query-progress.ts'
import type { QueryReads } from './query-reads.ts'
import type { QueryResult } from './result.ts'

export interface RunOptions {
  /** Values of the parameters `$name`. */
  params?: Readonly<Record<string, Literal>>
  /** What `now()` means, in nanoseconds since 1970 UTC. */
  now: bigint
  signal?: AbortSignal
  /** Most bytes of rows that the query holds at a time; `MAX_HELD_BYTES` unless a test asks for less. */
  maxHeldBytes?: number
  /** Counts what it holds, in place of `maxHeldBytes`. */
  memory?: QueryMemory
  /** For SHOW QUERIES and KILL. */
  queries?: QueryControl
  /** For EXPLAIN ANALYZE: what scans read through, so that hosts count for each, and a clock in milliseconds. */
  openReads?: () => QueryReads
  stopwatch?: () => number
  /** What INSERT and DELETE change; absent where a statement may only read. */
  changeable?: Changeable
  /** The files that EXPORT writes and IMPORT reads; absent where statements reach none. */
  files?: FileAccess
  /** Bytes of columns up to which an INSERT is atomic; `MAX_ATOMIC_BYTES` unless a test asks for less. */
  maxAtomicBytes?: number
}

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
  const known = await knownStatement(text)
  if (known.planned?.catalog === catalog) return known.planned.plan
  const bound = known.template?.catalog === catalog && known.template.template?.bind(options.params)
  if (bound) return bound
  const answering = catalog.views && {
    fromViews: await (await import('./planned-views.ts')).answeringFromViews(catalog, statementOf, {
      ...{ queryable, now: options.now },
    }),
  }
  const { plan, asked } = await planAnswered(known.statement, queryable, { ...options, ...answering })
  if (!VARIES.test(text) && asked.length === 0) known.planned = { catalog, plan }
  else if (text.includes('$') && known.template?.catalog !== catalog) {
    known.template = { catalog, template: await openTemplate(text, known.statement, queryable, options) }
  }
  return plan
}

/** Where nothing but text, catalog and a range of time is in the plan of a statement. */
async function openTemplate(
  text: string,
  statement: Statement,
  queryable: Queryable,
  options: RunOptions & { catalog: Catalog },
): Promise<PlanTemplate | undefined> {
  // Which views answer may depend on the range.
  if (options.catalog.views?.length) return undefined
  return (await import('./plan-template.ts')).PlanTemplate.of(text, async (params) => {
    const { plan, asked } = await planAnswered(statement, queryable, { ...options, params })
    return asked.length === 0 ? plan : undefined
  })
}

/** What a text says; parsed once. Throws `query` with a position where the text is wrong. */
export async function knownStatement(text: string): Promise<KnownStatement> {
  return knownStatements.find(text) ?? (await readStatement(text))
}

async function readStatement(text: string): Promise<KnownStatement> {
  const known: KnownStatement = { statement: parse(text) }
  await loadCalledParts(text, known.statement)
  await loadRulesFor(text)
  knownStatements.keep(text, known)
  return known
}

/** The syntax of a text; what it needs is loaded. */
export async function statementOf(text: string): Promise<Statement> {
  return (knownStatements.find(text) ?? (await readStatement(text))).statement
}

/**
 * Runs one TSQL statement. Rows in order of time stream as they are read; other answers are ready when this resolves.
 * Throws `query` with a position where the text is wrong.
 */
export async function runStatement(text: string, queryable: Queryable, options: RunOptions): Promise<QueryResult> {
  const { plan, catalog } = await planCurrent(text, queryable, options)
  return runPlan(plan, queryable, { ...options, catalog })
}

/** Plans a statement by the catalog that is at hand, or, where that lacks a name, by what there is now. Throws as `planStatement`. */
export async function planCurrent(
  text: string,
  queryable: Queryable,
  options: RunOptions,
): Promise<{ plan: QueryPlan; catalog: Catalog }> {
  const catalog = await queryable.catalog()
  try {
    return { plan: await planStatement(text, queryable, { ...options, catalog }), catalog }
  } catch (error) {
    const now = isUnknownName(error) ? await queryable.freshCatalog?.() : undefined
    if (now === undefined || now === catalog) throw error
    return { plan: await planStatement(text, queryable, { ...options, catalog: now }), catalog: now }
  }
}

/** Runs a plan that was made against this queryable's catalog. */
export async function runPlan(
  planned: QueryPlan,
  queryable: Queryable,
  options: RunOptions & { catalog: Catalog },
): Promise<QueryResult> {
  if (planned.kind === 'show') return (await import('./run-show.ts')).runShow(planned, queryable, options)
  if (planned.kind === 'explain') return (await import('./run-explain.ts')).runExplain(planned, queryable, options)
  if (planned.kind === 'model') throw missingModel(planned)
  if (planned.kind === 'subscribe') throw answersOnce(planned)
  if (planned.kind === 'export') return exported(planned, queryable, options)
  if (isChange(planned)) return runChange(planned, queryable, options)
  return runSelect(planned, queryable, options)
}

async function runSelect(planned: SelectPlan, queryable: Queryable, options: RunOptions): Promise<QueryResult> {
  const { columns, keys } = shapeOf(planned.columns)
  const batches = await selectBatches(planned, queryable, options)
  return { columns, keys, batches, isWhole: isWhole(planned.root), ownsBatches: ownsBatches(planned.root) }
}

/** Of plans that are kept: made once, so that what is made of it is too. */
const shapes = new WeakMap<SelectPlan['columns'], Pick<QueryResult, 'columns' | 'keys'>>()

function shapeOf(planned: SelectPlan['columns']): Pick<QueryResult, 'columns' | 'keys'> {
  const known = shapes.get(planned)
  if (known) return known
  const columns = planned.map(({ name, type, unit }) => ({ name, type, ...(unit !== undefined && { unit }) }))
  const shape = { columns, keys: planned.filter(({ key }) => key).map(({ name }) => name) }
  shapes.set(planned, shape)
  return shape
}

/** The plan, where it changes nothing. Throws `query` at the statement where it does. */
export function requireRead(planned: QueryPlan): ReadPlan {
  if (isChange(planned)) throw onlyReads(planned)
  if (planned.kind === 'export') throw noFiles(planned)
  return planned.kind === 'subscribe' ? planned.select : planned
}

async function exported(planned: ExportPlan, queryable: Queryable, options: RunOptions): Promise<QueryResult> {
  const { files } = options
  if (files === undefined) throw noFiles(planned)
  const answer = await runSelect(planned.select, queryable, options)
  return (await import('./run-transfer.ts')).runExport(planned, answer, files)
}

function noFiles({ kind, range: { offset } }: ExportPlan | ImportPlan): TidemarkError {
  const verb = kind.toUpperCase()
  return queryError(
    { offset, length: verb.length },
    `${verb} needs files, and there are none where this statement runs`,
    {
      hint: `Run it with tidemark query on a folder of data; tidemark ${kind} also takes the address of a relay.`,
    },
  )
}

function isChange(planned: QueryPlan): planned is ChangePlan | KillPlan {
  return ['insert', 'delete', 'table', 'view', 'import', 'kill'].includes(planned.kind)
}

function onlyReads(planned: ChangePlan | KillPlan): TidemarkError {
  const words = ('verb' in planned ? planned.verb : planned.kind).toUpperCase()
  const does = {
    table: 'changes tables',
    view: 'changes views',
    insert: 'changes rows',
    delete: 'changes rows',
    import: 'changes rows',
    kill: 'ends a query',
  }[planned.kind]
  const range = { offset: planned.range.offset, length: words.length }
  return queryError(range, `${words} ${does}, and only reading is allowed here`, {
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
  planned: ChangePlan | KillPlan,
  queryable: Queryable,
  { changeable, files, queries, signal, maxHeldBytes, memory, maxAtomicBytes }: RunOptions,
): Promise<QueryResult> {
  if (changeable === undefined) throw planned.kind === 'import' && !files ? noFiles(planned) : onlyReads(planned)
  if (planned.kind === 'kill') return (await import('./run-kill.ts')).runKill(planned, queries)
  const run = { queryable, signal, memory: memory ?? new QueryMemory(maxHeldBytes) }
  if (planned.kind === 'delete') return (await import('./run-delete.ts')).runDelete(planned, changeable, run)
  if (planned.kind === 'table') return (await import('./run-table.ts')).runTable(planned, changeable)
  if (planned.kind === 'import') {
    if (files === undefined) throw noFiles(planned)
    return (await import('./run-transfer.ts')).runImport(planned, { changeable, files, run })
  }
  if (planned.kind === 'view') return (await import('./run-view.ts')).runView(planned, changeable)
  return (await import('./run-insert.ts')).runInsert(planned, changeable, run, { maxAtomicBytes })
}

async function selectBatches(
  { root }: SelectPlan,
  queryable: Queryable,
  options: RunOptions,
): Promise<AsyncIterable<Batch>> {
  const memory = options.memory ?? new QueryMemory(options.maxHeldBytes)
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
