import type { Change } from '../../core/plan.ts'
import type { RejectedRow } from '../../core/rows.ts'
import type { WrittenBytes } from '../../storage/manifest.ts'
import type { ColdStatistics } from '../cold/cold-tier.ts'
import type { CompactionProgress } from '../shard/segment-set.ts'
import type { SpaceStatistics } from './space.ts'

export interface WriteResult {
  rows: number
  rejectedCount: number
  rejected: RejectedRow[]
  warnings: string[]
  /** Whether a table or a column is new. */
  newColumns: boolean
  /** The request had been committed before. */
  duplicate?: true
  /** In place of the memory that rows by column came in from another thread, as far as there is some. */
  memory?: ArrayBufferLike[]
}

export const DUPLICATE: WriteResult = {
  rows: 0,
  rejectedCount: 0,
  rejected: [],
  warnings: [],
  newColumns: false,
  duplicate: true,
}

/** Rejected rows that a result describes. */
const MAX_DESCRIBED = 100

/** Takes rows that were parsed already out of a result, with the reason. */
export function rejectLater(result: WriteResult, count: number, reason: string): void {
  result.rows -= count
  result.rejectedCount += count
  const room = Math.max(0, MAX_DESCRIBED - result.rejected.length)
  for (let i = Math.min(count, room); i > 0; i--) result.rejected.push({ line: 0, column: 0, reason, text: '' })
}

/** Is told of appends that have become visible; `newColumns` where one brought a table or a column. */
export type WriteListener = (changes: readonly Change[], newColumns: boolean) => void

export interface WriterStatistics {
  segments: number
  segmentBytes: number
  logBytes: number
  written: WrittenBytes
  /** Deletes that no compaction has carried out yet. */
  waitingDeletes: number
  compacting: CompactionProgress | undefined
  cold?: ColdStatistics
  space: SpaceStatistics | undefined
  damaged: readonly { name: string; reason: string }[]
}
