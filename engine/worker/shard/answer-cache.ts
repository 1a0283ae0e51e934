import { mergePartials } from '../../aggregate/merge.ts'
import { bytesOfPartial, joinWindows, type WindowPiece } from '../../aggregate/window-pieces.ts'
import type { AggregatePlan } from '../../core/plan.ts'
import type { TableRows } from '../../core/rows.ts'
import { MIN_TIME } from '../../core/time.ts'
import { TimeRanges } from '../../core/time-ranges.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { floorTo } from '../rollup/rollup-pieces.ts'
import type { AddedRows } from './added-rows.ts'
import { planKey } from './plan-key.ts'
import { RisingTimes } from './rising-times.ts'
import type { ShardPartial } from './shard-shares.ts'
import { touchedRanges } from './touched-times.ts'
import { hullOf, intersection, lastingWindows, windowsTouched } from './window-ranges.ts'

/** Plans that were asked once are remembered, so many: a plan's states are kept from the second time on. */
export const MAX_REMEMBERED_PLANS = 4096
/** One plan may take this part of the budget. */
const MOST_OF_BUDGET = 1 / 8
/** A scan of less than so many milliseconds is as fast as what is kept of it. */
export const LEAST_KEPT_MS = 1
/** Where a part of the windows takes more than this of the time that all take, keeping them is not worth it. */
const MOST_OF_WHOLE = 1 / 2
/** How many of the last ranges that a plan was asked for its windows are kept for. */
const KEPT_RANGES = 8
/** Windows are read in so many runs at most; what lies between nearer ones is read, too. */
export const MAX_READ_RUNS = 4
/** After an eviction so much of the budget is in use. */
const EVICT_TO = 7 / 8

/** How much of an answer was there already. */
export type Reuse = 'all' | 'part' | 'none'

export interface AnswerCacheStatistics {
  bytes: number
  plans: number
  /** Sub-plans that were answered without reading rows, that read a part of the windows, and that read all. */
  reused: number
  partly: number
  read: number
}

export interface AnsweredPlan {
  partials: ShardPartial[]
  reuse: Reuse
}

/** The states of a plan's windows, those of each shard by itself. */
interface KeptWindows {
  table: string
  lookBack: bigint
  window: { origin: bigint; width: bigint }
  /** Windows from the first to the end of the last; those that are not stale are as a scan would give them. */
  covered: TimeRange
  stale: TimeRanges
  shards: readonly ShardPartial[]
  /** Rows that have come since, which are not stale for that. */
  added?: AddedRows | undefined
  /** What the plan was asked for last. */
  asked: readonly TimeRange[]
  bytes: number
  /** Milliseconds that a scan of all took. */
  cost: number
  /** By GreedyDual-Size (Cao and Irani, 1997): the least one goes first. */
  priority: number
}

interface RunningScan {
  table: string
  /** Times that changed since it began, but for rows that were added. */
  touched: TimeRanges
  added?: AddedRows | undefined
  /** No row that came since has a later time. */
  newest: bigint
}

export interface AnswerCacheOptions {
  budgetBytes: number
  /** `LEAST_KEPT_MS`; 0 keeps every answer that is asked for again. */
  leastMs?: number | undefined
  /** Milliseconds of a clock that only goes on. */
  now(): number
}

export type Scan = (range: TimeRange) => Promise<ShardPartial[]>
/** Gets ready for rows that come after all that there are, where the plan allows it. */
export type Add = () => Promise<AddedRows | undefined>

/**
 * Aggregate states by window that scans of one host gave, kept until rows of their times change; whoever changes rows says so by
 * `touch` in the same turn. A plan with the same cells in another range takes the windows that both have.
 */
export class AnswerCache {
  readonly #budgetBytes: number
  readonly #leastMs: number
  readonly #now: () => number
  readonly #kept = new Map<string, KeptWindows>()
  /** Keys that were asked and are not kept, from the oldest. */
  readonly #remembered = new Set<string>()
  readonly #running = new Set<RunningScan>()
  readonly #rising = new Map<string, RisingTimes>()
  #bytes = 0
  /** The priority of the last plan that had to go. */
  #inflation = 0
  readonly #counts = { reused: 0, partly: 0, read: 0 }

