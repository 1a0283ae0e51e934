/** Precisions of InfluxDB 1 that the engine does not take, in seconds. */
export const COARSE_SECONDS: Readonly<Record<'m' | 'h', bigint>> = { m: 60n, h: 3600n }

/**
 * Line protocol whose timestamps count `seconds` each, rewritten to seconds. Everything but whole timestamps is left as
 * it is, so that errors keep their places and wrong lines stay wrong.
 */
export function toSeconds(text: string, seconds: bigint): string {
  let out = ''
  let at = 0
  while (at < text.length) {
    const stamp = timestampStart(text, at)
    const end = lineEnd(text, stamp)
    const [, digits, rest] = /^(-?\d+)(\s*)$/.exec(text.slice(stamp, end)) ?? []
    out += digits === undefined ? text.slice(at, end) : text.slice(at, stamp) + BigInt(digits) * seconds + rest
    at = end
  }
  return out
}

/** Where the timestamp of the line at `start` begins: after the second space that is neither escaped nor quoted. */
function timestampStart(text: string, start: number): number {
  let at = afterSpaces(text, start)
  if (text[at] === '#') return Math.max(at, lineEnd(text, at) - 1)
  let inFields = false
  let quoted = false
  for (; at < text.length; at++) {
    const character = text[at]
    if (character === '\\' && text[at + 1] !== '\n') at++
    else if (quoted) quoted = character !== '"'
    else if (inFields && character === '"') quoted = text[at - 1] === '='
    else if (character === '\n') return at
    else if (character === ' ') {
      if (inFields) return afterSpaces(text, at)
      inFields = true
    }
  }
  return text.length
}

function afterSpaces(text: string, from: number): number {
  let at = from
  while (text[at] === ' ') at++
  return at
}

/** Just past the line feed that ends the line. */
function lineEnd(text: string, from: number): number {
  const feed = text.indexOf('\n', from)
  return feed < 0 ? text.length : feed + 1
}
