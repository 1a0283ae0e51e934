import { TidemarkError } from '../../core/errors.ts'
import type { Matcher } from '../../core/matcher.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { TimeRange, TimeWindow } from '../../core/time-window.ts'
import { readViewDefinition, type ViewDefinition, type ViewState } from '../../core/view.ts'
import type { StaleRange } from '../../storage/manifest.ts'
import type { RecordedRows } from '../../storage/record.ts'
import { StaleGroups } from './stale-groups.ts'
import { type GroupedRange, StaleWindows } from './stale-windows.ts'
import { alignedRange, touchedByGroups, touchedWindows } from './touched-windows.ts'

/** Who refreshes a view and is not heard of for so long has ended: the next one may begin. */
export const LEASE_NS = 60_000_000_000n
const ALL: TimeRange = { start: MIN_TIME, end: MAX_TIME }

interface View {
  definition: ViewDefinition
  stale: StaleWindows
  refresh: Refresh | undefined
  /** Windows before this time have made room, and are not computed but by a statement. */
  keptFrom?: bigint
  lastRefresh?: bigint
  error?: string
}

/** One run that makes a view agree with its source. */
interface Refresh {
  token: number
  /** Stale to who reads, until the rows are written. */
  computed: readonly GroupedRange[]
  heard: bigint
}

/** Windows to compute, and what those who do say that they are. */
export interface TakenWindows {
  token: number
  parts: readonly GroupedRange[]
}

export interface TakeOptions {
  now: bigint
  /** Whole windows; of others nothing is taken. */
  within: TimeRange
  /** Takes all windows of the range, stale or not. */
  whole?: boolean
}

/** Which windows of which views no longer agree with the tables that they read, and who makes them agree. */
export class Views {
  readonly #views = new Map<string, View>()
  #nextToken = 1

  /** Brings back what a manifest kept; a view of which it says nothing is stale as a whole. */
  restore(definitions: ReadonlyMap<string, string>, staleWindows: ReadonlyMap<string, readonly StaleRange[]>): void {
    for (const [name, definition] of definitions) {
      const ranges: readonly StaleRange[] = staleWindows.get(name) ?? [ALL]
      const view = this.#made(name, definition)
      for (const { start, end, groups } of ranges) {
        view?.stale.add({ start, end, groups: groups ? StaleGroups.matching(...groups) : StaleGroups.all() })
      }
    }
  }

  /** A view is new, defined otherwise or gone. With another query it is stale as a whole. */
  define(name: string, definition: string | undefined): void {
    const known = this.#views.get(name)
    const made = definition === undefined ? undefined : readViewDefinition(name, definition)
    if (made === undefined) this.#views.delete(name)
    else if (known?.definition.query === made.query) known.definition = made
    else this.#add(name, made).stale.add({ ...ALL, groups: StaleGroups.all() })
  }

