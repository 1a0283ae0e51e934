import type { RefreshedRows, SelectedRows } from '../core/changeable.ts'
import type { Clock } from '../core/clock.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Change, Queryable } from '../core/plan.ts'
import type { ColumnRows } from '../core/rows.ts'
import { type TimeRange, usualWidth } from '../core/time-window.ts'
import type { Timers } from '../core/timers.ts'
import { type StalePart, type ViewDefinition, viewsOf } from '../core/view.ts'
import { groupsOf, type RefreshStep, refreshSteps } from './refresh-steps.ts'
import { rowChanges } from './row-changes.ts'
import { firstRow, rowExtent } from './row-times.ts'
import { computedRows, presentRows, rowsToWrite, type ViewReading } from './view-rows.ts'

/** A view whose refresh failed, or is under way elsewhere, is tried again after so long. */
export const RETRY_MS = 10_000
/** Who asks for a refresh while one is under way elsewhere asks again after so long. */
const BUSY_MS = 20
/** A longer run of windows is cut to the times that have rows, which has to be asked first. */
const MAX_KNOWN_WINDOWS = 1024
const NANOSECONDS_PER_MS = 1_000_000n

/** In this thread or another one. */
type Answer<T> = Promise<T> | T

/** What a refresh needs of the store that has the views. */
export interface ViewStore {
  take(
    name: string,
    request: { within?: TimeRange; byItself?: boolean },
  ): Answer<{ token: number; parts: readonly StalePart[] } | 'busy' | undefined>
  write(name: string, token: number, deletes: readonly SelectedRows[], rows?: ColumnRows): Answer<void>
  finished(name: string, token: number): Answer<void>
  failed(name: string, token: number, error: string): Answer<void>
}

export interface ViewRefresherOptions {
  queryable: Queryable
  store: ViewStore
  clock: Clock
  timers: Timers
}

/**
 * Keeps views up to date, one at a time: immediate ones right after the rows of an append have become visible, in pauses as long
 * as the last refresh took, others when it is time. Errors are the view's, and do not reach who appends.
 */
export class ViewRefresher {
  readonly #options: ViewRefresherOptions
  readonly #abort = new AbortController()
  /** When a view is to be refreshed next, in ms of the clock. */
  readonly #due = new Map<string, number>()
  /** When the last refresh of a view began, and when the next one may. */
  readonly #last = new Map<string, { began: number; rested: number }>()
  readonly #unwatch: () => void
  #cancelTimer: (() => void) | undefined
  #running: Promise<void> | undefined
  /** Refreshes of one view go one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: ViewRefresherOptions) {
    this.#options = options
    this.#unwatch = options.queryable.watch((changes) => void this.#changed(changes))
  }

  /** Looks at the views that there are: what is stale of them may be so since the store was closed. */
  async start(): Promise<void> {
    const views = await this.#views()
    for (const view of views) this.#note(view)
  }

  /** Computes what is stale of a view now, or all windows of a range. Throws what computing or writing throws. */
  async refresh(name: string, within?: TimeRange): Promise<RefreshedRows> {
    for (;;) {
      const done = await this.#inTurn(name, within ? { within } : {})
      if (done !== 'busy') return done
      await this.#pause(BUSY_MS)
      this.#checkOpen()
    }
  }

  /** Ends a refresh that is under way; what it did not write stays stale. */
  async close(): Promise<void> {
    this.#abort.abort()
    this.#unwatch()
    this.#cancelTimer?.()
    await this.#running
    await this.#turn
  }

  async #changed(changes: readonly Change[]): Promise<void> {
    if (this.#abort.signal.aborted) return
    const tables = new Set(changes.map(({ table }) => table))
    for (const view of await this.#views()) if (tables.has(view.source)) this.#note(view)
  }

  async #views(): Promise<readonly ViewDefinition[]> {
    return viewsOf(await this.#options.queryable.catalog().catch(() => ({ tables: [] })))
  }

  #note({ name, refresh }: ViewDefinition): void {
    if (refresh.kind === 'manual') return
    const last = this.#last.get(name)
    const every = refresh.kind === 'every' ? Number(refresh.every / NANOSECONDS_PER_MS) : 0
    const due = last === undefined ? 0 : Math.max(last.rested, last.began + every)
    this.#schedule(name, due)
  }

  #schedule(name: string, dueMs: number): void {
    this.#due.set(name, Math.min(dueMs, this.#due.get(name) ?? Number.POSITIVE_INFINITY))
    if (this.#running === undefined) this.#wait()
  }

