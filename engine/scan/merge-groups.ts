import { type Column, type I64Column, isValid } from '../core/batch.ts'
import { concatColumns, gatherColumn, NO_ROW, sliceColumn } from '../core/columns.ts'
import { giveUp } from '../core/given-up-memory.ts'
import { BLOCK_ROWS, blockNulls, blockType, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type Block, type GroupColumn, isBlock, type RowGroup } from './row-group.ts'

/** A group whose columns are plain arrays. */
export class PlainGroup implements RowGroup {
  readonly rows: number
  readonly minTime: bigint
  readonly maxTime: bigint
  readonly time: I64Column
  readonly #fields: ReadonlyMap<string, Column>

  /** `times` ascend strictly and are at least one; every field has as many values. */
  constructor(times: BigInt64Array, fields: ReadonlyMap<string, Column>) {
    this.rows = times.length
    this.minTime = times[0] as bigint
    this.maxTime = times[times.length - 1] as bigint
    this.time = { name: 'time', type: 'time', values: times }
    this.#fields = fields
  }

  field(name: string): Column | undefined {
    return this.#fields.get(name)
  }
}

/** A group's column as plain values. */
export function decodeColumn(column: GroupColumn, name: string, kernel: Kernel): Column {
  if (!isBlock(column)) return column
  return kernel.decode(column.headers, column.block * HEADER_BYTES, column.payload, name, column.model)
}

export function decodeTimes(group: RowGroup, kernel: Kernel): BigInt64Array {
  if (!isBlock(group.time)) return group.time.values
  const column = decodeColumn(group.time, 'time', kernel)
  if (column.type !== 'time') throw new Error(`a time block decoded as ${column.type}`)
  return column.values
}

/**
 * Groups of one series, of which later ones win, as groups that follow each other in time without overlap. What overlaps
 * is merged: of rows with one time the later group's values win, field by field.
 */
export function orderGroups(
  groups: readonly RowGroup[],
  fields: readonly string[],
  kernel: Kernel,
): readonly RowGroup[] {
  if (isOrdered(groups)) return groups
  const ranked = groups.map((group, rank) => ({ group, rank }))
  ranked.sort((a, b) =>
    a.group.minTime < b.group.minTime ? -1 : a.group.minTime > b.group.minTime ? 1 : a.rank - b.rank,
  )
  const ordered: RowGroup[] = []
  let cluster: typeof ranked = []
  let clusterEnd = 0n
  const finishCluster = (): void => {
    const first = cluster[0]
    if (first === undefined) return
    if (cluster.length === 1) ordered.push(first.group)
    else {
      cluster.sort((a, b) => a.rank - b.rank)
      ordered.push(
        ...mergeGroups(
          cluster.map(({ group }) => group),
          fields,
          kernel,
        ),
      )
    }
  }
  for (const entry of ranked) {
    if (cluster.length > 0 && entry.group.minTime > clusterEnd) {
      finishCluster()
      cluster = []
    }
    clusterEnd = cluster.length === 0 || entry.group.maxTime > clusterEnd ? entry.group.maxTime : clusterEnd
    cluster.push(entry)
  }
  finishCluster()
  return ordered
}

function isOrdered(groups: readonly RowGroup[]): boolean {
  for (let i = 1; i < groups.length; i++) {
    if ((groups[i] as RowGroup).minTime <= (groups[i - 1] as RowGroup).maxTime) return false
  }
  return true
}

function mergeGroups(groups: readonly RowGroup[], fields: readonly string[], kernel: Kernel): RowGroup[] {
  const [times, columns] = joinGroups(groups, fields, kernel)
  return sliceGroups(...newestRows(times, kernel.sortTimes(times), columns))
}

type Rows = [times: BigInt64Array, fields: Map<string, Column>]

/** The rows of groups one after the other, decoded. */
export function joinGroups(groups: readonly RowGroup[], fields: readonly string[], kernel: Kernel): Rows {
  const rows = groups.reduce((sum, group) => sum + group.rows, 0)
  const times = new BigInt64Array(rows)
  let at = 0
  for (const { time, rows } of groups) {
    if (isBlock(time)) decodeBlockInto(time, times, at, kernel)
    else times.set(time.values, at)
    at += rows
  }
  const columns = new Map<string, Column>()
  for (const name of fields) {
    const joined = joinNumbers(groups, name, kernel) ?? joinColumns(groups, name, kernel)
    if (joined) columns.set(name, joined)
  }
  return [times, columns]
}

