import type { Batch, Column, ColumnType } from '../core/batch.ts'
import { valueAt } from '../core/batch.ts'
import type { Literal } from '../core/expression.ts'
import { literalsColumn } from '../core/literals.ts'
import type { LatestPlan } from '../core/plan.ts'
import { compareTexts, type Tags, tagValue } from '../core/series.ts'
import { MAX_TIME } from '../core/time.ts'
import { blockLastF64, blockLastI64, blockNulls, blockType } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { evaluateFilter } from './evaluate.ts'
import { type ColumnDecoder, fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { decodeColumn, orderGroups } from './merge-groups.ts'
import type { KnownNewest, NewestRow } from './newest-rows.ts'
import { type Block, type GroupSource, isBlock, type RowGroup, type SeriesRows, type TimeRange } from './row-group.ts'
import { freeUse, type ScanUse } from './scan-use.ts'
import { lowerBound } from './time-slices.ts'

/** Where rows come from, and what is known of the newest ones. */
export interface NewestSource extends GroupSource {
  newest(table: string, fields: readonly string[]): KnownNewest
}

/** A series with its newest row that passes, if there is one. */
interface Candidate {
  tags: Tags
  row: NewestRow | undefined
}

/** By ref. */
type Candidates = Map<number, Candidate>

/** The newest row of a partition. */
interface Found {
  partition: readonly string[]
  row: NewestRow
}

/** Runs a latest plan over the series of one host: the newest row that passes, of each partition. */
export class LatestScan {
  readonly #plan: LatestPlan
  readonly #fields: readonly string[]
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #decode: ColumnDecoder
  #use = freeUse()

  /** `types` has the type of each field of the plan. */
  constructor(plan: LatestPlan, types: ReadonlyMap<string, ColumnType>, kernel: Kernel) {
    this.#plan = plan
    this.#fields = [...new Set([...plan.fields, ...fieldNames([plan.filter])])]
    this.#types = new Map([...types, ...fieldTypes([plan.filter])])
    this.#kernel = kernel
    this.#decode = (column, name) => {
      if (isBlock(column)) this.#use.counts.decodedBlocks++
      return decodeColumn(column, name, kernel)
    }
  }

  /**
   * One batch, by the values of the plan's `by`. `refs` are in canonical order. Rows before `slowBefore` are dear to read: they
   * are looked at only for partitions that have none after it.
   */
  async run(
    source: NewestSource,
    refs: Uint32Array,
    slowBefore: bigint | undefined = undefined,
    use: ScanUse = freeUse(),
  ): Promise<Batch> {
    this.#use = use
    const candidates = new Map<number, Candidate>()
    if (slowBefore === undefined || slowBefore <= this.#plan.start) await this.#readUnknown(source, refs, candidates)
    else await this.#readSlowly(source, refs, candidates, slowBefore)
    return this.#batch([...this.#newestOf(refs, candidates).values()])
  }

  /** Reads the series whose newest row is not known, from where it may be. */
  async #readUnknown(source: NewestSource, refs: Uint32Array, candidates: Candidates): Promise<void> {
    const { table, fields, start, end, filter } = this.#plan
    const isOfAll = filter === undefined && end === MAX_TIME
    if (!isOfAll) return this.#read(source, refs, this.#plan, candidates)
    const newest = source.newest(table, fields)
    let from = MAX_TIME
    const unknown = refs.filter((ref) => {
      const known = newest.find(ref)
      const time = known?.row.time ?? start
      if (known && !known.isOvertaken) {
        candidates.set(ref, { tags: known.row.tags, row: time < start ? undefined : known.row })
        return false
      }
      if (time < from) from = time
      return true
    })
    if (unknown.length === 0) return
    await this.#read(source, unknown, { start: from > start ? from : start, end }, candidates)
    newest.keep(rowsOf(candidates, unknown))
  }

  async #readSlowly(source: GroupSource, refs: Uint32Array, candidates: Candidates, before: bigint): Promise<void> {
    await this.#read(source, refs, { start: before, end: this.#plan.end }, candidates)
    const newest = this.#newestOf(refs, candidates)
    const rest = refs.filter((ref) => {
      const found = newest.get(this.#keyOf(candidates.get(ref)))
      return found === undefined || found.row.time < before
    })
    await this.#read(source, rest, this.#plan, candidates)
  }

  async #read(source: GroupSource, refs: Uint32Array, range: TimeRange, candidates: Candidates): Promise<void> {
    /** Newest times of partitions: with a filter it is dear to look before them. */
    const times = this.#plan.filter ? new Map<string, bigint>() : undefined
    for await (const part of source.read(refs, this.#fields, range, this.#use)) {
      for (const series of part) {
        const turn = this.#use.turn(series.groups.length)
        if (turn) await turn
        const key = times && this.#keyOf(series)
        const notBefore = key === undefined ? undefined : times?.get(key)
        const row = this.#newestRow(series, notBefore)
        candidates.set(series.ref, { tags: series.tags, row })
        if (row && key !== undefined) times?.set(key, row.time)
      }
    }
  }

  /** By the key of their partitions; of rows with one time that of the later series in canonical order is the newest. */
  #newestOf(refs: Uint32Array, candidates: Candidates): Map<string, Found> {
    const newest = new Map<string, Found>()
    for (const ref of refs) {
      const candidate = candidates.get(ref)
      if (candidate?.row === undefined) continue
      const key = this.#keyOf(candidate)
      const known = newest.get(key)
      if (known && candidate.row.time < known.row.time) continue
      newest.set(key, { partition: this.#partitionOf(candidate.tags), row: candidate.row })
    }
    return newest
  }

  #partitionOf(tags: Tags): string[] {
    return this.#plan.by.map((name) => tagValue(tags, name))
  }

  #keyOf(candidate: { tags: Tags } | undefined): string {
    return candidate ? JSON.stringify(this.#partitionOf(candidate.tags)) : ''
  }

  #newestRow(series: SeriesRows, notBefore: bigint = this.#plan.start): NewestRow | undefined {
    const groups = orderGroups(series.groups, this.#fields, this.#kernel)
    for (let i = groups.length - 1; i >= 0; i--) {
      const group = groups[i] as RowGroup
      if (group.maxTime < notBefore) return undefined
      if (group.minTime >= this.#plan.end) continue
      const frame = new GroupFrame(group, series.tags, this.#types, this.#decode)
      const row = this.#lastPassing(frame, group.maxTime < this.#plan.end)
      if (row < 0) continue
      const time = row === group.rows - 1 ? group.maxTime : (frame.times[row] as bigint)
      if (time < notBefore) return undefined
      return { tags: series.tags, time, values: this.#plan.fields.map((name) => fieldValue(group, frame, row, name)) }
    }
    return undefined
  }

  #lastPassing(frame: GroupFrame, whole: boolean): number {
    const last = whole ? frame.rows - 1 : lowerBound(frame.times, this.#plan.end) - 1
    if (this.#plan.filter === undefined) return last
    const passes = evaluateFilter(this.#plan.filter, frame)
    for (let row = last; row >= 0; row--) if (passes[row] === 1) return row
    return -1
  }

  #batch(found: Found[]): Batch {
    found.sort((a, b) => compareTexts(a.partition, b.partition))
    const { tags, fields } = this.#plan
    const texts = (name: string): Literal[] => found.map(({ row }) => tagValue(row.tags, name) || null)
    const columns: Column[] = [
      { name: 'time', type: 'time', values: BigInt64Array.from(found, ({ row }) => row.time) },
      ...tags.map((name) => literalsColumn(name, 'string', texts(name))),
      ...fields.map((name, at) => {
        const values = found.map(({ row }) => row.values[at] ?? null)
        return literalsColumn(name, this.#types.get(name) ?? 'f64', values)
      }),
    ]
    return { rows: found.length, columns }
  }
}

function rowsOf(candidates: Candidates, refs: Uint32Array): Map<number, NewestRow> {
  const rows = new Map<number, NewestRow>()
  for (const ref of refs) {
    const row = candidates.get(ref)?.row
    if (row) rows.set(ref, row)
  }
  return rows
}

/** The value of a field in a row of a group. */
function fieldValue(group: RowGroup, frame: GroupFrame, row: number, name: string): Literal {
  const column = group.field(name)
  if (column === undefined) return null
  const last = isBlock(column) && row === group.rows - 1 ? lastOfHeader(column) : undefined
  return last ?? valueAt(frame.column(name, 'field'), row)
}

/** The value of a block's last row, where its header has it: in blocks of numbers without a missing value. */
function lastOfHeader({ view, block }: Block): number | bigint | undefined {
  if (blockNulls(view, block) > 0) return undefined
  const type = blockType(view, block)
  if (type === 'f64') return blockLastF64(view, block)
  return type === 'i64' ? blockLastI64(view, block) : undefined
}
