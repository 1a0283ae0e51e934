import type { ScanEstimate, SubPlan } from '../../core/plan.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { ShardSource } from './shard-source.ts'

/** Series whose groups and tags are looked at; the others are taken to be like them. */
export const SAMPLED_SERIES = 64

/** What a scan of some series will meet: exact of few of them, of many by some that lie evenly among them. */
export async function estimateScan(
  plan: SubPlan,
  refs: Uint32Array,
  { source, index }: { source: ShardSource; index: SeriesIndex },
): Promise<ScanEstimate> {
  const sample = sampleOf(refs).filter((ref) => index.has(ref))
  if (sample.length === 0) return { series: 0, groups: 0, rows: 0, partitions: 0 }
  const scale = refs.length / sample.length
  const partitions = partitionsOf(sample, plan, index)
  let [groups, rows] = [0, 0]
  await source.eachExtent(sample, plan, (minTime, count, maxTime = minTime) => {
    groups++
    rows += count * shareWithin({ start: minTime, end: maxTime + 1n }, plan)
  })
  // As many as series in the sample are as many as all; fewer come again among the others.
  return {
    series: refs.length,
    groups: groups * scale,
    rows: rows * scale,
    partitions: partitions > sample.length / 2 ? partitions * scale : partitions,
  }
}

function sampleOf(refs: Uint32Array): Uint32Array {
  if (refs.length <= SAMPLED_SERIES) return refs
  return Uint32Array.from(
    { length: SAMPLED_SERIES },
    (_, i) => refs[Math.floor((i * refs.length) / SAMPLED_SERIES)] ?? 0,
  )
}

function partitionsOf(sample: Uint32Array, plan: SubPlan, index: SeriesIndex): number {
  if (plan.kind === 'rows' || plan.by.length === 0) return 1
  const keys = Array.from(sample, (ref) => {
    const tags = new Map(index.tags(ref))
    return JSON.stringify(plan.by.map((tag) => tags.get(tag) ?? ''))
  })
  return new Set(keys).size
}

/** Which part of a span lies in a range. */
function shareWithin(span: TimeRange, range: TimeRange): number {
  const start = span.start > range.start ? span.start : range.start
  const end = span.end < range.end ? span.end : range.end
  return end <= start ? 0 : Number(end - start) / Number(span.end - span.start)
}