  /** Waits for the view that is due first. */
  #wait(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#abort.signal.aborted || this.#due.size === 0) return
    const next = Math.min(...this.#due.values())
    this.#cancelTimer = this.#options.timers.setTimer(
      () => {
        this.#cancelTimer = undefined
        this.#running = this.#runDue().finally(() => {
          this.#running = undefined
          this.#wait()
        })
      },
      Math.max(0, next - this.#nowMs()),
    )
  }

  async #runDue(): Promise<void> {
    const now = this.#nowMs()
    const due = [...this.#due].filter(([, at]) => at <= now).map(([name]) => name)
    for (const name of due) {
      if (this.#abort.signal.aborted) return
      this.#due.delete(name)
      const began = this.#nowMs()
      const isDone = await this.#inTurn(name, { byItself: true }).then(
        (done) => done !== 'busy',
        () => false,
      )
      const ended = this.#nowMs()
      this.#last.set(name, { began, rested: ended + (ended - began) })
      if (!isDone && (await this.#views()).some((view) => view.name === name)) this.#schedule(name, ended + RETRY_MS)
    }
  }

  #inTurn(name: string, request: { within?: TimeRange; byItself?: boolean }): Promise<RefreshedRows | 'busy'> {
    const done = this.#turn.then(() => this.#refreshOnce(name, request))
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #refreshOnce(
    name: string,
    request: { within?: TimeRange; byItself?: boolean },
  ): Promise<RefreshedRows | 'busy'> {
    this.#checkOpen()
    const { store } = this.#options
    const taken = await store.take(name, request)
    if (taken === 'busy') return taken
    const refreshed = { written: 0, removed: 0 }
    if (taken === undefined) return refreshed
    try {
      await this.#carryOut(name, taken, refreshed)
      await store.finished(name, taken.token)
      return refreshed
    } catch (error) {
      await this.#failed(name, taken.token, error)
      throw error
    }
  }

  async #failed(name: string, token: number, error: unknown): Promise<void> {
    try {
      await this.#options.store.failed(name, token, error instanceof Error ? error.message : String(error))
    } catch (cause) {
      // A store that is closed has forgotten who refreshed.
      if (!(cause instanceof TidemarkError)) throw cause
    }
  }

  async #carryOut(
    name: string,
    { token, parts }: { token: number; parts: readonly StalePart[] },
    refreshed: RefreshedRows,
  ): Promise<void> {
    const { queryable, store } = this.#options
    const catalog = await queryable.catalog()
    const view = viewsOf(catalog).find((each) => each.name === name)
    if (view === undefined) throw new TidemarkError('invalid', `there is no view '${name}'`)
    const reading = { queryable, catalog, signal: this.#abort.signal }
    for await (const step of this.#steps(view, parts, reading)) {
      this.#checkOpen()
      const computed = await computedRows(view, step, reading)
      const present = await presentRows(view, step, reading)
      const { deletes, written, removed } = rowChanges(view, step, { computed, present })
      refreshed.written += written.length
      refreshed.removed += removed
      if (deletes.length + written.length === 0) continue
      await store.write(name, token, deletes, written.length > 0 ? rowsToWrite(view, computed, written) : undefined)
    }
  }

  /** What is to be done, found as it is done: long times without rows are passed over. */
  async *#steps(
    view: ViewDefinition,
    parts: readonly StalePart[],
    reading: ViewReading,
  ): AsyncGenerator<RefreshStep, void> {
    const { window, source, tags } = view
    const longest = BigInt(MAX_KNOWN_WINDOWS) * usualWidth(window)
    const isLong = parts.some(({ start, end }) => end - start > longest)
    const extent = isLong ? await rowExtent(view, reading) : hull(parts)
    const areMany = tags.length > 0 && parts.some(({ matchers }) => groupsOf(matchers) === Number.POSITIVE_INFINITY)
    const cardinality = areMany ? await reading.queryable.tableCardinality() : []
    const groups = cardinality.find(({ table }) => table === source)?.series ?? 1
    yield* refreshSteps(parts, { window, extent, groups, firstRow: (part) => firstRow(view, part, reading) })
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.#options.timers.setTimer(resolve, ms))
  }

  #nowMs(): number {
    return Number(this.#options.clock.now() / NANOSECONDS_PER_MS)
  }

  #checkOpen(): void {
    if (this.#abort.signal.aborted) throw new TidemarkError('closed', 'the engine is closed')
  }
}

/** From the first start to the last end. */
function hull(ranges: readonly TimeRange[]): TimeRange | undefined {
  return ranges.reduce<TimeRange | undefined>((a, b) => {
    if (a === undefined) return b
    return { start: a.start < b.start ? a.start : b.start, end: a.end > b.end ? a.end : b.end }
  }, undefined)
}
