import type { Batch, Column, ColumnType } from '../core/batch.ts'
import { isValid } from '../core/batch.ts'
import { concatColumns, missingColumn, sliceColumn } from '../core/columns.ts'
import type { LatestPlan } from '../core/plan.ts'
import { compareTexts, type Tags, tagValue } from '../core/series.ts'
import { blockLastF64, blockLastI64, blockNulls, blockType } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { evaluateFilter } from './evaluate.ts'
import { type ColumnDecoder, fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { decodeColumn, orderGroups } from './merge-groups.ts'
import { type Block, type GroupSource, isBlock, type RowGroup, type SeriesRows, type TimeRange } from './row-group.ts'
import { lowerBound } from './rows-scan.ts'
import { freeUse, type ScanUse } from './scan-use.ts'

/** One row: its series, its group and its place there. */
interface Found {
  tags: Tags
  partition: readonly string[]
  time: bigint
  group: RowGroup
  frame: GroupFrame
  row: number
}

/** Runs a latest plan over the series of one host: the newest row that passes, of each partition. */
export class LatestScan {
  readonly #plan: LatestPlan
  readonly #fields: readonly string[]
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #decode: ColumnDecoder
  readonly #newest = new Map<string, Found>()
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
    source: GroupSource,
    refs: Uint32Array,
    slowBefore: bigint | undefined = undefined,
    use: ScanUse = freeUse(),
  ): Promise<Batch> {
    this.#use = use
    if (slowBefore === undefined || slowBefore <= this.#plan.start) {
      await this.#read(source, refs, this.#plan)
      return this.#batch()
    }
    const partitions = await this.#read(source, refs, { start: slowBefore, end: this.#plan.end })
    const rest = refs.filter((_, i) => {
      const found = this.#newest.get(partitions[i] as string)
      return found === undefined || found.time < slowBefore
    })
    await this.#read(source, rest, this.#plan)
    return this.#batch()
  }

  /** Returns the partition of each series. */
  async #read(source: GroupSource, refs: Uint32Array, range: TimeRange): Promise<string[]> {
    const partitions: string[] = []
    for await (const part of source.read(refs, this.#fields, range, this.#use)) {
      for (const series of part) {
        const turn = this.#use.turn(series.groups.length)
        if (turn) await turn
        partitions.push(this.#addSeries(series))
      }
    }
    return partitions
  }

  /** Of rows with one time that of the later series in canonical order is the newest. */
  #addSeries(series: SeriesRows): string {
    const partition = this.#plan.by.map((name) => tagValue(series.tags, name))
    const key = JSON.stringify(partition)
    const known = this.#newest.get(key)
    const found = this.#newestRow(series, known?.time)
    if (found) this.#newest.set(key, { ...found, partition })
    return key
  }

  #newestRow(series: SeriesRows, notBefore: bigint | undefined): Omit<Found, 'partition'> | undefined {
    const groups = orderGroups(series.groups, this.#fields, this.#kernel)
    for (let i = groups.length - 1; i >= 0; i--) {
      const group = groups[i] as (typeof groups)[number]
      if (group.maxTime < this.#plan.start || (notBefore !== undefined && group.maxTime < notBefore)) return undefined
      if (group.minTime >= this.#plan.end) continue
      const frame = new GroupFrame(group, series.tags, this.#types, this.#decode)
      const row = this.#lastPassing(frame, group.maxTime < this.#plan.end)
      if (row < 0) continue
      const time = row === group.rows - 1 ? group.maxTime : (frame.times[row] as bigint)
      if (time < this.#plan.start || (notBefore !== undefined && time < notBefore)) return undefined
      return { tags: series.tags, time, group, frame, row }
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

  #batch(): Batch {
    const found = [...this.#newest.values()].sort((a, b) => compareTexts(a.partition, b.partition))
    const times = BigInt64Array.from(found, ({ time }) => time)
    const columns: Column[] = [{ name: 'time', type: 'time', values: times }]
    for (const tag of this.#plan.tags)
      columns.push(
        textColumn(
          tag,
          found.map(({ tags }) => tagValue(tags, tag)),
        ),
      )
    for (const name of this.#plan.fields) {
      const parts = found.map((one) => ({ rows: 1, column: fieldValue(one, name) }))
      columns.push(concatColumns(name, parts) ?? missingColumn(name, this.#types.get(name) ?? 'f64', found.length))
    }
    return { rows: found.length, columns }
  }
}

/** The value of a field in a row as a column of one row, `undefined` where it is missing. */
function fieldValue({ group, frame, row }: Found, name: string): Column | undefined {
  const column = group.field(name)
  if (column === undefined) return undefined
  const last = isBlock(column) && row === group.rows - 1 ? lastOfHeader(column, name) : undefined
  if (last) return last
  const decoded = frame.column(name, 'field')
  return isValid(decoded.validity, row) ? sliceColumn(decoded, row, row + 1) : undefined
}

/** The value of a block's last row, where its header has it: in blocks of numbers without a missing value. */
function lastOfHeader({ view, block }: Block, name: string): Column | undefined {
  if (blockNulls(view, block) > 0) return undefined
  const type = blockType(view, block)
  if (type === 'f64') return { name, type, values: Float64Array.of(blockLastF64(view, block)) }
  return type === 'i64' ? { name, type, values: BigInt64Array.of(blockLastI64(view, block)) } : undefined
}

/** Texts as a column; `''` is missing. */
function textColumn(name: string, texts: readonly string[]): Column {
  const parts = texts.map((text): { rows: number; column: Column | undefined } => ({
    rows: 1,
    column: text === '' ? undefined : { name, type: 'string', values: new Uint32Array(1), dictionary: [text] },
  }))
  return concatColumns(name, parts) ?? missingColumn(name, 'string', texts.length)
}
