import { TidemarkError } from '../core/errors.ts'

export interface BlobInfo {
  name: string
  bytes: number
}

/** Bytes under names, each put whole. */
export interface BlobStore {
  /**
   * Stores a blob, over one of the same name. Whole and atomic: a reader sees all of it or nothing of it; durable when it
   * resolves. `bytes` must not change until then. Names are 1 to 128 of `a-z 0-9 . _ -`, not a dot first, else `invalid`.
   */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Begins a blob that is stored piece by piece. What is never finished takes no space once the store was opened anew. */
  begin(): Promise<BlobWriter>
  /**
   * Bytes `[start, end)` of a blob, by default all of them. Throws `io` ("not found") where there is no such blob,
   * `truncated` where it ends before `end`, `invalid` where the range is none.
   */
  get(name: string, start?: number, end?: number): Promise<Uint8Array>
  /** Every blob, by name. */
  list(): Promise<BlobInfo[]>
  /** Removes a blob; no error where there is none. */
  delete(name: string): Promise<void>
  /** Begins a hash for a name, where the platform has a quicker one than the core. */
  hash?(): BlobHash
}

/** SHA-256 of bytes that come by and by. */
export interface BlobHash {
  /** How many bytes were taken. */
  readonly taken: number
  /** Takes a multiple of 64 bytes. */
  take(bytes: Uint8Array): void
  /** Takes the last bytes, any number, and gives the digest. Nothing may follow. */
  end(bytes: Uint8Array): Uint8Array
}

/** A blob on its way into a store. Nothing of it is to be seen before it is finished. One call at a time. */
export interface BlobWriter {
  /**
   * Adds bytes, which must not change until it resolves; all but the last call add a multiple of `PIECE_BYTES`. After an
   * error only `discard` may follow.
   */
  write(bytes: Uint8Array): Promise<void>
  /** Names it; for the rest as `BlobStore.put`. */
  finish(name: string): Promise<void>
  /** Gives the space of what is not finished back. Once it is, this does nothing. */
  discard(): Promise<void>
}

/** Bytes that a blob is stored by. */
export const PIECE_BYTES: number = 256 * 1024

/** Number of a record in its log: 0 for the first, one more for each that follows, over every restart and truncation. */
export type LogPosition = number

/** Records that were durable once and cannot be read any more. */
export interface LogDamage {
  /** The first lost record. */
  position: LogPosition
  /** Number of lost records. */
  records: number
  /** What is wrong and where, as a sentence. */
  message: string
}

/** Records in order, each of them whole. */
export interface LogStore {
  /**
   * Appends a record and resolves with its position when it is durable. Concurrent calls commit in call order, together
   * where one commit is still under way. `record` must not change until then. Throws `quota` at `MAX_RECORD_BYTES` or
   * `MAX_WAITING_BYTES`. After one commit has failed, nothing knows what the platform has kept: every later call throws,
   * until the store is opened anew.
   */
  append(record: Uint8Array): Promise<LogPosition>
  /**
   * Visits every record that was durable when the call was made, in order, each visit awaited. A write that was cut short at the
   * end is left out quietly, since nothing of it was acknowledged; lost records before whole ones go to `onDamage`.
   */
  replay(
    visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>,
    onDamage?: (damage: LogDamage) => void,
  ): Promise<void>
  /** Forgets records before the position, as far as whole files hold no others; some may stay. */
  truncate(before: LogPosition): Promise<void>
  /** Position of the next record. */
  readonly next: LogPosition
  /** Bytes that the log takes. */
  readonly bytes: number
}

/** Where the bytes of one engine lie. One opener at a time. */
export interface Store {
  readonly blobs: BlobStore
  readonly log: LogStore
  /** Bytes in use and bytes that there may be. */
  estimate(): Promise<StoreEstimate>
  /** Finishes what was begun and lets another open the store. Later calls throw `closed`. */
  close(): Promise<void>
}

export interface StoreEstimate {
  usage: number
  quota: number
}

/** 32 bits that tell damaged bytes from whole ones. */
export type Checksum = (bytes: Uint8Array) => number

export interface StoreOptions {
  checksum: Checksum
}

/** Longest record of a log. */
export const MAX_RECORD_BYTES: number = 64 * 1024 * 1024

const BLOB_NAME = /^[a-z0-9_-][a-z0-9._-]{0,127}$/

export function checkBlobName(name: string): void {
  if (BLOB_NAME.test(name)) return
  throw new TidemarkError('invalid', `blob name '${name.slice(0, 200)}' is not allowed`, {
    hint: 'Use 1 to 128 of a-z, 0-9, dot, underscore and hyphen, with no dot first.',
  })
}

/** The range of a blob of `bytes` bytes that a `get` asks for. */
export function checkBlobRange(blob: BlobInfo, start = 0, end: number = blob.bytes): { start: number; end: number } {
  const { name, bytes } = blob
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0) {
    throw new TidemarkError('invalid', `range [${start}, ${end}) of blob '${name}' is not one of whole bytes`)
  }
  if (start > bytes || end > bytes) {
    throw new TidemarkError('truncated', `blob '${name}' ends at byte ${bytes}, before byte ${Math.max(start, end)}`)
  }
  if (start > end)
    throw new TidemarkError('invalid', `range [${start}, ${end}) of blob '${name}' ends before it starts`)
  return { start, end }
}

export function blobNotFound(name: string): TidemarkError {
  return new TidemarkError('io', `blob '${name}' not found`)
}

export function storeClosed(): TidemarkError {
  return new TidemarkError('closed', 'the store is closed')
}
