/** Sorted `[key, value]` pairs; keys are unique, values are not empty (an empty tag value is an absent tag). */
export type Tags = readonly (readonly [key: string, value: string])[]

/** One table with one tag set. */
export interface Series {
  table: string
  tags: Tags
}

const utf8 = new TextEncoder()
/** What the web calls latin1 is windows-1252; it gives each byte a code unit of its own all the same. */
const oneUnitPerByte = new TextDecoder('latin1')
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Order of the UTF-8 bytes, which is the order of code points; UTF-16 order differs beyond the BMP. */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y)
  }
  return a.length - b.length
}

/** Order of lists of the same length, text by text. */
export function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length; i++) {
    const order = compareUtf8(a[i] as string, b[i] as string)
    if (order !== 0) return order
  }
  return 0
}

/** Moves surrogates above the rest of the BMP, where the code points that they stand for are. */
function surrogatesLast(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** Canonical tags: sorted by key bytes, empty values dropped. Throws a `RangeError` on a repeated key. */
export function canonicalTags(pairs: Iterable<readonly [string, string]>): Tags {
  const tags = [...pairs].filter(([, value]) => value !== '').sort(([a], [b]) => compareUtf8(a, b))
  for (let i = 1; i < tags.length; i++) {
    if (tags[i]?.[0] === tags[i - 1]?.[0]) throw new RangeError(`tag '${tags[i]?.[0]}' is there twice`)
  }
  return tags
}

export function tagValue(tags: Tags, key: string): string {
  for (const [name, value] of tags) if (name === key) return value
  return ''
}

/**
 * The canonical series key: table, then each tag's key and value, every string as a u32 little-endian byte length and its
 * UTF-8 bytes. Two series are the same if and only if these bytes are.
 */
export function encodeSeriesKey(series: Series): Uint8Array {
  let end = putText(series.table, 0)
  for (const [name, value] of series.tags) end = putText(value, putText(name, end))
  return keySpace.slice(0, end)
}

/** Where a key is made; it grows to the longest. */
let keySpace = new Uint8Array(1 << 12)

/** Puts a text behind its length; returns the end. An encoder takes longer for a short text than all else that is done for a key. */
function putText(text: string, at: number): number {
  const start = at + 4
  const room = start + 3 * text.length
  if (room > keySpace.length) {
    const larger = new Uint8Array(2 * room)
    larger.set(keySpace.subarray(0, at))
    keySpace = larger
  }
  let end = start
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) {
      end = start + utf8.encodeInto(text, keySpace.subarray(start)).written
      break
    }
    keySpace[end++] = unit
  }
  const bytes = end - start
  for (let i = 0; i < 4; i++) keySpace[at + i] = bytes >>> (8 * i)
  return end
}

/** The series of a canonical key, or `undefined` where the bytes are not one. */
export function decodeSeriesKey(key: Uint8Array): Series | undefined {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const texts: string[] = []
  let at = 0
  while (at < key.length) {
    if (at + 4 > key.length) return undefined
    const bytes = view.getUint32(at, true)
    if (bytes > key.length - at - 4) return undefined
    try {
      texts.push(strictUtf8.decode(key.subarray(at + 4, at + 4 + bytes)))
    } catch {
      return undefined
    }
    at += 4 + bytes
  }
  const [table, ...rest] = texts
  if (table === undefined || rest.length % 2 !== 0) return undefined
  const tags: [string, string][] = []
  for (let i = 0; i < rest.length; i += 2) tags.push([rest[i] ?? '', rest[i + 1] ?? ''])
  return { table, tags }
}

/** A canonical key as a string that differs wherever keys do: for maps, which compare bytes by identity. */
export function keyText(key: Uint8Array): string {
  return oneUnitPerByte.decode(key)
}

/** `cpu,host=a,region=b`, for people; not escaped. */
export function printSeries(series: Series): string {
  return [series.table, ...series.tags.map(([key, value]) => `${key}=${value}`)].join(',')
}

/** Order of the canonical keys of two series of one table, without making the keys: by tag, name before value. */
export function compareTags(a: Tags, b: Tags): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const [nameA, valueA] = a[i] as readonly [string, string]
    const [nameB, valueB] = b[i] as readonly [string, string]
    const order = compareUtf8(nameA, nameB) || compareUtf8(valueA, valueB)
    if (order !== 0) return order
  }
  return a.length - b.length
}
