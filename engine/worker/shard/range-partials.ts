import { joinWindows, type WindowPiece } from '../../aggregate/window-pieces.ts'
import type { AggregatePlan } from '../../core/plan.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { floorTo } from '../rollup/rollup-pieces.ts'
import type { ShardPartial } from './shard-shares.ts'

/** What shards have in a range. */
export interface RangePartials {
  range: TimeRange
  partials: readonly ShardPartial[]
}

export function byTime(pieces: readonly RangePartials[]): RangePartials[] {
  return [...pieces].sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
}

/** The same pieces, the first of them from the start of the window that the plan's range begins in. */
export function fromWindow(
  [first, ...others]: readonly RangePartials[],
  { plan, window }: { plan: AggregatePlan; window: { origin: bigint; width: bigint } },
): RangePartials[] {
  if (first === undefined) return []
  const start = floorTo(plan.start - window.origin, window.width) + window.origin
  return [{ ...first, range: { ...first.range, start } }, ...others]
}

/** Pieces of some shards in the order of time, joined shard by shard. */
export function joinShards(pieces: readonly RangePartials[]): ShardPartial[] {
  const byShard = new Map<number, WindowPiece[]>()
  for (const { range, partials } of pieces) {
    for (const { shard, partial } of partials) {
      const own = byShard.get(shard)
      if (own) own.push({ partial, ...range })
      else byShard.set(shard, [{ partial, ...range }])
    }
  }
  return [...byShard].sort(([a], [b]) => a - b).map(([shard, own]) => ({ shard, partial: joinWindows(own) }))
}
