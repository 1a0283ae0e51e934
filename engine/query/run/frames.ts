import { type Column, isValid } from '../../core/batch.ts'
import type { Frame, FrameBound } from '../check/checked.ts'

/** The rows of a partition in their order: positions `[from, to)`. */
export interface Partition {
  from: number
  to: number
}

/** The frame of each position: positions `[starts[i], ends[i])`. Neither ever goes back within a partition. */
export interface Frames {
  starts: Uint32Array
  ends: Uint32Array
}

/** What frames are made from: positions are those of rows in the order of partitions and of what sorts them. */
export interface Ordering {
  rows: number
  partitions: readonly Partition[]
  /** Position of the first and behind the last of the rows that are sorted alike. */
  peers: Frames
  /** What rows are sorted by where that is one column, by position. */
  key: Column | undefined
  descending: boolean
}

/** The frames of all rows. */
export function framesOf(frame: Frame, ordering: Ordering): Frames {
  const starts = new Uint32Array(ordering.rows)
  const ends = new Uint32Array(ordering.rows)
  for (const partition of ordering.partitions) {
    const low = boundOf(frame, frame.start, { ordering, partition, end: false })
    const high = boundOf(frame, frame.end, { ordering, partition, end: true })
    for (let at = partition.from; at < partition.to; at++) {
      const start = low(at)
      starts[at] = start
      ends[at] = Math.max(start, high(at))
    }
  }
  return { starts, ends }
}

interface BoundPlace {
  ordering: Ordering
  partition: Partition
  /** Whether it is the end of the frame, which lies behind its last row. */
  end: boolean
}

/** The bound of positions, asked for in their order. */
function boundOf({ unit }: Frame, bound: FrameBound, place: BoundPlace): (at: number) => number {
  const { partition, ordering, end } = place
  const { kind, distance } = bound
  if (kind === 'current') {
    if (unit === 'rows') return (at) => (end ? at + 1 : at)
    const { starts, ends } = ordering.peers
    return (at) => (end ? ends[at] : starts[at]) ?? at
  }
  if (distance === undefined) return () => (kind === 'preceding' ? partition.from : partition.to)
  if (unit === 'range') return rangeBound(kind === 'preceding' ? -1 : 1, distance, place)
  const offset = Number(distance) * (kind === 'preceding' ? -1 : 1) + (end ? 1 : 0)
  return (at) => Math.min(partition.to, Math.max(partition.from, at + offset))
}

/**
 * Walks along with the rows: to the first whose value is within the distance, or, as an end, behind the last. Rows whose
 * value is missing or NaN are near to none but their equals.
 */
function rangeBound(
  sign: -1 | 1,
  distance: number | bigint,
  { ordering, partition, end }: BoundPlace,
): (at: number) => number {
  const { key, descending, peers } = ordering
  if (key === undefined) throw new Error('a range with a distance has one key')
  const { values, validity } = key
  const isNumber = (at: number): boolean => isValid(validity, at) && !Number.isNaN(values[at])
  const isBefore = (value: number | bigint, limit: number | bigint): boolean =>
    (descending ? value > limit : value < limit) || (end && value === limit)
  let next = partition.from
  while (next < partition.to && !isNumber(next)) next++
  return (at) => {
    if (!isNumber(at)) return (end ? peers.ends[at] : peers.starts[at]) ?? at
    const limit = shifted(values[at] ?? 0, distance, descending ? -sign : sign)
    while (next < partition.to && isNumber(next) && isBefore(values[next] ?? 0, limit)) next++
    return next
  }
}

function shifted(value: number | bigint, distance: number | bigint, sign: number): number | bigint {
  if (typeof value === 'bigint') return value + BigInt(sign) * BigInt(distance)
  return value + sign * Number(distance)
}
