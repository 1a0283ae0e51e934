import type { HostStatistics } from './shard/shard-host.ts'
import type { SpaceStatistics } from './write/space.ts'
import type { WriterStatistics } from './write/write-result.ts'

export interface StoreStatistics {
  series: number
  segments: number
  /** Bytes of the segments, of the log, and of rows in memory that no segment holds yet. */
  segmentBytes: number
  logBytes: number
  headBytes: number
  /** Bytes of all segments ever written: from rows in memory, and from other segments. */
  flushedBytes: number
  compactedBytes: number
  /** Bytes that segments cost in all for each byte flushed: 1 where nothing was merged yet. */
  writeAmplification: number
  /** Deletes that no compaction has carried out on the disk yet. */
  waitingDeletes: number
  /** The compaction that is under way, in bytes of the segments that it replaces. */
  compacting?: { doneBytes: number; totalBytes: number }
  /**
   * The cold tier: its files with their bytes and rows, what was asked of the place since opening, with the bytes that came, and
   * how many bytes of it are kept here.
   */
  cold?: { files: number; bytes: number; rows: number; requests: number; receivedBytes: number; keptBytes: number }
  /** What `space` allows, and what is in use of it. */
  space?: SpaceStatistics
  /**
   * What is kept of answers by windows. Of what hosts were asked for: how many were answered from it, how many in part, and how
   * many read all rows.
   */
  answerCache: { bytes: number; reused: number; partly: number; read: number }
  /**
   * Names of segments and cold files that failed their checks and are left out of answers, with the reason; and what the store tried in
   * vain and goes on without, such as a compaction.
   */
  quarantined: readonly { name: string; reason: string }[]
}

/** What writer and hosts say, together. */
export function storeStatistics(writer: WriterStatistics, hosts: readonly HostStatistics[]): StoreStatistics {
  const { flushed, compacted } = writer.written
  return {
    series: hosts.reduce((total, { series }) => total + series, 0),
    segments: writer.segments,
    segmentBytes: writer.segmentBytes,
    logBytes: writer.logBytes,
    headBytes: hosts.reduce((total, { headBytes }) => total + headBytes, 0),
    flushedBytes: flushed,
    compactedBytes: compacted,
    writeAmplification: flushed === 0 ? 1 : 1 + compacted / flushed,
    waitingDeletes: writer.waitingDeletes,
    ...(writer.compacting && { compacting: writer.compacting }),
    ...(writer.space && { space: writer.space }),
    ...(writer.cold && { cold: coldStatistics(writer.cold, hosts) }),
    answerCache: answerCacheStatistics(hosts),
    quarantined: withoutRepeats([...writer.damaged, ...hosts.flatMap(({ quarantined }) => quarantined)]),
  }
}

function answerCacheStatistics(hosts: readonly HostStatistics[]): StoreStatistics['answerCache'] {
  const total = { bytes: 0, reused: 0, partly: 0, read: 0 }
  for (const { answers } of hosts) {
    total.bytes += answers.bytes
    total.reused += answers.reused
    total.partly += answers.partly
    total.read += answers.read
  }
  return total
}

function coldStatistics(
  { traffic, ...cold }: NonNullable<WriterStatistics['cold']>,
  hosts: readonly HostStatistics[],
): NonNullable<StoreStatistics['cold']> {
  const reads = hosts.flatMap((host) => host.cold ?? [])
  const all = [traffic, ...reads]
  return {
    ...cold,
    requests: all.reduce((total, { requests }) => total + requests, 0),
    receivedBytes: all.reduce((total, { receivedBytes }) => total + receivedBytes, 0),
    keptBytes: reads.reduce((total, { keptBytes }) => total + keptBytes, 0),
  }
}

/** Every host reports a segment that none of them can open. */
function withoutRepeats(quarantined: StoreStatistics['quarantined']): StoreStatistics['quarantined'] {
  return [...new Map(quarantined.map((one) => [JSON.stringify(one), one])).values()]
}
