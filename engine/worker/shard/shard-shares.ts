import { statefulAggregate } from '../../aggregate/stateful.ts'
import type { Batch } from '../../core/batch.ts'
import type { AggregatePlan, PartialAggregate } from '../../core/plan.ts'
import type { SeriesIndex } from '../../index/series-index.ts'

/** The partial aggregate of some shards; lists of them merge in the order of `shard`. */
export interface ShardPartial {
  shard: number
  partial: PartialAggregate
}

/** Some rows of a plan, and where to get more. */
export interface RowsPage {
  batch: Batch | undefined
  /** Absent where there are no more. */
  cursor: number | undefined
}

/**
 * The refs by shard where the order of merging shows in the answer's last bits, so that these do not depend on the number of
 * hosts; all together, as the host's `number`, where it does not.
 */
export function shardShares(
  plan: AggregatePlan,
  refs: Uint32Array,
  { number, index }: { number: number; index: SeriesIndex },
): [number, Uint32Array][] {
  if (!dependsOnOrder(plan)) return [[number, refs]]
  const shares = new Map<number, number[]>()
  for (const ref of refs) {
    const shard = index.shard(ref)
    const share = shares.get(shard)
    if (share) share.push(ref)
    else shares.set(shard, [ref])
  }
  return [...shares].sort(([a], [b]) => a - b).map(([shard, share]) => [shard, Uint32Array.from(share)])
}

/** Whether the order in which states are merged shows in the last bits of the answer. */
export function dependsOnOrder(plan: AggregatePlan): boolean {
  if (plan.accumulators?.some((input) => statefulAggregate(input).dependsOnOrder)) return true
  return plan.inputs.some(({ expression, measures }) => {
    if (measures.includes('moments')) return true
    return measures.includes('sum') && !(expression && 'type' in expression && expression.type === 'i64')
  })
}
