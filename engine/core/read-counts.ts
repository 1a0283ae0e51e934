/** What scans did for a query. A group is the blocks of the same rows of one series; times are a block too. */
export interface ReadCounts {
  /** Groups that may have rows in the range, by where they are: in memory, in segments, in the cold tier. */
  headGroups: number
  segmentGroups: number
  coldGroups: number
  /** Groups outside the range, of segments that have rows in it. */
  outsideGroups: number
  /** Groups in which no row can pass the filter, as the statistics of their blocks show. */
  skippedGroups: number
  /** Groups that lie in one window, which the headers of their blocks answered. */
  headerGroups: number
  /** Rows of the groups that may have rows in the range. */
  rows: number
  /** Blocks that were aggregated as they are, and blocks of which values were made. */
  encodedBlocks: number
  decodedBlocks: number
  /** Blocks of segments whose bytes were in memory, and those that were fetched: of a series all of a column in a segment. */
  cachedBlocks: number
  cachedBytes: number
  fetchedBlocks: number
  fetchedBytes: number
  /** Of cold files: bytes that were in memory, those of parts that are kept here, and those that were fetched, in so many requests. */
  coldCachedBytes: number
  coldKeptBytes: number
  coldFetchedBytes: number
  coldRequests: number
  /** Aggregates that were answered by the states that a host kept, and those that read a part of their windows. */
  reusedAnswers: number
  partlyReusedAnswers: number
  /** How long reads took, waiting included, in milliseconds; of reads at one time the sum. */
  ms: number
}

/** What was read of cold files. */
export type ColdReadCounts = Pick<ReadCounts, 'coldCachedBytes' | 'coldKeptBytes' | 'coldFetchedBytes' | 'coldRequests'>

export function noCounts(): ReadCounts {
  return {
    headGroups: 0,
    segmentGroups: 0,
    coldGroups: 0,
    outsideGroups: 0,
    skippedGroups: 0,
    headerGroups: 0,
    rows: 0,
    encodedBlocks: 0,
    decodedBlocks: 0,
    cachedBlocks: 0,
    cachedBytes: 0,
    fetchedBlocks: 0,
    fetchedBytes: 0,
    coldCachedBytes: 0,
    coldKeptBytes: 0,
    coldFetchedBytes: 0,
    coldRequests: 0,
    reusedAnswers: 0,
    partlyReusedAnswers: 0,
    ms: 0,
  }
}

export function addCounts(into: ReadCounts, from: ReadCounts): void {
  for (const name of Object.keys(into) as (keyof ReadCounts)[]) into[name] += from[name]
}

export function countCached(counts: ReadCounts, blocks: number, bytes: number): void {
  counts.cachedBlocks += blocks
  counts.cachedBytes += bytes
}

export function countFetched(counts: ReadCounts, blocks: number, bytes = 0): void {
  counts.fetchedBlocks += blocks
  counts.fetchedBytes += bytes
}