/** A column of groups that have blocks of numbers for it, of one type and without missing values; `undefined` where some do not. */
function joinNumbers(groups: readonly RowGroup[], name: string, kernel: Kernel): Column | undefined {
  let type: 'f64' | 'i64' | undefined
  const blocks: Block[] = []
  let rows = 0
  for (const group of groups) {
    const block = group.field(name)
    if (block === undefined || !isBlock(block) || blockNulls(block.view, block.block) > 0) return undefined
    const own = blockType(block.view, block.block)
    if ((own !== 'f64' && own !== 'i64') || own !== (type ?? own)) return undefined
    type = own
    blocks.push(block)
    rows += group.rows
  }
  const column: Column =
    type === 'f64'
      ? { name, type, values: new Float64Array(rows) }
      : { name, type: 'i64', values: new BigInt64Array(rows) }
  let at = 0
  for (const block of blocks) at += decodeBlockInto(block, column.values, at, kernel)
  return column
}

function decodeBlockInto(
  { headers, block, payload, model }: Block,
  target: Float64Array | BigInt64Array,
  at: number,
  kernel: Kernel,
): number {
  return kernel.decodeInto(headers, block * HEADER_BYTES, payload, target, at, model)
}

function joinColumns(groups: readonly RowGroup[], name: string, kernel: Kernel): Column | undefined {
  const parts = groups.map((group) => {
    const column = group.field(name)
    const isOwn = column !== undefined && isBlock(column)
    return { rows: group.rows, column: column && decodeColumn(column, name, kernel), isOwn }
  })
  const joined = concatColumns(name, parts)
  for (const { column, isOwn } of parts) if (column && isOwn) giveUp(column.values)
  return joined
}

/** Of rows in `order`, which sorts `times` with later rows last among equals: one row a time, each field's newest value. */
function newestRows(times: BigInt64Array, order: Uint32Array, columns: ReadonlyMap<string, Column>): Rows {
  const lastOfTime = new Uint32Array(order.length)
  let count = 0
  for (let i = 0; i < order.length; i++) {
    if (i + 1 === order.length || times[order[i + 1] as number] !== times[order[i] as number]) lastOfTime[count++] = i
  }
  const ends = lastOfTime.subarray(0, count)
  const outTimes = new BigInt64Array(count)
  for (let k = 0; k < count; k++) outTimes[k] = times[order[ends[k] as number] as number] as bigint
  const outColumns = new Map<string, Column>()
  for (const [name, column] of columns) outColumns.set(name, gatherColumn(column, newestPlaces(column, order, ends)))
  return [outTimes, outColumns]
}

/** For each time the last row that has a value of the column, or `NO_ROW`. */
function newestPlaces(column: Column, order: Uint32Array, ends: Uint32Array): Uint32Array {
  const places = new Uint32Array(ends.length)
  let begin = 0
  for (let k = 0; k < ends.length; k++) {
    const end = ends[k] as number
    let place = NO_ROW
    for (let i = end; i >= begin && place === NO_ROW; i--) {
      const row = order[i] as number
      if (isValid(column.validity, row)) place = row
    }
    places[k] = place
    begin = end + 1
  }
  return places
}

/** Cuts ascending rows into groups of at most 1024. */
export function sliceGroups(times: BigInt64Array, columns: ReadonlyMap<string, Column>): PlainGroup[] {
  const groups: PlainGroup[] = []
  for (let from = 0; from < times.length; from += BLOCK_ROWS) {
    const to = Math.min(from + BLOCK_ROWS, times.length)
    const fields = new Map<string, Column>()
    for (const [name, column] of columns) fields.set(name, sliceColumn(column, from, to))
    groups.push(new PlainGroup(times.subarray(from, to), fields))
  }
  return groups
}

/** Rows in any order, later ones winning, as groups of ascending rows. `fields` all have the type that they say. */
export function groupsOfRows(times: BigInt64Array, fields: ReadonlyMap<string, Column>, kernel: Kernel): PlainGroup[] {
  if (isAscending(times)) return sliceGroups(times, fields)
  return sliceGroups(...newestRows(times, kernel.sortTimes(times), fields))
}

export function isAscending(times: BigInt64Array): boolean {
  for (let i = 1; i < times.length; i++) if ((times[i] as bigint) <= (times[i - 1] as bigint)) return false
  return true
}
