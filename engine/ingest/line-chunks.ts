import { joinBytes } from '../core/join-bytes.ts'
import { type ByteSource, byteChunks } from './byte-source.ts'

const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const HASH = 35
const EQUALS = 61
const BACKSLASH = 92

/**
 * Cuts a stream of line protocol at the ends of rows into pieces of at most `maxBytes`, for one append each. A newline in a
 * quoted string ends no row. Where a row has more than `maxBytes`, or a string is never closed, the piece is cut at its last
 * newline, or else after `maxBytes`, and the parser rejects what that breaks.
 */
export async function* lineChunks(source: ByteSource, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (!(maxBytes > 0)) throw new RangeError('maxBytes has to be positive')
  let parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of byteChunks(source)) {
    parts.push(chunk)
    bytes += chunk.length
    if (bytes < maxBytes) continue
    let rest = joinBytes(parts)
    while (rest.length >= maxBytes) {
      const end = cutOf(rest.subarray(0, maxBytes))
      yield rest.slice(0, end)
      rest = rest.subarray(end)
    }
    parts = [rest]
    bytes = rest.length
  }
  if (bytes > 0) yield joinBytes(parts)
}

/** Where to cut a full piece that begins with a row. */
function cutOf(piece: Uint8Array): number {
  const newline = piece.lastIndexOf(NEWLINE) + 1
  const end = piece.includes(QUOTE) ? lastRowEnd(piece) : newline
  return end || newline || piece.length
}

/** Where the last whole row ends, or 0. The same reading of quotes as the parser's: they count right after `key=`. */
function lastRowEnd(text: Uint8Array): number {
  let end = 0
  while (end < text.length) {
    const next = text[end] === HASH ? text.indexOf(NEWLINE, end) + 1 : rowEnd(text, end)
    if (next === 0) return end
    end = next
  }
  return end
}

/** Where the row at `start` ends, after its newline, or 0 where the text ends before. */
function rowEnd(text: Uint8Array, start: number): number {
  let inKey = true
  for (let at = start; at < text.length; at++) {
    const byte = text[at]
    if (byte === NEWLINE) return at + 1
    if (at > start && text[at - 1] === BACKSLASH) continue
    if (byte === SPACE) inKey = false
    if (inKey || byte !== EQUALS || text[at + 1] !== QUOTE) continue
    at = closingQuote(text, at + 1)
    if (at < 0) return 0
  }
  return 0
}

function closingQuote(text: Uint8Array, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === QUOTE) return at
    if (text[at] === BACKSLASH && (text[at + 1] === QUOTE || text[at + 1] === BACKSLASH)) at++
  }
  return -1
}
