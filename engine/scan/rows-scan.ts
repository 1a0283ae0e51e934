import type { Batch, ColumnType } from '../core/batch.ts'
import type { RowsPlan } from '../core/plan.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ColumnScratch } from './column-scratch.ts'
import { evaluateFilter } from './evaluate.ts'
import { type ColumnDecoder, fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { orderGroups } from './merge-groups.ts'
import type { PassedRows } from './passed-rows.ts'
import { PassingRun } from './passing-run.ts'
import { mayPass } from './prune.ts'
import { batchOfRows } from './row-batch.ts'
import { type GroupSource, isBlock, type RowGroup, type SeriesRows, type TimeRange } from './row-group.ts'
import { freeUse, type ScanUse } from './scan-use.ts'
import { lowerBound, planSlices } from './time-slices.ts'

/** Rows that one step reads, about: a slice of time ends at the first group that starts after so many. */
export const SLICE_ROWS = 262_144
/** The same where a limit may make the first steps enough. */
export const LIMITED_SLICE_ROWS = 32_768
/** Most slices that are read together, where few rows of each pass. */
export const MAX_SLICES_A_READ = 16

/** Rows of an answer that one read makes, unless one slice has more. */
export const MAX_READ_ROWS = 524_288

/** Runs a rows plan over the series of one host, a slice of time after the other. */
export class RowsScan {
  readonly #plan: RowsPlan
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #scratch: ColumnScratch
  readonly #run = new PassingRun()
  #use = freeUse()
  readonly #decode: ColumnDecoder = (column, name) => {
    if (isBlock(column)) this.#use.counts.decodedBlocks++
    return this.#scratch.decode(column, name)
  }
  /** What it answers lasts until it is asked again. */
  readonly #decodeAnew: ColumnDecoder = (column, name) => {
    this.#scratch.reset()
    return this.#decode(column, name)
  }
  #isLast = false

  /** `types` has the type of each field of the plan. */
  constructor(plan: RowsPlan, types: ReadonlyMap<string, ColumnType>, kernel: Kernel) {
    this.#plan = plan
    this.#types = new Map([...types, ...fieldTypes([plan.filter])])
    this.#kernel = kernel
    this.#scratch = new ColumnScratch(kernel)
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
      // As many as let about the rows of one slice pass, going by those so far.
      const wanted = plan.limit === undefined && done > 0 ? Math.floor((done * sliceRows) / Math.max(passed, 1)) : 1
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
    const collected = rising.map((slice): SliceRows => ({ slice, parts: [] }))
    const range = { start: rising[0]?.start ?? 0n, end: rising.at(-1)?.end ?? 0n }
    for await (const series of source.read(refs, fields, range, this.#use)) {
      for (const rows of series) {
        const turn = this.#use.turn(rows.groups.length)
        if (turn) await turn
        this.#collectSeries(rows, fields, collected)
      }
    }
    const parts = collected.map((each) => each.parts)
    return this.#plan.order === 'asc' ? parts : parts.reverse()
  }

  #collectSeries(series: SeriesRows, fields: readonly string[], slices: readonly SliceRows[]): void {
    const run = this.#run
    let first = 0
    let current: SliceRows | undefined
    const finish = (): void => {
      const passed = run.take(series.tags)
      if (passed) current?.parts.push(passed)
    }
    for (const group of orderGroups(series.groups, fields, this.#kernel)) {
      while (first < slices.length && (slices[first] as SliceRows).slice.end <= group.minTime) first++
      if (first === slices.length) break
      const meeting = slices.slice(first).filter(({ slice }) => meets(group, slice))
      if (meeting.length === 0) continue
      if (this.#plan.filter && !mayPass(this.#plan.filter, group)) {
        this.#use.counts.skippedGroups++
        continue
      }
      this.#scratch.reset()
      const frame = new GroupFrame(group, series.tags, this.#types, this.#decode)
      let passes: Uint8Array | undefined
      for (const one of meeting) {
        const [from, to] = rowsWithin(group, one.slice, frame)
        if (from === to) continue
        if (this.#plan.filter) passes ??= evaluateFilter(this.#plan.filter, frame)
        if (one !== current || !run.takes(group)) finish()
        current = one
        run.add(group, [from, to], passes)
      }
    }
    finish()
  }

  #batch(parts: readonly PassedRows[], limit: number): Batch {
    const options = { plan: this.#plan, types: this.#types, kernel: this.#kernel, decode: this.#decodeAnew, limit }
    return batchOfRows(parts, options, this.#use.counts)
  }
}

/** What passes of one slice of time. */
interface SliceRows {
  slice: TimeRange
  parts: PassedRows[]
}

function meets({ minTime, maxTime }: RowGroup, { start, end }: TimeRange): boolean {
  return minTime < end && maxTime >= start
}

/** Rows `[from, to)` of a group lie within a range. */
function rowsWithin(group: RowGroup, { start, end }: TimeRange, frame: GroupFrame): [from: number, to: number] {
  if (group.minTime >= start && group.maxTime < end) return [0, group.rows]
  return [lowerBound(frame.times, start), lowerBound(frame.times, end)]
}
