import type { SegmentInfo } from './segment-format.ts'

/** Neighbours are merged when there are so many of about one size. */
export const FAN_IN = 6
/** A segment of this size is not merged any more. */
export const MAX_COMPACTED_BYTES: number = 256 << 20
/** Segments below it count as one size. */
const SMALLEST_TIER_BYTES = 1 << 20

/** Blocks of a segment take so much at most, about; a merge of more writes several. */
export const SEGMENT_BYTES: number = 128 << 20
/** A merge of so much is settled: what it writes will rarely be written again. */
export const SETTLED_BYTES: number = 16 << 20

/** Names of tables' rows that are older than may be kept, by table. */
export type Cutoffs = (table: string) => bigint | undefined

/** What to do next to keep few segments: merge a run of neighbours, drop segments that hold nothing but expired rows. */
export interface CompactionPlan {
  merge: readonly SegmentInfo[]
  /** Whether the merge is worth the dense encodings. */
  settle: boolean
  drop: readonly SegmentInfo[]
}

export interface CompactionLimits {
  cutoffs: Cutoffs
  /** Names of segments that cannot be read: they stay as they are, for a repair, until they have expired. */
  damaged?: ReadonlySet<string>
  /** Segments that one flush or merge writes at most at a time, one for each host. Default 1. */
  writers?: number
}

/**
 * Plans over the segments in the order of their age. Only neighbours are merged, since later segments win over earlier
 * ones. A run is a merge when it has `FAN_IN` segments of one tier for each writer, tiers being powers of four above 1 MiB;
 * smaller ones between them come along. So each row is rewritten about once a tier.
 */
export function planCompaction(
  segments: readonly SegmentInfo[],
  { cutoffs, damaged = new Set(), writers = 1 }: CompactionLimits,
): CompactionPlan {
  const drop = segments.filter((segment) => isExpired(segment, cutoffs))
  const kept = segments.filter((segment) => !drop.includes(segment))
  for (let end = SMALLEST_TIER_BYTES; end <= MAX_COMPACTED_BYTES; end *= 4) {
    const begin = end === SMALLEST_TIER_BYTES ? 0 : end / 4
    for (let from = 0; from < kept.length; from++) {
      const run = runFrom(kept, from, (segment) => segment.bytes < end && !damaged.has(segment.name))
      const ofTier = run.filter(({ bytes }) => bytes >= begin)
      if (ofTier.length >= FAN_IN * writers) return { merge: run, settle: bytesOf(run) >= SETTLED_BYTES, drop }
      from += Math.max(0, run.length - 1)
    }
  }
  return { merge: [], settle: false, drop }
}

/**
 * Plans what brings a store to its smallest form: runs of neighbours, each to be merged and settled. Runs go around damaged
 * segments; one that is settled and would become no fewer segments is left out.
 */
export function planSettling(
  segments: readonly SegmentInfo[],
  { cutoffs, damaged = new Set(), writers = 1 }: CompactionLimits,
): { merges: readonly (readonly SegmentInfo[])[]; drop: readonly SegmentInfo[] } {
  const drop = segments.filter((segment) => isExpired(segment, cutoffs))
  const kept = segments.filter((segment) => !drop.includes(segment))
  const merges: SegmentInfo[][] = []
  for (let from = 0; from < kept.length; ) {
    const first = kept[from] as SegmentInfo
    const run = runFrom(kept, from, ({ name }) => !damaged.has(name))
    if (run.length === 0 && !damaged.has(first.name)) run.push(first)
    const fewest = writers * Math.ceil(bytesOf(run) / SEGMENT_BYTES)
    if (run.length > fewest || run.some(({ settled }) => !settled)) merges.push(run)
    from += Math.max(1, run.length)
  }
  return { merges, drop }
}

export function bytesOf(segments: readonly SegmentInfo[]): number {
  return segments.reduce((total, { bytes }) => total + bytes, 0)
}

/** Neighbours from a place on that all fit, as many as may become one segment. */
function runFrom(
  segments: readonly SegmentInfo[],
  from: number,
  fits: (segment: SegmentInfo) => boolean,
): SegmentInfo[] {
  const run: SegmentInfo[] = []
  let bytes = 0
  for (const segment of segments.slice(from)) {
    bytes += segment.bytes
    if (!fits(segment) || bytes > MAX_COMPACTED_BYTES) break
    run.push(segment)
  }
  return run
}

function isExpired(segment: SegmentInfo, cutoffs: Cutoffs): boolean {
  for (const [table, { maxTime }] of segment.tables) {
    const cutoff = cutoffs(table)
    if (cutoff === undefined || maxTime >= cutoff) return false
  }
  return segment.tables.size > 0
}
