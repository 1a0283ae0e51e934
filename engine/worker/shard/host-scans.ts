import type { Batch, FieldType } from '../../core/batch.ts'
import { earliestRead } from '../../core/look-back.ts'
import type { AggregatePlan, LatestPlan, RowsPlan, ScanEstimate, Selection, SubPlan } from '../../core/plan.ts'
import type { ReadCounts } from '../../core/read-counts.ts'
import { rollupTable } from '../../core/rollup.ts'
import { MIN_TIME } from '../../core/time.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { AggregateScan } from '../../scan/aggregate-scan.ts'
import { loadAggregates, loadLibraries } from '../../scan/libraries.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { RowsScan } from '../../scan/rows-scan.ts'
import type { AddedRows } from './added-rows.ts'
import type { Scan } from './answer-cache.ts'
import { clampedPlan, hasFewWindows } from './clamped-plan.ts'
import { type HostRead, HostReads, type Stopwatch } from './host-reads.ts'
import type { KeptAnswers } from './kept-answers.ts'
import { ReadTimes } from './read-times.ts'
import { SelectedSeries } from './selected-series.ts'
import { type RowsPage, type ShardPartial, shardShares } from './shard-shares.ts'
import type { ShardSource } from './shard-source.ts'

export interface ScanPlace {
  kernel: Kernel
  index: SeriesIndex
  source: ShardSource
  answers: KeptAnswers
  /** The host's number. */
  number: number
  stopwatch?: Stopwatch | undefined
}

interface OpenRows {
  scan: RowsScan
  batches: AsyncGenerator<Batch>
  read: HostRead
}

/** The scans of one host. */
export class HostScans {
  readonly #place: ScanPlace
  readonly reads: HostReads
  readonly #selected: SelectedSeries
  readonly #cursors = new Map<number, OpenRows>()
  #nextCursor = 1
  readonly #times = new ReadTimes()
  // Loaded on first use. To ask for a module again takes longer than small scans.
  #latestScan: typeof import('../../scan/latest-scan.ts') | undefined
  #rowsScan: typeof import('../../scan/rows-scan.ts') | undefined
  #addedRows: typeof import('./added-rows.ts') | undefined

  constructor(place: ScanPlace) {
    this.#place = place
    this.reads = new HostReads(place.stopwatch)
    this.#selected = new SelectedSeries(place.index)
  }

  async aggregate(asked: AggregatePlan): Promise<ShardPartial[]> {
    const { source, answers } = this.#place
    const read = this.reads.of(asked.reader)
    const plan = asked.rollup === undefined ? asked : { ...asked, table: rollupTable(asked.table, asked.rollup) }
    if (source.cold) this.#times.note(plan, await this.select(plan, read.counts))
    const whole = plan.asked ?? { start: plan.start, end: plan.end }
    const scan: Scan = (range, window = plan.window) =>
      source.reading(() => this.#aggregate({ ...plan, ...range, ...(window && { window }), asked: whole }, read))
    const add = (): Promise<AddedRows | undefined> => source.reading(() => this.#added(plan))
    const { partials, reuse } = await this.reads.run(read, () => answers.aggregate(plan, scan, add))
    if (reuse === 'all') read.counts.reusedAnswers++
    else if (reuse === 'part') read.counts.partlyReusedAnswers++
    return partials
  }

  latest(plan: LatestPlan, types: ReadonlyMap<string, FieldType>): Promise<Batch> {
    const { source, kernel } = this.#place
    const read = this.reads.of(plan.reader)
    return this.#reading(read, async () => {
      this.#latestScan ??= await import('../../scan/latest-scan.ts')
      // No wait from here to the first look at the rows: a series that came meanwhile would be missing beside others of its append.
      const refs = await this.select(plan, read.counts)
      const scan = new this.#latestScan.LatestScan(plan, this.#selected.taggedSeries(refs), { types, kernel })
      const coldEnd = source.cold?.bounds(plan.table)?.end
      return scan.run(source, coldEnd === undefined ? undefined : coldEnd + 1n, read)
    })
  }

