import { type Column, emptyValidity, isValid, setValid } from '../../core/batch.ts'
import { sliceColumn } from '../../core/columns.ts'
import type { AggregateInput, AggregatePlan, PartialAggregate } from '../../core/plan.ts'
import type { TableRows } from '../../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import { BLOCK_ROWS } from '../../kernel/header.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { AggregateScan } from '../../scan/aggregate-scan.ts'
import type { SeriesGroups } from '../../scan/cell-groups.ts'
import { PlainGroup } from '../../scan/merge-groups.ts'
import { windowStart } from '../../scan/windows.ts'
import { MAX_FOLLOWED_REFS } from './rising-times.ts'
import { dependsOnOrder } from './shard-shares.ts'

/** Groups of a plan, at most: each append costs some microseconds for each that it has rows of. */
export const MAX_ADDED_GROUPS = 64
/** A scan of fewer series takes less than to look for them in each append. */
export const LEAST_ADDED_SERIES = 64
/** Windows that rows may have until the states are taken, and how many of them are earlier than that of the first row. */
const MAX_ADDED_WINDOWS = 4096n
const EARLIER_WINDOWS = 64n
/** Rows of one append, at most, which a turn aggregates for each plan. */
export const MAX_ADDED_ROWS: number = 1 << 16

/** The series of a plan, and what they are grouped into. */
export interface AddedPlace {
  kernel: Kernel
  index: SeriesIndex
  refs: Uint32Array
  /** Series of higher refs came after the plan's were chosen. */
  refLimit: number
  groups: SeriesGroups
  /** No row of them has a later time. */
  after: bigint
  /** The host's number. */
  number: number
}

/** The states of rows that come after all that a scan has read, so that it need not be made again for them. */
export class AddedRows {
  readonly shard: number
  /** Rows until this time have been scanned. */
  after: bigint
  readonly #plan: AggregatePlan
  readonly #place: AddedPlace
  readonly #fields: readonly string[]
  /** By ref, from 1 on; 0 where the series is not the plan's. */
  readonly #groupOf: Uint8Array
  /** A series of each group. */
  readonly #models: Uint32Array
  #open: { scan: AggregateScan; start: bigint; end: bigint } | undefined

  private constructor(plan: AggregatePlan, place: AddedPlace) {
    const { refs, refLimit, groups, after, number } = place
    this.shard = number
    this.after = after
    this.#plan = plan
    this.#place = place
    this.#fields = plan.inputs.flatMap(({ expression }) => (expression?.kind === 'column' ? [expression.name] : []))
    this.#groupOf = new Uint8Array(refLimit)
    this.#models = new Uint32Array(groups.values.length)
    refs.forEach((ref, i) => {
      const group = groups.numbers[i] as number
      this.#groupOf[ref] = 1 + group
      this.#models[group] = ref
    })
  }

  /** `undefined` where the series are too many, or too few. The plan is one that `addsUp`. */
  static of(plan: AggregatePlan, place: AddedPlace): AddedRows | undefined {
    const { groups, refLimit, refs } = place
    const isLimited = refLimit <= MAX_FOLLOWED_REFS && groups.values.length <= MAX_ADDED_GROUPS
    return isLimited && refs.length >= LEAST_ADDED_SERIES ? new AddedRows(plan, place) : undefined
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#groupOf.length + 8 * this.#models.length
  }

