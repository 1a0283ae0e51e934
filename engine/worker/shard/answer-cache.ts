import { mergePartials } from '../../aggregate/merge.ts'
import { bytesOfPartial } from '../../aggregate/window-pieces.ts'
import type { AggregatePlan } from '../../core/plan.ts'
import type { TableRows } from '../../core/rows.ts'
import { MIN_TIME } from '../../core/time.ts'
import { TimeRanges } from '../../core/time-ranges.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { AddedRows } from './added-rows.ts'
import { addsUpInParts, CutWindow } from './cut-window.ts'
import { type KeptPlan, KeptPlans } from './kept-plans.ts'
import { planKey } from './plan-key.ts'
import { byTime, fromWindow, joinShards, type RangePartials } from './range-partials.ts'
import { isRising, RisingTimes } from './rising-times.ts'
import type { ShardPartial } from './shard-shares.ts'
import { touchedRanges } from './touched-times.ts'
import { hullOf, intersection, lastingWindows, readRanges, windowsTouched } from './window-ranges.ts'

/** A scan of less than so many milliseconds is as fast as what is kept of it. */
export const LEAST_KEPT_MS = 1
/** Where a part of the windows takes more than this of the time that all take, keeping them is not worth it. */
const MOST_OF_WHOLE = 1 / 2
/** How many of the last ranges that a plan was asked for its windows are kept for. */
const KEPT_RANGES = 8

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
interface KeptWindows extends KeptPlan {
  table: string
  lookBack: bigint
  window: { origin: bigint; width: bigint }
  /** Windows from the first to the end of the last; those that are not stale are as a scan would give them. */
  covered: TimeRange
  stale: TimeRanges
  shards: readonly ShardPartial[]
  /** Rows that have come since, which are not stale for that. */
  added?: AddedRows | undefined
  /** The window that the plan's range begins in; absent where its states depend on the order of rows. */
  cut?: CutWindow | undefined
  /** What the plan was asked for last. */
  asked: readonly TimeRange[]
}

interface RunningScan {
  table: string
  /** Whether the order and the blocks of rows show in no bit. */
  addsUp: boolean
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

/** Reads a range by the plan's windows, or by others. */
export type Scan = (range: TimeRange, window?: { origin: bigint; width: bigint }) => Promise<ShardPartial[]>
/** Gets ready for rows that come after all that there are, where the plan allows it. */
export type Add = () => Promise<AddedRows | undefined>

/**
 * Aggregate states by window that scans of one host gave, kept until rows of their times change; whoever changes rows says so by
 * `touch` in the same turn. A plan with the same cells in another range takes the windows that both have.
 */
export class AnswerCache {
  readonly #leastMs: number
  readonly #now: () => number
  readonly #kept: KeptPlans<KeptWindows>
  readonly #running = new Set<RunningScan>()
  /** The last answer under way of each plan. */
  readonly #last = new Map<string, Promise<AnsweredPlan>>()
  readonly #rising = new Map<string, RisingTimes>()
  readonly #counts = { reused: 0, partly: 0, read: 0 }

  constructor({ budgetBytes, leastMs = LEAST_KEPT_MS, now }: AnswerCacheOptions) {
    this.#leastMs = leastMs
    this.#kept = new KeptPlans(budgetBytes)
    this.#now = now
  }

