import { assert, double, integer, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import { NO_ROW } from '../../engine/core/columns.ts'
import { BLOCK_ROWS, HEADER_BYTES, typeByte } from '../../engine/kernel/header.ts'
import { KeptBlocks } from '../../engine/kernel/kept-blocks.ts'
import { KeptRuns } from '../../engine/kernel/kept-runs.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { RowPlaces } from '../../engine/kernel/row-places.ts'
import { generator, uniform } from '../support/block-shapes.ts'

const kernel = await Kernel.create(await loadCore())

const shape = record({
  seed: integer({ min: 1, max: 1 << 30 }),
  rows: integer({ min: 1, max: 40_000 }),
  share: double({ min: 0, max: 1, noNaN: true }),
  times: integer({ min: 1, max: 300 }),
  limit: double({ min: 0, max: 1.2, noNaN: true }),
})

/** Numbers of rows in the order of their times, those of one time as they come, as far as the limit. */
function ordered(times: readonly number[], limit: number): number[] {
  return [...times.keys()].sort((a, b) => (times[a] as number) - (times[b] as number) || a - b).slice(0, limit)
}

/** How many come before those of each number. */
function startsOf(counts: Uint32Array): Uint32Array {
  let before = 0
  return counts.map((count) => {
    before += count
    return before - count
  })
}

/** A column of two whose blocks are kept; the other one has none. */
function keptOf(column: Column): KeptBlocks {
  const count = Math.ceil(column.values.length / BLOCK_ROWS)
  const headers = new Uint8Array(count * HEADER_BYTES)
  const payloads = Array.from({ length: count }, (_, block) => {
    const end = Math.min(column.values.length, (block + 1) * BLOCK_ROWS)
    return kernel.encode(column, block * BLOCK_ROWS, end, headers, block * HEADER_BYTES)
  })
  const kept = new KeptBlocks(kernel.instance, 2, count)
  expect(kept.add(1, headers, payloads)).toBe(true)
  return kept
}

test('every value comes to the place of its row, bit by bit, and rows behind the limit to none', () => {
  assert(
    property(shape, ({ seed, rows, share, times, limit }) => {
      const next = generator(seed)
      const random = (): number => uniform(next)
      // Offsets of one, two and four bytes, and integers that have no room in these.
      const [range, shift] = [2 ** (random() * 31), random() < 0.3 ? 33n : 0n]
      const bits = BigInt64Array.from({ length: rows }, () => (BigInt(Math.floor(random() * range)) << shift) - 100n)
      const column: Column =
        random() < 0.5
          ? { name: '', type: 'f64', values: new Float64Array(bits.buffer) }
          : { name: '', type: 'i64', values: bits }
      const run = kernel.encodeBlocks(column, 'quick')
      const chosen = Uint32Array.from({ length: rows }, (_, row) => row).filter(() => random() < share)
      const timeOfRow = Array.from({ length: rows }, () => Math.floor(random() * times))
      const own = Array.from(chosen, (row) => timeOfRow[row] as number)
      const most = Math.floor(limit * chosen.length)
      const wanted = ordered(own, most)
      // A first part whose times are looked up by row, and a second whose times follow each other, each of a list of rows of its own.
      const half = chosen.length >> 1
      const first = { from: 0, to: half, position: 0, firstRow: 0 }
      const second = { from: half, to: chosen.length, position: rows, firstRow: undefined }
      const places = new RowPlaces(kernel.instance, [chosen.subarray(0, half), chosen.subarray(half)])
      const positions = Uint32Array.from([...timeOfRow, ...own.slice(half)])
      const counts = places.countRows([first, second], positions, times)
      expect(Array.from(counts)).toEqual(
        Array.from({ length: times }, (_, at) => own.filter((one) => one === at).length),
      )
      places.rank(startsOf(counts), wanted.length)
      const ranks = Array.from(chosen, () => NO_ROW)
      for (const [rank, i] of wanted.entries()) ranks[i] = rank
      expect(Array.from(places.ranks)).toEqual(ranks)
      places.putNumber(7, 0, half)
      places.putNumber(9, half, chosen.length)
      expect(Array.from(places.numbers())).toEqual(wanted.map((i) => (i < half ? 7 : 9)))
      places.put(run, 0, chosen.length)
      expect(Array.from(places.integers())).toEqual(wanted.map((i) => bits[chosen[i] as number]))
      places.putNumber(7, 0, chosen.length)
      const kept = keptOf(column)
      const stretch = { blocks: kept, first: 0, count: Math.ceil(rows / BLOCK_ROWS) }
      const runs = new KeptRuns(typeByte(column.type), 2)
      expect(runs.add(stretch, 0, 0, half)).toBe(false)
      expect(runs.add(stretch, 1, 0, half)).toBe(true)
      expect(runs.add(stretch, 1, half, chosen.length)).toBe(true)
      places.putKept(runs)
      expect(Array.from(places.integers())).toEqual(wanted.map((i) => bits[chosen[i] as number]))
      places.release()
      kept.release()
    }),
    { numRuns: 40 },
  )
})
