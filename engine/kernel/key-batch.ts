/** Canonical series keys, one after the other. */
export interface KeyBatch {
  bytes: Uint8Array
  /** Where each ends. */
  ends: Uint32Array
}

export function packKeys(keys: readonly Uint8Array[]): KeyBatch {
  const bytes = new Uint8Array(keys.reduce((total, key) => total + key.length, 0))
  const ends = new Uint32Array(keys.length)
  let end = 0
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as Uint8Array
    bytes.set(key, end)
    end += key.length
    ends[i] = end
  }
  return { bytes, ends }
}

/** The keys of a batch, as views of it. */
export function unpackKeys({ bytes, ends }: KeyBatch): Uint8Array[] {
  return Array.from(ends, (end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
}
