import { printBytes } from '../../core/print-bytes.ts'
import { addCounts, noCounts, type ReadCounts } from '../../core/read-counts.ts'
import type { NodeFigures } from './plan-trace.ts'

/** What an operator did, in lines. */
export function printFigures(figures: NodeFigures | undefined): readonly string[] {
  if (figures === undefined) return ['-> was not run']
  const { rows, batches, ms, ownMs, hosts } = figures
  const own = ownMs < ms ? `, ${printMs(ownMs)} of its own` : ''
  return [`-> ${rows} rows in ${batches} batches, ${printMs(ms)}${own}`, ...printHosts(hosts)]
}

function printHosts(hosts: NodeFigures['hosts']): string[] {
  if (hosts.length === 0) return []
  const sum = noCounts()
  for (const host of hosts) addCounts(sum, host)
  const times = hosts.map(({ ms }, i) => `host ${i} ${printMs(ms)}`)
  return [
    `-> groups: ${sum.headGroups} in memory, ${sum.segmentGroups} in segments, ${sum.coldGroups} cold, of ${sum.rows} rows; ` +
      `${sum.outsideGroups} outside the range, ${sum.skippedGroups} skipped by statistics, ` +
      `${sum.headerGroups} answered by headers`,
    `-> blocks: ${sum.encodedBlocks} aggregated as they are, ${sum.decodedBlocks} decoded; ` +
      `${sum.cachedBlocks} (${printBytes(sum.cachedBytes)}) from the cache, ` +
      `${sum.fetchedBlocks} (${printBytes(sum.fetchedBytes)}) fetched`,
    ...printCold(sum),
    ...printReuse(sum),
    `-> hosts: ${times.join(', ')}`,
  ]
}

function printCold({ coldRequests, coldFetchedBytes, coldKeptBytes, coldCachedBytes }: ReadCounts): string[] {
  if (coldRequests + coldKeptBytes + coldCachedBytes === 0) return []
  return [
    `-> cold files: ${printBytes(coldCachedBytes)} from the cache, ${printBytes(coldKeptBytes)} kept here, ` +
      `${printBytes(coldFetchedBytes)} fetched in ${coldRequests} requests`,
  ]
}

function printReuse({ reusedAnswers, partlyReusedAnswers }: ReadCounts): string[] {
  if (reusedAnswers + partlyReusedAnswers === 0) return []
  return [`-> kept windows: ${reusedAnswers} answers of a host made of them, ${partlyReusedAnswers} in part`]
}

/** Milliseconds to three digits behind the point. */
export function printMs(ms: number): string {
  return `${Number(ms.toFixed(3))} ms`
}
