/** A change of a file that is not synced. */
export interface UnsyncedWrite {
  at: number
  /** Absent for a change of length. */
  bytes?: Uint8Array
  length?: number
}

/** The bytes of a file after a write. */
export function applied(bytes: Uint8Array, { at, bytes: written, length }: UnsyncedWrite): Uint8Array {
  const changed = new Uint8Array(length ?? Math.max(bytes.byteLength, at + (written?.byteLength ?? 0)))
  changed.set(bytes.subarray(0, changed.byteLength))
  if (written) changed.set(written, at)
  return changed
}

/** A part of a write: a power cut may keep any of its pages. */
export function tornWrite(write: UnsyncedWrite, next: () => number): UnsyncedWrite {
  if (write.bytes === undefined || next() % 2 === 0) return write
  const length = next() % (write.bytes.byteLength + 1)
  return { at: write.at, bytes: write.bytes.slice(0, length) }
}
