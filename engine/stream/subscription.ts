import type { Batch } from '../core/batch.ts'
import type { Clock } from '../core/clock.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Literal } from '../core/expression.ts'
import { earliestRead } from '../core/look-back.ts'
import type { Change, Queryable } from '../core/plan.ts'
import { systemTimers, type Timers } from '../core/timers.ts'
import { type ReadPlan, readsOf } from '../query/plan/plan.ts'
import { collectRows, type ResultColumn } from '../query/run/result.ts'
import { planStatement, requireRead, runPlan } from '../query/run/run.ts'
import { type KeyedAnswer, keyAnswer, rowDifference, sameAnswer } from './row-difference.ts'

/** Most rows of an answer that is kept up to date, since the last one is held for comparison. */
export const MAX_LIVE_ROWS = 100_000
/** How often an answer that depends on `now()` is asked for again, at most and at least. */
const MIN_TIME_STEP_MS = 1_000
const MAX_TIME_STEP_MS = 60_000
const DEFAULT_INTERVAL_MS = 250
/** A run that the platform fails, as when the tab ends that answers, is made again after so long; so many in a row end it. */
const RETRY_MS = 200
const MAX_FAILED_RUNS = 5
const NANOSECONDS_PER_MS = 1_000_000n

/** What a subscription says: the whole answer first, afterwards what changed in it. */
export type LiveUpdate =
  | { kind: 'result'; columns: readonly ResultColumn[]; keys: readonly string[]; rows: Batch }
  /** Rows that are new or have changed, in whole, and the keys of rows that are gone. */
  | { kind: 'delta'; changed: Batch; removed: Batch }

export interface LiveObserver {
  next(update: LiveUpdate): void
  /** The subscription has ended, for this reason. */
  error(error: Error): void
}

export interface SubscribeOptions {
  clock: Clock
  params?: Readonly<Record<string, Literal>>
  /** Updates come at most this often. Default 250. */
  minIntervalMs?: number
  timers?: Timers
  /** `MAX_LIVE_ROWS` unless a test asks for less. */
  maxRows?: number
}

export interface Subscription {
  unsubscribe(): void
}

/**
 * Keeps the answer of a statement up to date: `next` gets the whole answer, then what changed in it after appends that
 * touch its times and, where the statement says `now()`, as time passes. The whole answer comes again where its columns
 * change or its keys do not tell rows apart. Runs never overlap. `error` ends the subscription, as `unsubscribe` does.
 */
export function subscribe(
  text: string,
  queryable: Queryable,
  observer: LiveObserver,
  options: SubscribeOptions,
): Subscription {
  const live = new LiveQuery(text, queryable, observer, options)
  live.start()
  return { unsubscribe: () => live.stop() }
}

class LiveQuery {
  readonly #text: string
  readonly #queryable: Queryable
  readonly #observer: LiveObserver
  readonly #options: SubscribeOptions
  readonly #abort = new AbortController()
  #unwatch: (() => void) | undefined
  #cancelTimer: (() => void) | undefined
  #timerDue = Number.POSITIVE_INFINITY
  #running = false
  /** An append came that the run under way may not have seen. */
  #stale = false
  #lastRunMs = Number.NEGATIVE_INFINITY
  #failedRuns = 0
  #planned: ReadPlan | undefined
  #columns = ''
  #answer: KeyedAnswer | undefined

  constructor(text: string, queryable: Queryable, observer: LiveObserver, options: SubscribeOptions) {
    this.#text = text
    this.#queryable = queryable
    this.#observer = observer
    this.#options = options
  }

  start(): void {
    this.#unwatch = this.#queryable.watch((changes) => {
      if (changes.some((change) => this.#concerns(change))) this.#refresh()
    })
    void this.#run()
  }

  stop(): void {
    this.#abort.abort()
    this.#unwatch?.()
    this.#cancelTimer?.()
  }

  #nowMs(): number {
    return Number(this.#options.clock.now() / NANOSECONDS_PER_MS)
  }

