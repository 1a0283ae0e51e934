import type { SelectedRows } from '../../core/changeable.ts'
import type { Clock } from '../../core/clock.ts'
import type { ColumnRows } from '../../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { TimeRange, TimeWindow } from '../../core/time-window.ts'
import type { StalePart, ViewDefinition, ViewState } from '../../core/view.ts'
import type { CommitOrder } from '../write/commit-order.ts'
import type { SeriesRegistry } from '../write/series-registry.ts'
import { valuesOf } from './stale-names.ts'
import type { GroupedRange } from './stale-windows.ts'
import { alignedRange } from './touched-windows.ts'
import type { Views } from './views.ts'

/** What refreshing views needs of the store. */
export interface StoreViewsParts {
  views: Views
  registry: Pick<SeriesRegistry, 'keysOf'>
  order: Pick<CommitOrder, 'applied'>
  clock: Clock
  /** Stores rows of a view. */
  append(rows: ColumnRows): Promise<unknown>
  delete(rows: SelectedRows): Promise<void>
  /** Rows of a table before this time have expired. */
  expiry(table: string): bigint | undefined
}

/** What is to be computed. */
export interface RefreshOrder {
  token: number
  parts: readonly StalePart[]
}

export interface RefreshRequest {
  /** All windows of a range, stale or not. */
  within?: TimeRange
  /** Only windows that the lateness of the view lets be computed by itself. */
  byItself?: boolean
}

/** The views of a store: hands out what is stale of them, and takes in the rows that somebody computes. */
export class StoreViews {
  readonly #parts: StoreViewsParts
  /** Resolves when nothing is being written. */
  #written: Promise<unknown> = Promise.resolve()

  constructor(parts: StoreViewsParts) {
    this.#parts = parts
  }

  /**
   * What is stale of a view, once the rows that made it stale are visible. Whoever gets it writes, says that it has finished or
   * failed, and is heard of once a minute; until then others get `busy`. `undefined` where there is nothing to do.
   */
  async take(
    name: string,
    { within, byItself = false }: RefreshRequest = {},
  ): Promise<RefreshOrder | 'busy' | undefined> {
    const { views, order } = this.#parts
    if (views.isBusy(name, this.#now())) return 'busy'
    const definition = views.definition(name)
    if (!byItself) views.keepAll(name)
    const range = within ?? { start: byItself ? this.#firstDue(definition) : MIN_TIME, end: MAX_TIME }
    const taken = views.take(name, { now: this.#now(), within: range, whole: within !== undefined })
    if (taken === undefined) return undefined
    try {
      const parts = await this.#resolved(taken.parts, definition)
      // Rows of somebody who was not heard of any more may be on their way, too.
      await this.#written
      await order.applied
      return { token: taken.token, parts: parts.flatMap((part) => this.#unexpired(part, definition)) }
    } catch (error) {
      views.failed(name, taken.token, String(error))
      throw error
    }
  }

  /** Deletes rows of a view, then writes some. */
  async write(name: string, token: number, deletes: readonly SelectedRows[], rows?: ColumnRows): Promise<void> {
    const { views } = this.#parts
    views.hear(name, token, this.#now())
    const done = (async () => {
      for (const selected of deletes) await this.#parts.delete(selected)
      if (rows) await this.#parts.append(rows)
    })()
    this.#written = Promise.allSettled([this.#written, done])
    await done
    views.hear(name, token, this.#now())
  }

  /** All that was taken is written. */
  async finished(name: string, token: number): Promise<void> {
    this.#parts.views.finished(name, token, this.#now())
  }

  /** What was taken is stale again. */
  async failed(name: string, token: number, error: string): Promise<void> {
    this.#parts.views.failed(name, token, error)
  }

  async states(): Promise<ViewState[]> {
    return this.#parts.views.states()
  }

  /** Windows of a view that may lack something, or that say more than the rows that are left. */
  async stale(name: string): Promise<readonly TimeRange[]> {
    const stale = this.#parts.views.stale(name)
    const { source, window } = this.#parts.views.definition(name)
    const expired = [source, name].map((table) => firstWhole(this.#parts.expiry(table), window))
    const first = expired.reduce((a, b) => (a > b ? a : b))
    const rest = stale.filter(({ end }) => end > first)
    return first === MIN_TIME ? stale : [{ start: MIN_TIME, end: first }, ...rest]
  }

  #now(): bigint {
    return this.#parts.clock.now()
  }

  /** Windows that end earlier have been over for longer than the view waits for late rows, or have made room for others. */
  #firstDue({ name, lateness, window }: ViewDefinition): bigint {
    const keptFrom = this.#parts.views.keptFrom(name)
    const last = lateness === undefined ? MIN_TIME : this.#now() - lateness
    const due = last <= MIN_TIME ? MIN_TIME : alignedRange({ start: last, end: last + 1n }, window).start
    return due > keptFrom ? due : keptFrom
  }

  /** The windows whose rows are there still, and that the view keeps. */
  #unexpired(part: StalePart, { name, source, window }: ViewDefinition): StalePart[] {
    const { expiry } = this.#parts
    const rowsFrom = expiry(source)
    const keptFrom = expiry(name)
    const whole = firstWhole(rowsFrom, window)
    const kept = keptFrom === undefined ? MIN_TIME : alignedRange({ start: keptFrom, end: keptFrom + 1n }, window).start
    const first = whole > kept ? whole : kept
    const start = part.start > first ? part.start : first
    return start < part.end ? [{ ...part, start }] : []
  }

  /** Parts with the tags of their series in place of numbers. */
  async #resolved(parts: readonly GroupedRange[], definition: ViewDefinition): Promise<StalePart[]> {
    // All keys are asked for at once, before the hosts can forget a series.
    const keys = parts.map(({ groups }) =>
      groups.series.length === 0 ? [] : this.#parts.registry.keysOf(groups.series),
    )
    const resolved = parts.map(async ({ start, end, groups }, i): Promise<StalePart[]> => {
      const matchers = groups.selections.map((selection) => ({ start, end, matchers: selection }))
      if (groups.isAll) matchers.push({ start, end, matchers: [] })
      if (groups.series.length > 0) matchers.push({ start, end, matchers: valuesOf((await keys[i]) ?? [], definition) })
      return matchers
    })
    return (await Promise.all(resolved)).flat()
  }
}

/** The start of the first window of which no row has expired. */
function firstWhole(expiry: bigint | undefined, window: TimeWindow): bigint {
  return expiry === undefined ? MIN_TIME : alignedRange({ start: expiry - 1n, end: expiry }, window).end
}
