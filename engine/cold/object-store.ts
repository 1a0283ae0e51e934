/** Bytes `[start, end)` of an object, or its last ones. */
export type ByteRange = { start: number; end: number } | { last: number }

export interface StoredObject {
  bytes: Uint8Array<ArrayBuffer>
  /** What a later `ifMatch` compares; empty where the place tells none. */
  etag: string
}

export interface ObjectInfo {
  key: string
  bytes: number
}

/** A put that is only made where this is true of the object that is there. */
export type PutCondition = 'absent' | { ifMatch: string }

/** What was asked of a place so far. Repeated requests count, each time. */
export interface Traffic {
  requests: number
  sentBytes: number
  receivedBytes: number
}

/** Objects under keys, for reading. Keys are texts of `A-Z a-z 0-9 / . _ - = % ~`. */
export interface ObjectReader {
  /** How errors and people call it, without secrets: `s3://bucket/prefix`. */
  readonly place: string
  readonly traffic: Traffic
  /**
   * An object or a part of it, `undefined` where there is none. Throws `truncated` where it ends before the range, `auth`
   * where reading is not allowed, `io` where the place cannot be reached or fails, after some attempts.
   */
  get(key: string, range?: ByteRange): Promise<StoredObject | undefined>
}

/** The same, for writing too. */
export interface ObjectStore extends ObjectReader {
  /**
   * Stores an object, over one of the same key; whole and atomic. Resolves with its etag, or with `undefined` where the
   * condition does not hold. Throws `auth` or `io`.
   */
  put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | undefined>
  /** Objects whose keys begin with a prefix, in the order of the keys. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  /** Removes an object; no error where there is none. */
  delete(key: string): Promise<void>
}
