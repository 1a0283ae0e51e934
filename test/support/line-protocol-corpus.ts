import fc from 'fast-check'
import { generator } from './block-shapes.ts'
import { lineProtocolRows } from './line-protocol-arbitrary.ts'

const SAMPLED = 40_000
const MOST_PIECES = 24
const CHANGES = [
  0x22, 0x5c, 0x2c, 0x3d, 0x20, 0x0a, 0x0d, 0x00, 0x23, 0x69, 0x30, 0x2e, 0x65, 0x2d, 0xff, 0xc3, 0xed, 0xf4,
]

/**
 * Bodies without end, by a seed: pieces of line protocol in any order, in a third of the bodies with some bytes changed, moved
 * or left out. Much faster than an arbitrary, which has to know how to shrink.
 */
export function* lineProtocolBodies(seed: number): Generator<Uint8Array, never> {
  const utf8 = new TextEncoder()
  const pieces = fc.sample(lineProtocolRows, { seed, numRuns: SAMPLED }).map((text) => utf8.encode(text))
  const random = generator(seed)
  const below = (limit: number): number => random() % limit
  for (;;) {
    const chosen = Array.from({ length: 1 + below(MOST_PIECES) }, () => pieces[below(SAMPLED)] ?? new Uint8Array())
    const body = new Uint8Array(chosen.reduce((bytes, piece) => bytes + piece.length, 0))
    let at = 0
    for (const piece of chosen) {
      body.set(piece, at)
      at += piece.length
    }
    if (body.length > 0 && below(3) === 0) {
      for (let left = below(4); left >= 0; left--) change(body, below)
    }
    yield body
  }
}

function change(body: Uint8Array, below: (limit: number) => number): void {
  const at = below(body.length)
  const kind = below(4)
  if (kind === 0) body[at] = CHANGES[below(CHANGES.length)] ?? 0
  else if (kind === 1) body[at] = (body[at] ?? 0) ^ (1 << below(8))
  else body.copyWithin(at, at + 1 + below(8))
}

export function countLines(body: Uint8Array): number {
  let lines = 0
  for (const byte of body) if (byte === 0x0a) lines++
  return lines
}
