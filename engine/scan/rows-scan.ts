import type { Batch, ColumnType } from '../core/batch.ts'
import type { RowsPlan } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { RUN_BLOCKS } from '../kernel/block-run.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ColumnScratch } from './column-scratch.ts'
import { type ColumnDecoder, fieldNames, fieldTypes } from './group-frame.ts'
import { orderGroups } from './merge-groups.ts'
import { PassedRows, placeOf } from './passed-rows.ts'
import { mayPass } from './prune.ts'
import { batchOfRows } from './row-batch.ts'
import { RowFilter } from './row-filter.ts'
import { type GroupSource, isBlock, type RowGroup, type TimeRange } from './row-group.ts'
import { freeUse, type ScanUse } from './scan-use.ts'
import { lowerBound, planSlices } from './time-slices.ts'

/** Rows that one step reads, about: a slice of time ends at the first group that starts after so many. */
export const SLICE_ROWS = 262_144
/** The same where a limit may make the first steps enough. */
export const LIMITED_SLICE_ROWS = 32_768
/** Most slices that are read together, where few rows of each pass. */
export const MAX_SLICES_A_READ = 16

/** Rows of an answer that one read makes, unless one slice has more; and as many as it is planned for, going by those before it. */
export const MAX_READ_ROWS = 524_288
const PLANNED_READ_ROWS = 393_216

