import type { ScanEstimate, SubPlan } from '../../core/plan.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { ShardSource } from './shard-source.ts'

/** Series whose groups are looked at; the others are taken to be like them. */
export const SAMPLED_SERIES = 16
/** Series whose tags are looked at. */
const SAMPLED_TAGS = 64

/** What a scan of some series will meet: exact of few of them, of many by some that lie evenly among them. */
export async function estimateScan(
  plan: SubPlan,
  refs: Uint32Array,
  { source, index }: { source: ShardSource; index: SeriesIndex },
): Promise<ScanEstimate> {
  const sample = sampleOf(refs, SAMPLED_SERIES).filter((ref) => index.has(ref))
  if (sample.length === 0) return { series: 0, groups: 0, rows: 0, groupNs: 0, partitions: 0 }
  const scale = refs.length / sample.length
  let [groups, rows, ns] = [0, 0, 0]
  await source.eachExtent(sample, plan, (minTime, count, maxTime = minTime) => {
    groups++
    const within = lengthWithin({ start: minTime, end: maxTime + 1n }, plan)
    ns += within
    rows += (count * within) / Number(maxTime + 1n - minTime)
  })
  return {
    series: refs.length,
    groups: groups * scale,
    rows: rows * scale,
    groupNs: groups === 0 ? 0 : ns / groups,
    partitions: partitionsOf(refs, plan, index),
  }
}

function sampleOf(refs: Uint32Array, count: number): Uint32Array {
  if (refs.length <= count) return refs
  return Uint32Array.from({ length: count }, (_, i) => refs[Math.floor((i * refs.length) / count)] ?? 0)
}

function partitionsOf(refs: Uint32Array, plan: SubPlan, index: SeriesIndex): number {
  if (plan.kind === 'rows' || plan.by.length === 0) return 1
  const sample = sampleOf(refs, SAMPLED_TAGS).filter((ref) => index.has(ref))
  const keys = new Set<string>()
  for (const ref of sample) {
    const tags = new Map(index.tags(ref))
    keys.add(JSON.stringify(plan.by.map((tag) => tags.get(tag) ?? '')))
  }
  // As many as series in the sample are as many as all; fewer come again among the others.
  return keys.size > sample.length / 2 ? (keys.size * refs.length) / sample.length : keys.size
}

/** How much of a span lies in a range, in ns. */
function lengthWithin(span: TimeRange, range: TimeRange): number {
  const start = span.start > range.start ? span.start : range.start
  const end = span.end < range.end ? span.end : range.end
  return end <= start ? 0 : Number(end - start)
}
