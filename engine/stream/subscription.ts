import type { Batch } from '../core/batch.ts'
import type { Clock } from '../core/clock.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Literal } from '../core/expression.ts'
import { earliestRead } from '../core/look-back.ts'
import type { Catalog, Change, Queryable } from '../core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../core/time.ts'
import { TimeRanges } from '../core/time-ranges.ts'
import { type TimeRange, windowAt } from '../core/time-window.ts'
import { systemTimers, type Timers } from '../core/timers.ts'
import { type ReadPlan, readsOf, type SelectPlan } from '../query/plan/plan.ts'
import type { QueryRegistry } from '../query/run/query-registry.ts'
import { collectRows, joinBatches } from '../query/run/result.ts'
import { planCurrent, type RunOptions, requireRead, runPlan } from '../query/run/run.ts'
import { type Ends, nextEnd, rangeThatEnds, rowsThatEnd, windowEnd } from './closing.ts'
import { type AnswerRows, LiveAnswer, type LiveUpdate, pickRows } from './live-answer.ts'
import { emissionOf, type LiveEmission } from './live-emission.ts'
import { type Narrowing, narrowingOf } from './narrowing.ts'

/** Most rows of an answer that is kept up to date, since the last one is held for comparison. */
export const MAX_LIVE_ROWS = 100_000
/** How often an answer that depends on `now()` is asked for again, at most and at least. */
const MIN_TIME_STEP_MS = 1_000
const MAX_TIME_STEP_MS = 60_000
const DEFAULT_INTERVAL_MS = 250
/** A run that the platform fails, as when the tab ends that answers, is made again after so long; so many in a row end it. */
const RETRY_MS = 200
const MAX_FAILED_RUNS = 5
/** Ranges of windows that a run asks for one by one; of more it asks for all that lies between them. */
const MAX_NARROW_RANGES = 8
const NANOSECONDS_PER_MS = 1_000_000n

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
  /** Who asks. */
  client?: string
  /** Where runs wait for their turn among the queries; absent: they do not. */
  admit?: { registry: QueryRegistry; timeoutMs: number; memoryBytes: number }
  /** `MAX_LIVE_ROWS` unless a test asks for less. */
  maxRows?: number
}

export interface Subscription {
  unsubscribe(): void
}

