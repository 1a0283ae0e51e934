import type { ScanEstimate } from '../core/plan.ts'

/** Of what hosts estimate what all of them will meet. Partitions that are few beside the series are the same everywhere. */
export function mergeEstimates(found: readonly ScanEstimate[]): ScanEstimate {
  const sum = (of: (estimate: ScanEstimate) => number): number => found.reduce((total, each) => total + of(each), 0)
  const isApart = found.some(({ partitions, series }) => partitions > series / 2)
  const partitions = isApart
    ? sum((each) => each.partitions)
    : found.reduce((most, each) => Math.max(most, each.partitions), 0)
  const groups = sum((each) => each.groups)
  return {
    series: sum((each) => each.series),
    groups,
    rows: sum((each) => each.rows),
    groupNs: groups === 0 ? 0 : sum((each) => each.groupNs * each.groups) / groups,
    partitions,
  }
}