  get statistics(): AnswerCacheStatistics {
    return { bytes: this.#kept.bytes, plans: this.#kept.size, ...this.#counts }
  }

  /** Whether something is kept, or about to be, that changes of a table could touch. */
  concerns(table: string): boolean {
    for (const kept of this.#kept.values()) if (kept.table === table) return true
    for (const scan of this.#running) if (scan.table === table) return true
    return false
  }

  /** Rows of a table at times in the range have changed. */
  touch(table: string, range: TimeRange): void {
    for (const scan of this.#running) if (scan.table === table) touchScan(scan, range)
    for (const kept of this.#kept.values()) {
      if (kept.table !== table) continue
      kept.stale.add(windowsTouched(range, kept))
      kept.cut?.touch(range)
    }
  }

  /** The same rows are in other blocks, which may give sums of floats other last bits. */
  move(table: string, range: TimeRange): void {
    for (const scan of this.#running) if (scan.table === table && !scan.addsUp) touchScan(scan, range)
    for (const kept of this.#kept.values())
      if (kept.table === table && kept.cut === undefined) kept.stale.add(windowsTouched(range, kept))
  }

  /** Rows have become visible. Where all of them come after what there was they are added to what is kept. */
  append(rows: TableRows): void {
    const { table, time } = rows
    if (!this.concerns(table)) return
    const scans = [...this.#running].filter((scan) => scan.table === table)
    const kept = [...this.#kept.values()].filter((each) => each.table === table)
    const adding = new Set([...scans, ...kept].flatMap(({ added }) => added ?? []))
    const rises = adding.size > 0 && this.#risingOf(table).follow(rows) && isRising(time)
    const taken = new Set([...adding].filter((added) => rises && added.take(rows)))
    const isTaken = ({ added }: { added?: AddedRows | undefined }): boolean => added !== undefined && taken.has(added)
    if (scans.every(isTaken) && kept.every((each) => isTaken(each) && each.cut === undefined)) return
    for (const range of touchedRanges(time)) {
      for (const scan of scans) if (!isTaken(scan)) touchScan(scan, range)
      for (const each of kept) if (!isTaken(each)) each.stale.add(windowsTouched(range, each))
      for (const each of kept) each.cut?.touch(range)
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
  }

  /** The answer of a plan by shards, of which `scan` reads what is not here. Throws what `scan` and `add` do. */
  async aggregate(plan: AggregatePlan, scan: Scan, add?: Add): Promise<AnsweredPlan> {
    const { window } = plan
    const inner = window && lastingWindows(plan, window)
    if (this.#kept.budgetBytes === 0 || window === undefined || inner === undefined) return this.#uncached(plan, scan)
    const key = planKey(plan)
    if (!this.#kept.isKnown(key)) return this.#uncached(plan, scan)
    return this.#inTurn(key, () => this.#known({ key, plan, window, inner }, scan, add))
  }

  /** Runs the answers of one plan one after the other: each finds what those before it have read. */
  async #inTurn(key: string, answer: () => Promise<AnsweredPlan>): Promise<AnsweredPlan> {
    const before = this.#last.get(key)
    const own = before === undefined ? answer() : before.then(answer, answer)
    this.#last.set(key, own)
    try {
      return await own
    } finally {
      if (this.#last.get(key) === own) this.#last.delete(key)
    }
  }

  async #known(asked: AskedWindows, scan: Scan, add?: Add): Promise<AnsweredPlan> {
    const { key, plan, inner } = asked
    const addsUp = addsUpInParts(plan)
    const running: RunningScan = { table: plan.table, addsUp, touched: new TimeRanges(), newest: MIN_TIME }
    this.#running.add(running)
    try {
      const before = this.#kept.get(key)
      const readsNewest = readRanges(plan, inner, before).some(({ end }) => end > (before?.added?.after ?? MIN_TIME))
      const added = readsNewest ? await add?.() : undefined
      // Nothing was read yet.
      running.touched = new TimeRanges()
      return await this.#answer({ ...asked, kept: this.#kept.get(key), running, added }, scan)
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
    const cut = await cutStates(asking, { first: gaps[0], readEnd }, scan)
    const begun = this.#now()
    const read: { range: TimeRange; partials: ShardPartial[] }[] = []
    for (const range of cut ? gaps.slice(1) : gaps) {
      const end = readEnd !== undefined && readEnd < range.end ? readEnd : range.end
      read.push({ range, partials: range.start < end ? await scan({ start: range.start, end }) : [] })
    }
    const cost = this.#now() - begun
    const isRead = read.length > 0 || cut?.isRead === true
    const reuse: Reuse = reused.length === 0 ? 'none' : isRead ? 'part' : 'all'
    this.#counts[REUSE_COUNTS[reuse]]++
    const pieces = byTime([...reused.map((range) => ({ range, partials: shards })), ...(cut ? [cut] : []), ...read])
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
      this.#kept.drop(key)
      if (reuse === 'part') this.#kept.forget(key)
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
    this.#kept.resize(kept, 1024 + bytesOfPartial(partial) + added.bytes + (kept.cut?.bytes ?? 0))
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
    const cut = kept?.cut ?? (running.addsUp ? new CutWindow(plan.start) : undefined)
    const bytes = 1024 + ofShards + (running.added?.bytes ?? 0) + (cut?.bytes ?? 0)
    const whole = reuse === 'none' ? cost : Math.max(cost, kept?.cost ?? 0)
    const { table, lookBack = 0n } = plan
    const entry: KeptWindows = {
      ...{ table, lookBack, window, covered, stale, shards, asked, bytes, cut, added: running.added },
      ...{ cost: whole, priority: 0 },
    }
    for (const range of running.touched.list) stale.add(windowsTouched(range, entry))
    this.#kept.keep(key, entry)
  }

  #used(kept: KeptWindows, inner: TimeRange): void {
    this.#kept.use(kept)
    kept.asked = [...kept.asked, inner].slice(-KEPT_RANGES)
  }
}

const ALL_TIMES: TimeRange = { start: -(2n ** 64n), end: 2n ** 64n }

const REUSE_COUNTS = { all: 'reused', part: 'partly', none: 'read' } as const

interface AskedWindows {
  key: string
  plan: AggregatePlan
  window: { origin: bigint; width: bigint }
  /** The whole windows that the plan asks for. */
  inner: TimeRange
}

interface Asking extends AskedWindows {
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

/** The states of the window that a plan begins in, where they are kept by panes, or are from now on. */
async function cutStates(
  { plan, window, inner, kept }: Asking,
  { first, readEnd }: { first: TimeRange | undefined; readEnd: bigint | undefined },
  scan: Scan,
): Promise<(RangePartials & { isRead: boolean }) | undefined> {
  if (first === undefined || first.start !== plan.start || first.end !== inner.start) return undefined
  // Rows that come after are not read but added to whole windows.
  if (readEnd !== undefined && readEnd < first.end) return undefined
  const states = await kept?.cut?.states(first, { width: window.width, groups: mostGroups(kept.shards), scan })
  return states && { range: first, ...states }
}

function mostGroups(shards: readonly ShardPartial[]): number {
  return shards.reduce((most, { partial }) => Math.max(most, partial.groups.length), 1)
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