/**
 * Keeps the answer of a statement up to date, a SUBSCRIBE or another one that reads: `next` gets the whole answer, then what changed
 * in it after appends that touch its times and, where the statement says `now()`, as time passes; by `EMIT EVERY` at these times, and by
 * `EMIT ON CLOSE` the rows of each window once, when it closes. The whole answer comes again where its columns
 * change or its keys do not tell rows apart. Where a window's rows come of its own times only, a run reads the windows that changed.
 * Runs never overlap. `error` ends the subscription, as `unsubscribe` does.
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
  /** Times that changes touched which the last run, or the one under way, may not have seen. */
  #touched = new TimeRanges()
  #lastRunMs = Number.NEGATIVE_INFINITY
  #failedRuns = 0
  #planned: ReadPlan | undefined
  #emission: LiveEmission = { kind: 'change' }
  readonly #answer = new LiveAnswer()
  /** What the last answer was asked for. */
  #asked: { now: bigint; narrowing: Narrowing | undefined } | undefined

  constructor(text: string, queryable: Queryable, observer: LiveObserver, options: SubscribeOptions) {
    this.#text = text
    this.#queryable = queryable
    this.#observer = observer
    this.#options = options
  }

  start(): void {
    this.#unwatch = this.#queryable.watch((changes) => {
      const touching = changes.filter((change) => this.#concerns(change))
      for (const { start, end } of touching) this.#touched.add({ start, end })
      if (touching.length > 0 && !this.#running) this.#scheduleRefresh()
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

  /** When rows have changed. */
  #scheduleRefresh(): void {
    const { minIntervalMs = DEFAULT_INTERVAL_MS } = this.#options
    if (this.#emission.kind === 'change') this.#schedule(this.#lastRunMs + minIntervalMs)
  }

  /** Runs at a time, or at the time that was set before, whichever comes first. */
  #schedule(dueMs: number): void {
    if (this.#abort.signal.aborted || dueMs >= this.#timerDue) return
    this.#cancelTimer?.()
    this.#timerDue = dueMs
    const { timers = systemTimers } = this.#options
    this.#cancelTimer = timers.setTimer(() => void this.#run(), Math.max(0, dueMs - this.#nowMs()))
  }

  /** After a run, without a change. */
  #scheduleNext(): void {
    const emission = this.#emission
    const now = this.#options.clock.now()
    if (emission.kind === 'every') {
      this.#schedule(ceilMs(now - (now % emission.every) + emission.every))
    } else if (emission.kind === 'close') {
      this.#schedule(ceilMs(nextEnd(now - emission.lateness, emission.windows.window) + emission.lateness))
    } else {
      const { minIntervalMs = DEFAULT_INTERVAL_MS } = this.#options
      const stepMs = timeStepMs(this.#planned)
      if (stepMs !== undefined) this.#schedule(this.#lastRunMs + Math.max(minIntervalMs, stepMs))
      if (this.#touched.list.length > 0) this.#scheduleRefresh()
    }
  }

  async #run(): Promise<void> {
    this.#timerDue = Number.POSITIVE_INFINITY
    if (this.#running || this.#abort.signal.aborted) return
    this.#running = true
    const touched = this.#touched
    this.#touched = new TimeRanges()
    this.#lastRunMs = this.#nowMs()
    const update = await this.#nextUpdate(touched)
    this.#running = false
    if (this.#abort.signal.aborted) return
    this.#failedRuns = update instanceof Error ? this.#failedRuns + 1 : 0
    if (update instanceof TidemarkError && update.kind === 'io' && this.#failedRuns < MAX_FAILED_RUNS) {
      for (const range of touched.list) this.#touched.add(range)
      this.#schedule(this.#lastRunMs + RETRY_MS)
      return
    }
    if (update instanceof Error) {
      this.stop()
      this.#observer.error(update)
      return
    }
    this.#scheduleNext()
    if (update !== undefined) this.#observer.next(update)
  }

  /** Asks again, and compares; an error is the observer's, whatever it is. */
  async #nextUpdate(touched: TimeRanges): Promise<LiveUpdate | Error | undefined> {
    const { admit, client } = this.#options
    const { signal } = this.#abort
    try {
      if (admit === undefined) return await this.#ask({ queryable: this.#queryable, signal }, touched)
      const { registry, ...limits } = admit
      const request = { text: this.#text, signal, ...limits, ...(client !== undefined && { client }) }
      return await registry.runAgain(request, (query) => {
        const { signal, memory } = query
        return this.#ask({ queryable: query.over(this.#queryable), signal, memory, queries: registry }, touched)
      })
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #ask({ queryable, ...asker }: LiveAsker, touched: TimeRanges): Promise<LiveUpdate | undefined> {
    const { clock, params = {} } = this.#options
    const options = { params, now: clock.now(), ...asker }
    const { plan, catalog } = await planCurrent(this.#text, queryable, options)
    this.#planned = requireRead(plan)
    this.#emission = emissionOf(plan)
    const narrowing = this.#planned.kind === 'select' ? narrowingOf(this.#planned) : undefined
    const run = { ...options, queryable, catalog, plan: this.#planned, narrowing, touched }
    const update = this.#emission.kind === 'close' ? await this.#closed(run, this.#emission) : await this.#changed(run)
    this.#asked = { now: options.now, narrowing }
    return update
  }

  /** What has changed since the last answer. */
  async #changed(run: LiveRun): Promise<LiveUpdate | undefined> {
    const { narrowing, touched, plan } = run
    const isLate = this.#lateness(run)
    const older = this.#asked
    const isIdle = touched.list.length === 0 && plan.kind === 'select' && !plan.usesNow
    if (older && isIdle) return undefined
    if (older?.narrowing && narrowing && older.narrowing.shape === narrowing.shape) {
      const ranges = windowsToRead(narrowing, older.narrowing, touched)
      if (ranges.length === 0) return undefined
      const windows = { ranges, column: narrowing.column }
      const update = this.#answer.replaceWindows(await this.#read(run, ranges), windows, isLate)
      if (this.#answer.rows > this.#maxRows) throw tooManyRows(this.#maxRows)
      if (update !== false) return update
    }
    return this.#answer.replace(await this.#read(run), { column: narrowing?.column, isLate })
  }

  /** The rows of the windows that have closed since the last answer; at first of all that are closed. */
  async #closed(
    run: LiveRun,
    { windows, lateness }: Extract<LiveEmission, { kind: 'close' }>,
  ): Promise<LiveUpdate | undefined> {
    const older = this.#asked
    const ends: Ends = { after: older ? older.now - lateness : MIN_TIME, until: run.now - lateness }
    const answer = await this.#read(run, run.narrowing && [rangeThatEnds(ends, windows.window)])
    const { columns, keys } = answer
    const starts = answer.rows.columns[columns.findIndex(({ name }) => name === windows.column)]
    if (starts === undefined) throw new Error('an answer by windows has their starts')
    const rows = pickRows(answer.rows, rowsThatEnd(starts, windows.window, ends))
    if (older === undefined) return { kind: 'result', columns, keys, rows }
    if (rows.rows === 0) return undefined
    const ofKeys = rows.columns.filter(({ name }) => keys.includes(name))
    return { kind: 'delta', changed: rows, removed: pickRows({ rows: 0, columns: ofKeys }, new Uint32Array()) }
  }

  /** Which rows come too late: of windows that were closed when the last answer was made. */
  #lateness({ plan }: LiveRun): ((batch: Batch, row: number) => boolean) | undefined {
    const { windows, lateness } = this.#emission
    const older = this.#asked
    if (windows === undefined || lateness === undefined || older === undefined || plan.kind !== 'select')
      return undefined
    const column = plan.columns.findIndex(({ name }) => name === windows.column)
    return ({ columns }, row) => {
      const start = columns[column]?.values[row]
      return typeof start === 'bigint' && windowEnd(start, windows.window) <= older.now - lateness
    }
  }

  get #maxRows(): number {
    return this.#options.maxRows ?? MAX_LIVE_ROWS
  }

  /** The whole answer, or that of some windows. */
  async #read({ plan, narrowing, queryable, ...options }: LiveRun, ranges?: readonly TimeRange[]): Promise<AnswerRows> {
    const parts =
      narrowing && ranges && plan.kind === 'select' ? ranges.map((range) => narrowed(plan, narrowing, range)) : [plan]
    const answers: AnswerRows[] = []
    for (const part of parts) {
      const { columns, keys, ...result } = await runPlan(part, queryable, options)
      answers.push({ columns, keys, rows: await collectRows({ columns, keys, ...result }, this.#maxRows) })
    }
    const [first] = answers
    if (first === undefined) throw new Error('a run reads something')
    return {
      ...first,
      rows: joinBatches(
        first.columns,
        answers.map(({ rows }) => rows),
      ),
    }
  }
}

/** For whom a run is made. */
interface LiveAsker extends Pick<RunOptions, 'memory' | 'queries'> {
  queryable: Queryable
  signal: AbortSignal
}

interface LiveRun extends LiveAsker {
  params: Readonly<Record<string, Literal>>
  now: bigint
  catalog: Catalog
  plan: ReadPlan
  narrowing: Narrowing | undefined
  touched: TimeRanges
}

function narrowed(plan: SelectPlan, narrowing: Narrowing, range: TimeRange): SelectPlan {
  return { ...plan, root: narrowing.within(range) }
}

/** Windows whose rows may have changed, or that are in one of two ranges and not, or not as a whole, in the other. */
function windowsToRead(
  { scan, window }: Narrowing,
  { scan: older }: Narrowing,
  touched: TimeRanges,
): readonly TimeRange[] {
  const windows = new TimeRanges()
  const add = (start: bigint, end: bigint): void => {
    if (start >= end) return
    const last = windowAt(end - 1n, { kind: 'fixed', ...window })
    windows.add({ start: windowAt(start, { kind: 'fixed', ...window }).start, end: last.end })
  }
  const lookBack = scan.lookBack ?? 0n
  for (const { start, end } of touched.list) add(start, end === MAX_TIME ? end : end + lookBack)
  for (const [a, b] of [
    [scan.start, older.start],
    [scan.end, older.end],
  ] as const) {
    add(a < b ? a : b, a < b ? b : a)
  }
  const { list } = windows
  const [first, last] = [list[0], list.at(-1)]
  return first && last && list.length > MAX_NARROW_RANGES ? [{ start: first.start, end: last.end }] : list
}

function tooManyRows(maxRows: number): TidemarkError {
  return new TidemarkError('quota', `the answer has more than ${maxRows} rows`, {
    hint: 'Ask for less: add LIMIT, a time range, or GROUP BY with a longer window.',
  })
}

/** The first millisecond that is not before a time. */
function ceilMs(time: bigint): number {
  return Number((time + NANOSECONDS_PER_MS - 1n) / NANOSECONDS_PER_MS)
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
