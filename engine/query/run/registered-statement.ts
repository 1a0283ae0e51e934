import type { Changeable } from '../../core/changeable.ts'
import type { Clock } from '../../core/clock.ts'
import type { Literal } from '../../core/expression.ts'
import type { FileAccess } from '../../core/file-access.ts'
import type { Queryable } from '../../core/plan.ts'
import type { Statement } from '../parse/statement.ts'
import { checkWhole, MAX_TIMEOUT_MS, type QueryLimits } from './query-limits.ts'
import type { QueryRegistry } from './query-registry.ts'
import type { QueryResult } from './result.ts'
import { knownStatement, type RunOptions, runStatement } from './run.ts'

/** What a caller may say about one query. */
export interface QueryOptions {
  /** Values of the parameters `$name` in the text. */
  params?: Readonly<Record<string, Literal>>
  signal?: AbortSignal
  /** Refuses statements that change rows or end queries. Default false. */
  readOnly?: boolean
  /** Who asks, for SHOW QUERIES. Where there are too many queries at once, clients take turns. Default `local`. */
  client?: string
  /** Milliseconds to the first rows, waiting included, and from some rows to the next. Default: that of the engine. */
  timeoutMs?: number
  /** Most bytes that it holds, in its operators and again on each host. Default: that of the engine. */
  memoryBytes?: number
  /** The files that EXPORT and IMPORT reach. Default: none. */
  files?: FileAccess
}

export interface StatementPlace {
  queryable: Queryable
  changeable: Changeable
  registry: QueryRegistry
  limits: QueryLimits
  clock: Clock
}

/** Runs one TSQL statement when it is its turn; SHOW QUERIES and KILL at once. Throws as `runStatement` and the registry do. */
export async function runRegistered(text: string, options: QueryOptions, place: StatementPlace): Promise<QueryResult> {
  const { queryable, changeable, registry, limits, clock } = place
  const { params, signal, readOnly = false, client, timeoutMs, memoryBytes = limits.memoryBytes } = options
  if (timeoutMs !== undefined) checkWhole('timeoutMs', timeoutMs, { least: 1, most: MAX_TIMEOUT_MS })
  checkWhole('memoryBytes', memoryBytes, { least: 1, most: Number.MAX_SAFE_INTEGER })
  const { statement } = await knownStatement(text)
  const shared: Omit<RunOptions, 'now'> = {
    queries: registry,
    ...(params && { params }),
    ...(options.files && { files: options.files }),
    ...(readOnly ? {} : { changeable }),
  }
  if (isControl(statement)) return runStatement(text, queryable, { now: clock.now(), ...shared })
  const request = {
    text,
    memoryBytes,
    timeoutMs: timeoutMs ?? (isRead(statement) ? limits.timeoutMs : undefined),
    ...(client !== undefined && { client }),
    ...(signal && { signal }),
  }
  return registry.run(request, async (query) => {
    const openReads = () => query.over(queryable)
    const run = { now: clock.now(), signal: query.signal, memory: query.memory, openReads, ...shared }
    const result = await runStatement(text, query.over(queryable), run)
    return statement.kind === 'select' ? result : { ...result, isWhole: true }
  })
}

/** What is about queries does not wait among them. */
function isControl(statement: Statement): boolean {
  return statement.kind === 'kill' || (statement.kind === 'show' && statement.subject === 'queries')
}

function isRead({ kind }: Statement): boolean {
  return kind === 'select' || kind === 'show' || kind === 'explain' || kind === 'forecast' || kind === 'detect'
}
