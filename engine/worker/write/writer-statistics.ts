import { bytesOf } from '../../storage/compaction.ts'
import type { LogStore } from '../../storage/store.ts'
import type { ColdMover } from '../cold/cold-mover.ts'
import type { Faults } from '../faults.ts'
import type { SegmentSet } from '../shard/segment-set.ts'
import type { Deletes } from './deletes.ts'
import type { Space } from './space.ts'
import type { WriterStatistics } from './write-result.ts'

/** What there is to count of a writer. */
export interface CountedParts {
  segments: SegmentSet
  log: LogStore
  deletes: Deletes
  faults: Faults
  cold: ColdMover | undefined
  space: Space
}

export function writerStatistics({ segments, log, deletes, faults, cold, space }: CountedParts): WriterStatistics {
  const { manifest, progress } = segments
  return {
    segments: manifest.segments.length,
    segmentBytes: bytesOf(manifest.segments),
    logBytes: log.bytes,
    written: manifest.written,
    waitingDeletes: deletes.waiting.length,
    compacting: progress,
    damaged: faults.list,
    ...(cold && { cold: cold.statistics }),
    space: space.statistics,
  }
}
