const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes of the text that a canonical key has at a place, behind the four that say it. */
export function textBytesAt(key: Uint8Array, at: number): number {
  const low = (key[at] as number) | ((key[at + 1] as number) << 8)
  return (low | ((key[at + 2] as number) << 16) | ((key[at + 3] as number) << 24)) >>> 0
}

/** Whether bytes have the form of a canonical key: a table, then names and values of tags, all of them UTF-8, no value empty. */
export function isSeriesKey(key: Uint8Array): boolean {
  let texts = 0
  for (let at = 0; at < key.length; texts++) {
    if (at + 4 > key.length) return false
    const from = at + 4
    const bytes = textBytesAt(key, at)
    if (bytes > key.length - from || (bytes === 0 && texts > 0 && texts % 2 === 0)) return false
    at = from + bytes
    if (!isUtf8(key, from, at)) return false
  }
  return texts % 2 === 1
}

function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if ((bytes[i] as number) < 0x80) continue
    try {
      strictUtf8.decode(bytes.subarray(i, to))
      return true
    } catch {
      return false
    }
  }
  return true
}