  constructor({ budgetBytes, leastMs = LEAST_KEPT_MS, now }: AnswerCacheOptions) {
    this.#leastMs = leastMs
    this.#budgetBytes = budgetBytes
    this.#now = now
  }

  get statistics(): AnswerCacheStatistics {
    return { bytes: this.#bytes, plans: this.#kept.size, ...this.#counts }
  }

  /** Whether something is kept, or about to be, that changes of a table could touch. */
  concerns(table: string): boolean {
    for (const kept of this.#kept.values()) if (kept.table === table) return true
    for (const scan of this.#running) if (scan.table === table) return true
    return false
  }

  /** Rows of a table at times in the range have changed, or how they are stored. */
  touch(table: string, range: TimeRange): void {
    for (const scan of this.#running) if (scan.table === table) touchScan(scan, range)
    for (const kept of this.#kept.values()) if (kept.table === table) kept.stale.add(windowsTouched(range, kept))
  }

  /** Rows have become visible. Where all of them come after what there was they are added to what is kept. */
  append(rows: TableRows): void {
    const { table, time } = rows
    if (!this.concerns(table)) return
    const scans = [...this.#running].filter((scan) => scan.table === table)
    const kept = [...this.#kept.values()].filter((each) => each.table === table)
    const adding = new Set([...scans, ...kept].flatMap(({ added }) => added ?? []))
    const rises = adding.size > 0 && this.#risingOf(table).follow(rows)
    const taken = new Set([...adding].filter((added) => rises && added.take(rows)))
    const isTaken = ({ added }: { added?: AddedRows | undefined }): boolean => added !== undefined && taken.has(added)
    if (scans.every(isTaken) && kept.every(isTaken)) return
    for (const range of touchedRanges(time)) {
      for (const scan of scans) if (!isTaken(scan)) touchScan(scan, range)
      for (const each of kept) if (!isTaken(each)) each.stale.add(windowsTouched(range, each))
    }
  }

  #risingOf(table: string): RisingTimes {
    const rising = this.#rising.get(table) ?? new RisingTimes()
    this.#rising.set(table, rising)
    return rising
  }

  clear(): void {
    for (const scan of this.#running) touchScan(scan, ALL_TIMES)
    this.#kept.clear()
    this.#rising.clear()
    this.#bytes = 0
  }

  /** The answer of a plan by shards, of which `scan` reads what is not here. Throws what `scan` and `add` do. */
  async aggregate(plan: AggregatePlan, scan: Scan, add?: Add): Promise<AnsweredPlan> {
    const { window } = plan
    const inner = window && lastingWindows(plan, window)
    if (this.#budgetBytes === 0 || window === undefined || inner === undefined) return this.#uncached(plan, scan)
    const key = planKey(plan)
    if (!this.#kept.has(key) && !this.#isKnown(key)) return this.#uncached(plan, scan)
    const running: RunningScan = { table: plan.table, touched: new TimeRanges(), newest: MIN_TIME }
    this.#running.add(running)
    try {
      const before = this.#kept.get(key)
      const readsNewest = readRanges(plan, inner, before).some(({ end }) => end > (before?.added?.after ?? MIN_TIME))
      const added = readsNewest ? await add?.() : undefined
      // Nothing was read yet.
      running.touched = new TimeRanges()
      return await this.#answer({ key, plan, window, inner, kept: this.#kept.get(key), running, added }, scan)
    } finally {
      this.#running.delete(running)
    }
  }

  async #uncached(plan: AggregatePlan, scan: Scan): Promise<AnsweredPlan> {
    this.#counts.read++
    return { partials: await scan(plan), reuse: 'none' }
  }

  async #answer(asking: Asking, scan: Scan): Promise<AnsweredPlan> {
    const { plan, inner, kept } = asking
    if (kept) this.#fold(kept)
    const shards = kept?.shards ?? []
    const gaps = readRanges(plan, inner, kept)
    const readEnd = startAdding(asking)
    const reused = new TimeRanges(gaps).gaps(plan)
    const begun = this.#now()
    const read: { range: TimeRange; partials: ShardPartial[] }[] = []
    for (const range of gaps) {
      const end = readEnd !== undefined && readEnd < range.end ? readEnd : range.end
      read.push({ range, partials: range.start < end ? await scan({ start: range.start, end }) : [] })
    }
    const cost = this.#now() - begun
    const reuse: Reuse = reused.length === 0 ? 'none' : gaps.length === 0 ? 'all' : 'part'
    this.#counts[REUSE_COUNTS[reuse]]++
    const pieces = byTime([...reused.map((range) => ({ range, partials: shards })), ...read])
    if (reuse !== 'all') this.#keepWorthy(asking, { read, cost, reuse })
    else if (kept) this.#used(kept, inner)
    return { partials: reuse === 'none' ? (read[0]?.partials ?? []) : joinShards(fromWindow(pieces, asking)), reuse }
  }

  #keepWorthy(asking: Asking, windows: ReadWindows): void {
    const { key, kept } = asking
    const { cost, reuse } = windows
    const isWorthy = reuse === 'none' ? cost >= this.#leastMs : cost <= (kept?.cost ?? 0) * MOST_OF_WHOLE
    if (isWorthy || this.#leastMs === 0) this.#keep(asking, windows)
    else {
      this.#drop(key)
      if (reuse === 'part') this.#remembered.delete(key)
    }
  }

  /** Takes the rows that were added into the states that are kept. */
  #fold(kept: KeptWindows): void {
    const { added, shards } = kept
    const states = added?.takeStates()
    if (added === undefined || states === undefined) return
    const [own] = shards
    const partial = mergePartials(own ? [own.partial, states] : [states])
    kept.shards = [{ shard: added.shard, partial }]
    const bytes = 1024 + bytesOfPartial(partial) + added.bytes
    this.#bytes += bytes - kept.bytes
    kept.bytes = bytes
  }

  /** Keeps whole windows that were read beside those that are here and still in use. */
  #keep({ key, plan, window, inner, kept, running }: Asking, { read, cost, reuse }: ReadWindows): void {
    // Somebody else has kept them meanwhile, with rows that have come since.
    if (this.#kept.get(key) !== kept) return
    const asked = [...(kept?.asked ?? []), inner].slice(-KEPT_RANGES)
    const hull = hullOf(asked)
    const older = kept && intersection(kept.covered, hull)
    const covered = older ? hullOf([older, inner]) : inner
    const stale = new TimeRanges()
    if (older && kept) {
      for (const range of new TimeRanges([older, inner]).gaps(covered)) stale.add(range)
      for (const range of kept.stale.list) for (const gap of new TimeRanges([inner]).gaps(range)) stale.add(gap)
    }
    const fresh = read.flatMap(({ range, partials }) => {
      const start = range.start === plan.start ? inner.start : range.start
      const end = range.end === plan.end ? inner.end : range.end
      return start < end ? [{ range: { start, end }, partials }] : []
    })
    const taken = new TimeRanges(fresh.map(({ range }) => range))
    const rest = older && kept ? taken.gaps(older).map((range) => ({ range, partials: kept.shards })) : []
    const shards = joinShards(byTime([...rest, ...fresh]))
    const ofShards = shards.reduce((total, { partial }) => total + bytesOfPartial(partial), 0)
    const bytes = 1024 + ofShards + (running.added?.bytes ?? 0)
    const whole = reuse === 'none' ? cost : Math.max(cost, kept?.cost ?? 0)
    const { table, lookBack = 0n } = plan
    const entry: KeptWindows = {
      ...{ table, lookBack, window, covered, stale, shards, asked, bytes, added: running.added },
      ...{ cost: whole, priority: this.#inflation + whole / bytes },
    }
    for (const range of running.touched.list) stale.add(windowsTouched(range, entry))
    this.#drop(key)
    if (bytes > this.#budgetBytes * MOST_OF_BUDGET) {
      this.#remembered.delete(key)
      return
    }
    this.#kept.set(key, entry)
    this.#bytes += bytes
    if (this.#bytes > this.#budgetBytes) this.#evict()
  }

  #used(kept: KeptWindows, inner: TimeRange): void {
    kept.priority = this.#inflation + kept.cost / kept.bytes
    kept.asked = [...kept.asked, inner].slice(-KEPT_RANGES)
  }

  /** Whether the plan was asked before; remembers it. */
  #isKnown(key: string): boolean {
    const known = this.#remembered.delete(key)
    this.#remembered.add(key)
    if (this.#remembered.size > MAX_REMEMBERED_PLANS) {
      for (const oldest of this.#remembered) {
        this.#remembered.delete(oldest)
        break
      }
    }
    return known
  }

  #evict(): void {
    const byPriority = [...this.#kept].sort(([, a], [, b]) => a.priority - b.priority)
    for (const [key, { priority }] of byPriority) {
      if (this.#bytes <= this.#budgetBytes * EVICT_TO) return
      this.#inflation = priority
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0
    this.#kept.delete(key)
  }
}

const ALL_TIMES: TimeRange = { start: -(2n ** 64n), end: 2n ** 64n }

const REUSE_COUNTS = { all: 'reused', part: 'partly', none: 'read' } as const

interface Asking {
  key: string
  plan: AggregatePlan
  window: { origin: bigint; width: bigint }
  /** The whole windows that the plan asks for. */
  inner: TimeRange
  kept: KeptWindows | undefined
  running: RunningScan
  /** Takes rows that come from now on. */
  added: AddedRows | undefined
}

interface ReadWindows {
  read: readonly RangePartials[]
  cost: number
  reuse: Reuse
}

interface RangePartials {
  range: TimeRange
  partials: readonly ShardPartial[]
}

function touchScan(scan: RunningScan, range: TimeRange): void {
  scan.touched.add(range)
  if (range.end > scan.newest) scan.newest = range.end
}

/** Has rows from now on be added to what a scan gives. Returns before which time all rows are that it has to read, where that is known. */
function startAdding({ kept, running, added }: Asking): bigint | undefined {
  running.added = kept?.added
  if (added === undefined) return undefined
  if (running.newest > added.after) added.after = running.newest
  if (kept) kept.added = undefined
  running.added = added
  return added.after + 1n
}

/** What of a plan's range has to be read: a few ranges, in the order of time. */
function readRanges({ start, end }: TimeRange, inner: TimeRange, kept: KeptWindows | undefined): TimeRange[] {
  const there = kept && intersection(kept.covered, inner)
  if (kept === undefined || there === undefined) return [{ start, end }]
  const stale = kept.stale.list.flatMap((range) => intersection(range, there) ?? [])
  const clipped = stale.flatMap((range) => intersection(range, { start, end }) ?? [])
  const gaps: TimeRange[] = []
  for (const range of [{ start, end: there.start }, ...clipped, { start: there.end, end }]) {
    const last = gaps.at(-1)
    if (range.start >= range.end) continue
    if (last?.end === range.start) last.end = range.end
    else gaps.push({ ...range })
  }
  while (gaps.length > MAX_READ_RUNS) {
    let narrowest = 1
    const before = (i: number): bigint => (gaps[i] as TimeRange).start - (gaps[i - 1] as TimeRange).end
    for (let i = 2; i < gaps.length; i++) if (before(i) < before(narrowest)) narrowest = i
    const [left, right] = [gaps[narrowest - 1] as TimeRange, gaps[narrowest] as TimeRange]
    gaps.splice(narrowest - 1, 2, { start: left.start, end: right.end })
  }
  return gaps
}

function byTime(pieces: readonly RangePartials[]): RangePartials[] {
  return [...pieces].sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
}

/** The same pieces, the first of them from the start of the window that the plan's range begins in. */
function fromWindow([first, ...others]: readonly RangePartials[], { plan, window }: Asking): RangePartials[] {
  if (first === undefined) return []
  const start = floorTo(plan.start - window.origin, window.width) + window.origin
  return [{ ...first, range: { ...first.range, start } }, ...others]
}

/** Pieces of some shards in the order of time, joined shard by shard. */
function joinShards(pieces: readonly RangePartials[]): ShardPartial[] {
  const byShard = new Map<number, WindowPiece[]>()
  for (const { range, partials } of pieces) {
    for (const { shard, partial } of partials) {
      const own = byShard.get(shard)
      if (own) own.push({ partial, ...range })
      else byShard.set(shard, [{ partial, ...range }])
    }
  }
  return [...byShard].sort(([a], [b]) => a - b).map(([shard, own]) => ({ shard, partial: joinWindows(own) }))
}
