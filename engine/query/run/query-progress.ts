import type { ReadCounts } from '../../core/read-counts.ts'

/** Waits for its turn, is at work, or has rows that wait for their reader. */
export type QueryState = 'waiting' | 'running' | 'reading'

/** What a query has done so far. */
export interface QueryProgress {
  id: number
  text: string
  client: string
  state: QueryState
  /** Since it was asked, in milliseconds. */
  ageMs: number
  counts: ReadCounts
  heldBytes: number
}

/** What SHOW QUERIES and KILL need. */
export interface QueryControl {
  /** The queries that there are now, in the order of their coming. */
  list(): Promise<readonly QueryProgress[]>
  /** Ends a query; false where there is none of that number. */
  kill(id: number): boolean
}
