import { giveUp } from '../core/given-up-memory.ts'

/** Where bytes begin and end. */
export type BytePlace = readonly [start: number, end: number]

/**
 * Parts of bytes that were read, each a view: neighbours share an array of at most `mostBytes`, but for a larger part, since thousands of small
 * ones take as much again and leave the allocator in pieces. Bytes that are all parts stay where they are; else they are copied, and their
 * memory is given up. `places` are in ascending order, as in the file; `begin` is the place of the first byte.
 */
export function partsOf(
  bytes: Uint8Array,
  begin: number,
  places: readonly BytePlace[],
  mostBytes: number,
): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let from = 0; from < places.length; ) {
    let to = from
    let sum = 0
    for (; to < places.length; to++) {
      const [start, end] = places[to] as BytePlace
      if (to > from && sum + end - start > mostBytes) break
      sum += end - start
    }
    if (sum === bytes.length) return places.map(([start, end]) => bytes.subarray(start - begin, end - begin))
    const shared = new Uint8Array(sum)
    let at = 0
    for (const [start, end] of places.slice(from, to)) {
      shared.set(bytes.subarray(start - begin, end - begin), at)
      parts.push(shared.subarray(at, at + end - start))
      at += end - start
    }
    from = to
  }
  giveUp(bytes)
  return parts
}