/** Runs a rows plan over the series of one host, a slice of time after the other. */
export class RowsScan {
  readonly #plan: RowsPlan
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #scratch: ColumnScratch
  readonly #filter: RowFilter
  readonly #cutScratch: ColumnScratch
  #cut: { group: RowGroup; times: BigInt64Array } | undefined
  #use = freeUse()
  /** What it answers lasts until it is asked again. */
  readonly #decodeAnew: ColumnDecoder = (column, name) => {
    if (isBlock(column)) this.#use.counts.decodedBlocks++
    this.#scratch.reset()
    return this.#scratch.decode(column, name)
  }
  #isLast = false

  /** `types` has the type of each field of the plan. */
  constructor(plan: RowsPlan, types: ReadonlyMap<string, ColumnType>, kernel: Kernel) {
    this.#plan = plan
    this.#types = new Map([...types, ...fieldTypes([plan.filter])])
    this.#kernel = kernel
    this.#scratch = new ColumnScratch(kernel)
    this.#cutScratch = new ColumnScratch(kernel)
    this.#filter = new RowFilter(plan.filter, this.#types, kernel)
  }

  /** Batches in the plan's order. `refs` are in canonical order. */
  async *run(source: GroupSource, refs: Uint32Array, use: ScanUse = freeUse()): AsyncGenerator<Batch> {
    this.#use = use
    const plan = this.#plan
    const sliceRows = plan.limit === undefined ? SLICE_ROWS : LIMITED_SLICE_ROWS
    const slices = planSlices(await source.outline(refs, plan), plan, sliceRows)
    if (plan.order === 'desc') slices.reverse()
    let left = plan.limit ?? Number.POSITIVE_INFINITY
    let [done, passed] = [0, 0]
    while (done < slices.length) {
      // To look up the blocks of each series once more takes as long as a tenth of them.
      const wanted =
        plan.limit === undefined && done > 0 ? Math.floor((done * PLANNED_READ_ROWS) / Math.max(passed, 1)) : 1
      const read = slices.slice(done, done + Math.min(Math.max(wanted, 1), MAX_SLICES_A_READ))
      const batches = await this.#read(source, refs, read, left)
      done += batches.length
      for (const [i, batch] of batches.entries()) {
        left -= batch.rows
        passed += batch.rows
        this.#isLast = left <= 0 || (done === slices.length && !batches.slice(i + 1).some(({ rows }) => rows > 0))
        if (batch.rows > 0) yield batch
        if (left <= 0) return
      }
    }
  }

  /** Whether no batch comes after the one that came last. */
  get isLast(): boolean {
    return this.#isLast
  }

  /** A batch for each slice, or for the first ones of them where more rows pass than were to be expected. */
  async #read(source: GroupSource, refs: Uint32Array, slices: readonly TimeRange[], limit: number): Promise<Batch[]> {
    const batches: Batch[] = []
    let rows = 0
    for (const parts of await this.#collect(source, refs, slices)) {
      rows += parts.reduce((total, { places }) => total + places.length, 0)
      if (batches.length > 0 && rows > MAX_READ_ROWS) break
      const turn = this.#use.turn(parts.length)
      if (turn) await turn
      batches.push(this.#batch(parts, limit))
    }
    return batches
  }

  /** What passes by slice; slices follow each other in the plan's order. */
  async #collect(source: GroupSource, refs: Uint32Array, slices: readonly TimeRange[]): Promise<PassedRows[][]> {
    const fields = [...new Set([...this.#plan.fields, ...fieldNames([this.#plan.filter])])]
    const rising = this.#plan.order === 'asc' ? slices : slices.toReversed()
    const parts = rising.map((): PassedRows[] => [])
    const range = { start: rising[0]?.start ?? 0n, end: rising.at(-1)?.end ?? 0n }
    const borders = [range.start, ...rising.map(({ end }) => end)]
    for await (const series of source.read(refs, fields, range, this.#use)) {
      for (const rows of series) {
        const turn = this.#use.turn(rows.groups.length)
        if (turn) await turn
        for (const run of this.#runs(orderGroups(rows.groups, fields, this.#kernel), range)) {
          const passed = this.#filter.passing(run, rows.tags, this.#use.counts)
          if (passed.length === 0) continue
          const cuts = borders.map((time) => this.#placeFrom(run, passed, time))
          for (const [i, part] of parts.entries()) {
            const [from, to] = [cuts[i] as number, cuts[i + 1] as number]
            if (from < to) part.push(...PassedRows.cut(rows.tags, run, passed, [from, to]))
          }
        }
      }
    }
    return this.#plan.order === 'asc' ? parts : parts.reverse()
  }

  /** Groups that may have rows of the answer, together as long as each follows the one before. */
  #runs(groups: readonly RowGroup[], range: TimeRange): RowGroup[][] {
    const runs: RowGroup[][] = []
    let last: RowGroup | undefined
    for (const group of groups) {
      if (!meets(group, range)) continue
      if (this.#plan.filter && !mayPass(this.#plan.filter, group)) {
        this.#use.counts.skippedGroups++
        continue
      }
      if (this.#filter.mayThrow && !this.#hasRows(group, range)) continue
      const run = runs[runs.length - 1]
      if (run && last && run.length < RUN_BLOCKS && group.follows?.(last)) run.push(group)
      else runs.push([group])
      last = group
    }
    return runs
  }

  /** Whether a group that meets a range has rows in it. */
  #hasRows(group: RowGroup, { start, end }: TimeRange): boolean {
    if (group.minTime >= start || group.maxTime < end) return true
    const times = this.#timesOf(group)
    return lowerBound(times, start) < lowerBound(times, end)
  }

  /** Number of the first of some places, counted from the first row of the first group, whose time is not before `time`. */
  #placeFrom(groups: readonly RowGroup[], places: Uint32Array, time: bigint): number {
    let firstRow = 0
    for (const group of groups) {
      if (time <= group.minTime) return placeOf(places, firstRow, 0)
      if (time <= group.maxTime) return placeOf(places, firstRow + lowerBound(this.#timesOf(group), time), 0)
      firstRow += group.rows
    }
    return places.length
  }

  /** The times of a group that a slice cuts; most often it is asked for them again for the next one. */
  #timesOf(group: RowGroup): BigInt64Array {
    if (this.#cut?.group === group) return this.#cut.times
    if (isBlock(group.time)) this.#use.counts.decodedBlocks++
    this.#cutScratch.reset()
    const times = this.#cutScratch.decode(group.time, TIME_COLUMN).values as BigInt64Array // the values of times
    this.#cut = { group, times }
    return times
  }

  #batch(parts: readonly PassedRows[], limit: number): Batch {
    const options = { plan: this.#plan, types: this.#types, kernel: this.#kernel, decode: this.#decodeAnew, limit }
    return batchOfRows(parts, options, this.#use.counts)
  }
}

function meets({ minTime, maxTime }: RowGroup, { start, end }: TimeRange): boolean {
  return minTime < end && maxTime >= start
}
