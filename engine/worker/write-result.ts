import type { Change } from '../core/plan.ts'
import type { RejectedRow } from '../core/rows.ts'

export interface WriteResult {
  rows: number
  rejectedCount: number
  rejected: RejectedRow[]
  warnings: string[]
  /** Whether a table or a column is new. */
  newColumns: boolean
}

/** Is told of appends that have become visible; `newColumns` where one brought a table or a column. */
export type WriteListener = (changes: readonly Change[], newColumns: boolean) => void

export interface WriterStatistics {
  segments: number
  segmentBytes: number
  logBytes: number
  damaged: readonly { name: string; reason: string }[]
}
