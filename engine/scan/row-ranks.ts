import { TIME_COLUMN } from '../core/rows.ts'
import { HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { RowPlaces, RowStretch } from '../kernel/row-places.ts'
import type { ColumnDecoder } from './group-frame.ts'
import type { GroupPlaces, PassedRows } from './passed-rows.ts'
import { type Block, isBlock, type RowGroup } from './row-group.ts'

export interface RankOptions {
  kernel: Kernel
  /** What it answers lasts until it is asked again. */
  decode: ColumnDecoder
  order: 'asc' | 'desc'
  limit: number
}

/**
 * Ranks the rows of all parts, one part after the other: by their times, and those of one time in the order that they have. Series that
 * are measured together have blocks of the same times. Those are put in order once; then it is counted how many rows there are of each
 * time, and no row is compared with another. Returns the times by rank.
 */
export function rankRows(
  parts: readonly PassedRows[],
  places: RowPlaces,
  { kernel, decode, order, limit }: RankOptions,
): BigInt64Array {
  const stretches = stretchesOf(parts)
  const { positions, distinct } = positionsOf(timesOf(stretches, decode), kernel)
  const counts = places.countRows(stretches.map(stretchOfRows), positions, distinct.length)
  const times = spreadTimes(distinct, counts, { order, rows: Math.min(places.rows, limit) })
  // What was counted is now where the rows of each time begin.
  places.rank(counts, times.length)
  return times
}

/** Times of a group. */
interface GroupTimes {
  block: Block | undefined
  /** How many groups have them. */
  groups: number
  /** The first of them among all times; below 0 until they are there. */
  base: number
}

/** Rows of one group, which begin at number `at` of all. */
interface Stretch extends GroupPlaces {
  places: Uint32Array
  at: number
  times: GroupTimes
}

function stretchesOf(parts: readonly PassedRows[]): Stretch[] {
  const known = new Map<bigint, GroupTimes[]>()
  const stretches: Stretch[] = []
  let before = 0
  for (const part of parts) {
    for (const one of part.byGroup()) {
      if (one.from === one.to) continue
      const times = timesOfGroup(one.group, known)
      times.groups++
      stretches.push({ ...one, places: part.places, at: before + one.from, times })
    }
    before += part.places.length
  }
  return stretches
}

/** The times of a group, the same object for all groups that have the same block of them. */
function timesOfGroup({ time, minTime }: RowGroup, known: Map<bigint, GroupTimes[]>): GroupTimes {
  if (!isBlock(time)) return { block: undefined, groups: 0, base: -1 }
  const alike = known.get(minTime)
  const found = alike?.find(({ block }) => block && isSame(block, time))
  if (found) return found
  const added = { block: time, groups: 0, base: -1 }
  if (alike) alike.push(added)
  else known.set(minTime, [added])
  return added
}

/** Whether two blocks have the same bytes. */
function isSame(a: Block, b: Block): boolean {
  const [payload, other] = [a.payload, b.payload]
  if (a.model !== b.model || payload.length !== other.length) return false
  const [headers, others] = [a.headers, b.headers]
  const [at, otherAt] = [a.block * HEADER_BYTES, b.block * HEADER_BYTES]
  for (let i = 0; i < HEADER_BYTES; i++) if (headers[at + i] !== others[otherAt + i]) return false
  for (let i = 0; i < payload.length; i++) if (payload[i] !== other[i]) return false
  return true
}

/** All times that several groups have, and those of the rows of all other groups. */
function timesOf(stretches: readonly Stretch[], decode: ColumnDecoder): BigInt64Array {
  let count = 0
  const firsts: Stretch[] = []
  for (const stretch of stretches) {
    const { times, group, from, to } = stretch
    if (times.base >= 0) continue
    times.base = count
    count += times.groups > 1 ? group.rows : to - from
    firsts.push(stretch)
  }
  const all = new BigInt64Array(count)
  for (const { times, group, places, firstRow, from, to } of firsts) {
    const own = decode(group.time, TIME_COLUMN).values as BigInt64Array // the values of times
    if (times.groups > 1) all.set(own, times.base)
    else for (let i = from; i < to; i++) all[times.base + i - from] = own[(places[i] as number) - firstRow] as bigint
  }
  return all
}

/** The different times, ascending, and which of them each one is. */
function positionsOf(times: BigInt64Array, kernel: Kernel): { positions: Uint32Array; distinct: BigInt64Array } {
  const order = kernel.sortTimes(times)
  const positions = new Uint32Array(times.length)
  const distinct = new BigInt64Array(times.length)
  let count = 0
  for (const place of order) {
    const time = times[place] as bigint
    if (count === 0 || time !== distinct[count - 1]) distinct[count++] = time
    positions[place] = count - 1
  }
  return { positions, distinct: distinct.subarray(0, count) }
}

/** Times that several groups have are looked up by row; those of one group's rows follow each other. */
function stretchOfRows({ firstRow, from, to, at, times }: Stretch): RowStretch {
  return { from: at, to: at + to - from, position: times.base, firstRow: times.groups > 1 ? firstRow : undefined }
}

/** The time of each of the first `rows` rows; leaves in place of each count how many rows come before those of its time. */
function spreadTimes(
  distinct: BigInt64Array,
  counts: Uint32Array,
  { order, rows }: { order: 'asc' | 'desc'; rows: number },
): BigInt64Array {
  const times = new BigInt64Array(rows)
  let before = 0
  for (let i = 0; i < distinct.length; i++) {
    const position = order === 'asc' ? i : distinct.length - 1 - i
    const end = before + (counts[position] as number)
    counts[position] = before
    times.fill(distinct[position] as bigint, before, end)
    before = end
  }
  return times
}