  /**
   * Takes rows each of which comes after all of its series, and whose times rise; false where it takes none, since some may have been
   * scanned or are of new series.
   */
  take(rows: TableRows): boolean {
    const { series, time } = rows
    const [first, last] = [time[0], time[time.length - 1]]
    if (first === undefined || last === undefined) return true
    if (time.length > MAX_ADDED_ROWS) return false
    if (first <= this.after || !this.#opened(first, last)) return false
    const places = this.#placesByGroup(series)
    if (places === undefined) return false
    for (const [group, own] of places.entries()) {
      for (let from = 0; from < own.length; from += BLOCK_ROWS) {
        this.#add(rows, group, own.subarray(from, from + BLOCK_ROWS))
      }
    }
    return true
  }

  /** The states of the rows since the last call; `undefined` where there were none. */
  takeStates(): PartialAggregate | undefined {
    const states = this.#open?.scan.finish()
    this.#open = undefined
    return states?.cellGroup.length === 0 ? undefined : states
  }

  /** Whether there is room for the windows of some times. */
  #opened(first: bigint, last: bigint): boolean {
    const { window } = this.#plan
    if (this.#open) return first >= this.#open.start && last < this.#open.end
    if (window === undefined) return false
    const start = windowStart(first, window.origin, window.width) - EARLIER_WINDOWS * window.width
    const most = start + MAX_ADDED_WINDOWS * window.width
    const end = most < MAX_TIME ? most : MAX_TIME
    if (start < MIN_TIME + window.width || last >= end) return false
    const { kernel, groups } = this.#place
    const { asked: _asked, reader: _reader, rowsFrom: _rowsFrom, ...plan } = this.#plan
    this.#open = { scan: new AggregateScan({ ...plan, start, end }, groups, kernel), start, end }
    return true
  }

  /** Places of rows by their groups; `undefined` where some are of series that came after the plan's were chosen. */
  #placesByGroup(series: Uint32Array): Uint32Array[] | undefined {
    const counts = new Uint32Array(1 + this.#models.length)
    for (const ref of series) {
      if (ref >= this.#groupOf.length) return undefined
      const group = this.#groupOf[ref] as number
      counts[group] = (counts[group] as number) + 1
    }
    const places = Array.from(counts.subarray(1), (count) => new Uint32Array(count))
    const filled = new Uint32Array(counts.length)
    for (let row = 0; row < series.length; row++) {
      const group = this.#groupOf[series[row] as number] as number
      if (group === 0) continue
      const own = places[group - 1] as Uint32Array
      own[filled[group] as number] = row
      filled[group] = (filled[group] as number) + 1
    }
    return places
  }

  #add({ time, fields }: TableRows, group: number, places: Uint32Array): void {
    const columns = new Map<string, Column>()
    for (const column of fields) {
      if (this.#fields.includes(column.name)) columns.set(column.name, picked(column, places))
    }
    const times = picked({ name: 'time', type: 'time', values: time }, places).values as BigInt64Array
    const tags = this.#place.index.tags(this.#models[group] as number)
    this.#open?.scan.add({ tags }, group, [new PlainGroup(times, columns)])
  }
}

/** Whether the states of a plan are those of its rows in any order, each counted by itself. */
export function addsUp(plan: AggregatePlan): boolean {
  if (plan.filter !== undefined || plan.rollup !== undefined || (plan.lookBack ?? 0n) > 0n) return false
  if ((plan.accumulators ?? []).length > 0 || dependsOnOrder(plan)) return false
  return plan.inputs.every(isPlain)
}

function isPlain({ expression, measures }: AggregateInput): boolean {
  if (expression === undefined) return true
  if (expression.kind !== 'column' || expression.source !== 'field') return false
  if (expression.type !== 'i64' && expression.type !== 'f64') return false
  // First and last go by the time, of which a group may have many rows.
  return measures.every((measure) => measure === 'sum' || measure === 'min' || measure === 'max')
}

/** Some rows of a column; all of them as they are. */
function picked(column: Column, places: Uint32Array): Column {
  const [first, last] = [places[0] as number, places[places.length - 1] as number]
  if (last - first === places.length - 1) return sliceColumn(column, first, last + 1)
  const { values, validity, ...rest } = column
  const own = values.slice(0, places.length)
  const size = values.BYTES_PER_ELEMENT
  if (size === 8) {
    // As words: a number of 64 bits by itself is an object.
    const from = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
    const to = new Int32Array(own.buffer)
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number
      to[2 * i] = from[2 * place] as number
      to[2 * i + 1] = from[2 * place + 1] as number
    }
  } else for (let i = 0; i < places.length; i++) own[i] = values[places[i] as number] as number
  const part = { ...rest, values: own } as Column // one type for both, which spreading loses
  if (validity === undefined) return part
  const bits = emptyValidity(places.length)
  for (let i = 0; i < places.length; i++) if (isValid(validity, places[i] as number)) setValid(bits, i)
  return { ...part, validity: bits }
}
