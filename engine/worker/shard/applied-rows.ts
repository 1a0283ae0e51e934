/** What has become of rows that were applied. */
export interface AppliedRows {
  /** Bytes that all rows in memory take. */
  headBytes: number
  /** The memory that the rows came in, to be used again. */
  memory: ArrayBufferLike[]
}