  async openRows(plan: RowsPlan, types: ReadonlyMap<string, FieldType>): Promise<RowsPage> {
    const { source, kernel } = this.#place
    const read = this.reads.of(plan.reader)
    this.#rowsScan ??= await import('../../scan/rows-scan.ts')
    // No wait from here to the first look at the rows, as above.
    const refs = await this.select(plan, read.counts)
    if (source.cold) this.#times.note(plan, refs)
    const scan = new this.#rowsScan.RowsScan(plan, types, kernel)
    const cursor = this.#nextCursor++
    this.#cursors.set(cursor, { scan, batches: scan.run(source, refs, read), read })
    return this.nextRows(cursor)
  }

  async nextRows(cursor: number): Promise<RowsPage> {
    const rows = this.#cursors.get(cursor)
    if (rows === undefined) return { batch: undefined, cursor: undefined }
    let goesOn = false
    try {
      const { done, value } = await this.#reading(rows.read, () => rows.batches.next())
      const batch = done ? undefined : value
      goesOn = batch !== undefined && !rows.scan.isLast
      return { batch, cursor: goesOn ? cursor : undefined }
    } finally {
      if (!goesOn) this.#cursors.delete(cursor)
    }
  }

  async estimate(plans: readonly SubPlan[]): Promise<ScanEstimate[]> {
    const { estimateScan } = await import('./scan-estimate.ts')
    const { source } = this.#place
    return Promise.all(
      plans.map((plan) => source.reading(async () => estimateScan(plan, await this.select(plan), this.#place))),
    )
  }

  closeRows(cursor: number): void {
    this.#cursors.delete(cursor)
  }

  /** Times of which queries have asked for rows since the last call, where there is a cold tier. */
  takeTimes(): Map<string, readonly TimeRange[]> {
    return this.#times.take()
  }

  /** The series of a selection; what its expressions call is loaded. */
  async select(
    selection: Pick<Selection, 'table' | 'matchers' | 'filter'> &
      Partial<TimeRange & Pick<AggregatePlan, 'inputs' | 'accumulators'>>,
    counts?: ReadCounts,
  ): Promise<Uint32Array> {
    const { table, matchers, filter, inputs = [], accumulators = [], start, end } = selection
    const range = start === undefined || end === undefined ? undefined : { start, end }
    await this.#place.source.cold?.prepare(table, range, counts)
    await loadAggregates(accumulators)
    const accumulated = accumulators.flatMap((each) => each.inputs)
    await loadLibraries([filter, ...inputs.map((input) => input.expression), ...accumulated])
    return this.#selected.select(table, matchers)
  }

  #reading<T>(read: HostRead, work: () => Promise<T>): Promise<T> {
    return this.reads.run(read, () => this.#place.source.reading(work))
  }

  /** For rows of a plan that come after all that there are. */
  async #added(plan: AggregatePlan): Promise<AddedRows | undefined> {
    const { source, kernel, index, number } = this.#place
    this.#addedRows ??= await import('./added-rows.ts')
    const { AddedRows, addsUp } = this.#addedRows
    if (!addsUp(plan)) return undefined
    // Series that come from here on are not known to be no series of the plan.
    const { refLimit } = index
    const refs = await this.select(plan)
    const after = (await source.bounds(plan.table, refs))?.end ?? MIN_TIME
    const groups = this.#selected.groupsOf(refs, plan.by)
    return AddedRows.of(plan, { kernel, index, number, refs, refLimit, groups, after })
  }

  async #aggregate(plan: AggregatePlan, read: HostRead): Promise<ShardPartial[]> {
    const { source, kernel, index, number } = this.#place
    const refs = await this.select(
      plan.lookBack === undefined ? plan : { ...plan, start: earliestRead(plan) },
      read.counts,
    )
    const clamped = hasFewWindows(plan) ? plan : clampedPlan(plan, await source.bounds(plan.table, refs))
    if (clamped === undefined || refs.length === 0) return []
    const partials: ShardPartial[] = []
    const budget = read.openBudget()
    try {
      for (const [shard, shardRefs] of shardShares(plan, refs, { number, index })) {
        const scan = new AggregateScan(clamped, this.#selected.groupsOf(shardRefs, plan.by), kernel, budget)
        partials.push({ shard, partial: await scan.run(source, shardRefs, read) })
      }
    } finally {
      budget.release()
    }
    return partials
  }
}