  /** Stale windows by view, for a manifest; groups that have been named are told. */
  kept(): Map<string, readonly StaleRange[]> {
    return new Map([...this.#views].map(([name, view]) => [name, staleParts(view).map(keptRange)]))
  }

  /** What is stale, by view. */
  groups(): { definition: ViewDefinition; groups: StaleGroups }[] {
    return [...this.#views.values()].flatMap((view) =>
      staleParts(view).map(({ groups }) => ({ definition: view.definition, groups })),
    )
  }

  /** Rows are about to become visible. Series have the writer's numbers. */
  touchRows({ groups, tables }: RecordedRows): void {
    if (this.#views.size === 0) return
    for (const each of groups) {
      for (const { definition, stale } of this.#of(each.table)) {
        stale.add(touchedByGroups(each, definition.window, definition.tags.length > 0))
      }
    }
    for (const rows of tables) {
      for (const { definition, stale } of this.#of(rows.table)) {
        for (const part of touchedWindows(rows, definition.window, definition.tags.length > 0)) stale.add(part)
      }
    }
  }

  /** Rows of series that pass every matcher have gone. */
  touchDeleted(table: string, matchers: readonly Matcher[], range: TimeRange): void {
    for (const { definition, stale } of this.#of(table)) {
      const own = matchers.filter((matcher) => definition.tags.some(({ tag }) => tag === matcher.tag))
      stale.add({ ...alignedRange(range, definition.window), groups: StaleGroups.matching(own) })
    }
  }

  /** Rows of a view itself in a range have gone: its windows lack them. Nothing where the name is not a view's. */
  lost(name: string, { start, end }: TimeRange): void {
    const view = this.#views.get(name)
    if (view === undefined) return
    const { window } = view.definition
    const first = start === MIN_TIME ? start : alignedRange({ start, end }, window).start
    view.stale.add({ start: first, end: lastEnd(end, window), groups: StaleGroups.all() })
  }

  /** The same to make room, of all rows before a time: they are not computed but by a statement, which would else fill the room again. */
  evicted(name: string, before: bigint): void {
    this.lost(name, { start: MIN_TIME, end: before })
    const view = this.#views.get(name)
    if (view === undefined) return
    const keptFrom = lastEnd(before, view.definition.window)
    if (view.keptFrom === undefined || keptFrom > view.keptFrom) view.keptFrom = keptFrom
  }

  /** Windows before this time are not computed but by a statement. */
  keptFrom(name: string): bigint {
    return this.#view(name).keptFrom ?? MIN_TIME
  }

  /** Has all windows of a view be computed again. */
  keepAll(name: string): void {
    delete this.#view(name).keptFrom
  }

  /** The same series have numbers now that are greater by `by`. Nobody is computing anything. */
  shiftSeries(by: number): void {
    for (const { stale } of this.#views.values()) stale.shiftSeries(by)
  }

  /** The numbers that series had so far mean nothing any more. */
  forgetSeries(): void {
    for (const { stale, refresh } of this.#views.values()) {
      stale.forgetSeries()
      // What is being computed has been asked for by its tags.
      for (const { groups } of refresh?.computed ?? []) if (groups.series.length > 0) groups.addAll()
    }
  }

  definition(name: string): ViewDefinition {
    return this.#view(name).definition
  }

  /** Whether somebody refreshes a view who is still there. */
  isBusy(name: string, now: bigint): boolean {
    const { refresh } = this.#view(name)
    return refresh !== undefined && now - refresh.heard < LEASE_NS
  }

  /** Takes the stale windows of a view. They stay stale to who reads until `finished`, and are stale again after `failed`. */
  take(name: string, { now, within, whole = false }: TakeOptions): TakenWindows | undefined {
    const view = this.#view(name)
    if (view.refresh) this.#giveBack(view)
    if (whole) view.stale.add({ ...within, groups: StaleGroups.all() })
    const parts = view.stale.take(within)
    if (parts.length === 0) return undefined
    const token = this.#nextToken++
    view.refresh = { token, computed: parts, heard: now }
    return { token, parts }
  }

  /** Throws `invalid` where somebody else refreshes the view by now, so that what was computed is too old. */
  hear(name: string, token: number, now: bigint): void {
    const { refresh } = this.#view(name)
    if (refresh?.token !== token) {
      throw new TidemarkError('invalid', `another refresh of the view '${name}' has begun meanwhile`)
    }
    refresh.heard = now
  }

  finished(name: string, token: number, now: bigint): void {
    this.hear(name, token, now)
    const view = this.#view(name)
    view.refresh = undefined
    view.lastRefresh = now
    delete view.error
  }

  failed(name: string, token: number, error: string): void {
    const view = this.#views.get(name)
    if (view?.refresh?.token !== token) return
    view.error = error
    this.#giveBack(view)
  }

  /** Windows that may lack something. */
  stale(name: string): readonly TimeRange[] {
    const view = this.#views.get(name)
    return view ? staleRanges(view) : [ALL]
  }

  states(): ViewState[] {
    return [...this.#views].map(([name, view]) => {
      const { refresh, lastRefresh, error } = view
      const stale = staleRanges(view)
      const resting = error === undefined ? (stale.length > 0 ? 'stale' : 'fresh') : 'failed'
      return {
        name,
        state: refresh ? 'refreshing' : resting,
        stale,
        ...(lastRefresh !== undefined && { lastRefresh }),
        ...(error !== undefined && { error }),
      }
    })
  }

  #giveBack(view: View): void {
    for (const part of view.refresh?.computed ?? []) view.stale.add(part)
    view.refresh = undefined
  }

  #made(name: string, definition: string): View | undefined {
    const made = readViewDefinition(name, definition)
    return made && this.#add(name, made)
  }

  #add(name: string, definition: ViewDefinition): View {
    const view = { definition, stale: new StaleWindows(), refresh: undefined }
    this.#views.set(name, view)
    return view
  }

  #view(name: string): View {
    const view = this.#views.get(name)
    if (view === undefined) throw new TidemarkError('invalid', `there is no view '${name}'`)
    return view
  }

  #of(table: string): View[] {
    return [...this.#views.values()].filter(({ definition }) => definition.source === table)
  }
}

/** Where the window ends that the last time before `end` is in. */
function lastEnd(end: bigint, window: TimeWindow): bigint {
  return end === MAX_TIME ? end : alignedRange({ start: end - 1n, end }, window).end
}

/** What is stale, and what is being computed. */
function staleParts({ stale, refresh }: View): GroupedRange[] {
  return [...stale.parts, ...(refresh?.computed ?? [])]
}

function keptRange({ start, end, groups }: GroupedRange): StaleRange {
  const { kept } = groups
  return { start, end, ...(kept && { groups: kept }) }
}

function staleRanges(view: View): TimeRange[] {
  const all = new StaleWindows()
  for (const { start, end } of staleParts(view)) all.add({ start, end, groups: StaleGroups.all() })
  return all.parts.map(({ start, end }) => ({ start, end }))
}