  #concerns({ table, start, end }: Change): boolean {
    const planned = this.#planned
    if (planned === undefined) return true
    if (planned.kind === 'explain') return true
    if (planned.kind === 'show') return planned.table === undefined || planned.table === table
    // The ends of a range that moves with time have moved since it was planned.
    return readsOf(planned).some(
      (scan) => scan.table === table && end > earliestRead(scan) && (planned.usesNow || start < scan.end),
    )
  }

  #refresh(): void {
    this.#stale = true
    if (!this.#running) this.#schedule(this.#lastRunMs + (this.#options.minIntervalMs ?? DEFAULT_INTERVAL_MS))
  }

  /** Runs at a time, or at the time that was set before, whichever comes first. */
  #schedule(dueMs: number): void {
    if (this.#abort.signal.aborted || dueMs >= this.#timerDue) return
    this.#cancelTimer?.()
    this.#timerDue = dueMs
    const { timers = systemTimers } = this.#options
    this.#cancelTimer = timers.setTimer(() => void this.#run(), Math.max(0, dueMs - this.#nowMs()))
  }

  async #run(): Promise<void> {
    this.#timerDue = Number.POSITIVE_INFINITY
    if (this.#running || this.#abort.signal.aborted) return
    this.#running = true
    this.#stale = false
    this.#lastRunMs = this.#nowMs()
    const update = await this.#nextUpdate()
    this.#running = false
    if (this.#abort.signal.aborted) return
    this.#failedRuns = update instanceof Error ? this.#failedRuns + 1 : 0
    if (update instanceof TidemarkError && update.kind === 'io' && this.#failedRuns < MAX_FAILED_RUNS) {
      this.#schedule(this.#lastRunMs + RETRY_MS)
      return
    }
    if (update instanceof Error) {
      this.stop()
      this.#observer.error(update)
      return
    }
    const { minIntervalMs = DEFAULT_INTERVAL_MS } = this.#options
    if (this.#stale) this.#schedule(this.#lastRunMs + minIntervalMs)
    const stepMs = timeStepMs(this.#planned)
    if (stepMs !== undefined) this.#schedule(this.#lastRunMs + Math.max(minIntervalMs, stepMs))
    if (update !== undefined) this.#observer.next(update)
  }

  /** Asks again, and compares; an error is the observer's, whatever it is. */
  async #nextUpdate(): Promise<LiveUpdate | Error | undefined> {
    const { clock, params = {}, maxRows = MAX_LIVE_ROWS } = this.#options
    const options = { params, now: clock.now(), signal: this.#abort.signal }
    try {
      const catalog = await this.#queryable.catalog()
      const plan = await planStatement(this.#text, this.#queryable, { ...options, catalog })
      this.#planned = requireRead(plan)
      const result = await runPlan(this.#planned, this.#queryable, { ...options, catalog })
      return this.#compare(result.columns, result.keys, await collectRows(result, maxRows))
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  #compare(columns: readonly ResultColumn[], keys: readonly string[], rows: Batch): LiveUpdate | undefined {
    const older = this.#answer
    const newer = keyAnswer(rows, keys)
    const shape = JSON.stringify([columns, keys])
    const sameShape = shape === this.#columns
    this.#columns = shape
    this.#answer = newer
    const whole: LiveUpdate = { kind: 'result', columns, keys, rows }
    if (older === undefined || !sameShape) return whole
    const difference = rowDifference(older, newer)
    if (difference === undefined) return sameAnswer(older.batch, rows) ? undefined : whole
    return difference.changed.rows + difference.removed.rows > 0 ? { kind: 'delta', ...difference } : undefined
  }
}

/** A windowed answer changes as its windows pass, others sooner; without `now()` not at all. */
function timeStepMs(planned: ReadPlan | undefined): number | undefined {
  if (planned === undefined || planned.kind === 'show' || planned.kind === 'explain' || !planned.usesNow)
    return undefined
  const steps = readsOf(planned).map((scan) => {
    const windowMs = scan.kind === 'aggregate' && scan.window ? Number(scan.window.width / NANOSECONDS_PER_MS) : 0
    return Math.min(MAX_TIME_STEP_MS, Math.max(MIN_TIME_STEP_MS, windowMs))
  })
  return Math.min(...steps, MAX_TIME_STEP_MS)
}
