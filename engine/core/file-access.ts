import type { FieldType } from './batch.ts'
import type { ColumnRows, RejectedRow } from './rows.ts'

/** Unit of the times of line protocol. */
export type FilePrecision = 'ns' | 'us' | 'ms' | 's'

/** What IMPORT reads; `arrow` is a stream or a file of Arrow's IPC. */
export const FILE_FORMATS = ['csv', 'lp', 'parquet', 'arrow'] as const
export type FileFormat = (typeof FILE_FORMATS)[number]

/** What an IMPORT asks of a file; what it does not say is guessed from the file's beginning. */
export interface FileRequest {
  path: string
  /** The table, but of line protocol; named like the file without this. */
  table?: string
  format?: FileFormat
  /** The column of times, and what others are, but of line protocol. */
  time?: string
  tags: readonly string[]
  ignore: readonly string[]
  fields: readonly { name: string; type: FieldType }[]
  precision: FilePrecision
}

/** Rows of a file, by column or as line protocol, and those that cannot be read. */
export interface FilePart {
  rows?: ColumnRows
  lines?: Uint8Array
  rejected: readonly RejectedRow[]
}

/** The files that statements reach where they run: of a process, or what a page's user picks and saves. */
export interface FileAccess {
  /** Puts a file in place once all its bytes have come; where that is not reached nothing is left of it. Throws `io`. */
  write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** The rows of a file in parts, as they are read. Throws `io`, and `invalid` where the file is not as asked. */
  read(request: FileRequest): AsyncIterable<FilePart>
}
