import { beforeAll, describe, expect, test } from 'vitest'
import { type Column, valueAt } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { generator, namedShapes } from '../support/block-shapes.ts'
import { oneBlock } from '../support/one-block.ts'

const EVERYTHING = 63

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

interface Block {
  headers: Uint8Array
  payload: Uint8Array
}

function encoded(column: Column): Block {
  const headers = new Uint8Array(HEADER_BYTES)
  return { headers, payload: kernel.encode(column, 0, column.values.length, headers, 0) }
}

/** Makes size and checksum fit, so that only the structure can give damage away. */
function resealed({ headers, payload }: Block): Block {
  const view = new DataView(headers.buffer)
  view.setUint32(8, payload.length, true)
  view.setUint32(12, kernel.checksum(payload), true)
  return { headers, payload }
}

/** Whether the block is refused with a typed error; else it must be readable in every way. */
function isRefused({ headers, payload }: Block): boolean {
  try {
    kernel.verify(headers, 0, payload)
  } catch (error) {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) return true
    throw error
  }
  const column = kernel.decode(headers, 0, payload, 'v')
  for (let row = 0; row < column.values.length; row += 61) valueAt(column, row)
  if (column.type === 'time') readAsTimes({ headers, payload })
  else if (column.type !== 'string') {
    kernel.spansOfTimes(new BigInt64Array(1), 0, 1)
    kernel.aggregateBlocks(oneBlock(headers, payload), EVERYTHING)
  }
  return false
}

function readAsTimes({ headers, payload }: Block): void {
  kernel.setWindows(0n, 1_000_000_000n, 0n, 2n ** 60n)
  try {
    const spans = kernel.spansOfBlocks(oneBlock(headers, payload))
    if (spans > 1024) throw new RangeError(`${spans} spans`)
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
  }
}

/** Every byte of a small block, some of a large one. */
function positions(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, at) => at)
  const next = generator(length)
  const ends = Array.from({ length: most / 2 }, (_, at) => at)
  return [...ends, ...Array.from({ length: most / 2 }, () => next() % length)]
}

const shapes = namedShapes()

describe('a damaged block', () => {
  test.each(shapes)('cut at any byte is refused: %s', (_name, column) => {
    const { headers, payload } = encoded(column)
    for (const at of positions(payload.length, 160)) {
      expect(isRefused({ headers, payload: payload.slice(0, at) })).toBe(true)
      expect(isRefused(resealed({ headers: headers.slice(), payload: payload.slice(0, at) }))).toBe(true)
    }
    expect(isRefused({ headers, payload: Uint8Array.of(...payload.subarray(0, 60_000), 0) })).toBe(true)
    for (let at = 0; at < HEADER_BYTES; at++) expect(isRefused({ headers: headers.slice(0, at), payload })).toBe(true)
  })

  test.each(shapes)('with any bit of its payload flipped is refused: %s', (_name, column) => {
    const { headers, payload } = encoded(column)
    for (const at of positions(payload.length, 160)) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = payload.slice()
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
        expect(isRefused({ headers, payload: flipped })).toBe(true)
      }
    }
  })

  test.each(shapes)('with any bit flipped and a checksum that fits never traps: %s', (_name, column) => {
    const { headers, payload } = encoded(column)
    for (const at of positions(payload.length, 100)) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = payload.slice()
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
        isRefused(resealed({ headers: headers.slice(), payload: flipped }))
      }
    }
    for (let bit = 0; bit < HEADER_BYTES * 8; bit++) {
      const flipped = headers.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      isRefused({ headers: flipped, payload })
      isRefused(resealed({ headers: flipped, payload }))
    }
  })

  test('of random bytes under any header never traps', () => {
    const next = generator(11)
    let readable = 0
    for (let round = 0; round < 12_000; round++) {
      const headers = new Uint8Array(HEADER_BYTES)
      const view = new DataView(headers.buffer)
      const [type, family] = [
        [1, 2],
        [1, 3],
        [1, 6],
        [2, 1],
        [3, 1],
        [4, 5],
        [5, 4],
      ][next() % 7] ?? [1, 2]
      view.setUint8(0, ((family ?? 2) << 4) | (1 + (next() % 14)))
      view.setUint8(1, type ?? 1)
      view.setUint16(2, 1 + (next() % 1024), true)
      const payload = Uint8Array.from({ length: next() % 200 }, () => next() % (next() % 2 === 0 ? 256 : 8))
      // The mode byte where it may stand, so that many get past the first check.
      payload[[0, 2, 2, 0][next() % 4] ?? 0] = view.getUint8(0) & 15
      if (!isRefused(resealed({ headers, payload }))) readable++
    }
    expect(readable).toBeGreaterThan(0)
  })
})
