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

export const noKeys: KeyBatch = { bytes: new Uint8Array(0), ends: new Uint32Array(0) }

/** Some keys of a batch, by their places. */
export function chosenKeys({ bytes, ends }: KeyBatch, places: readonly number[]): KeyBatch {
  const start = (key: number): number => (key === 0 ? 0 : (ends[key - 1] as number))
  const chosen = new Uint8Array(places.reduce((total, key) => total + (ends[key] as number) - start(key), 0))
  const chosenEnds = new Uint32Array(places.length)
  let end = 0
  for (const [i, key] of places.entries()) {
    chosen.set(bytes.subarray(start(key), ends[key]), end)
    end += (ends[key] as number) - start(key)
    chosenEnds[i] = end
  }
  return { bytes: chosen, ends: chosenEnds }
}

/** The keys of a batch, as views of it. */
export function unpackKeys({ bytes, ends }: KeyBatch): Uint8Array[] {
  return Array.from(ends, (end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
}
