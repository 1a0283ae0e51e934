import { assert, double, integer, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import { NO_ROW } from '../../engine/core/columns.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { RowPlaces } from '../../engine/kernel/row-places.ts'
import { generator } from '../support/block-shapes.ts'

const kernel = await Kernel.create(await loadCore())

const shape = record({
  seed: integer({ min: 1, max: 1 << 30 }),
  rows: integer({ min: 1, max: 40_000 }),
  share: double({ min: 0, max: 1, noNaN: true }),
})

test('every value comes to the place of its row, bit by bit, and rows without a place to none', () => {
  assert(
    property(shape, ({ seed, rows, share }) => {
      const random = generator(seed)
      const bits = BigInt64Array.from({ length: rows }, () => BigInt(Math.floor(random() * 2 ** 31)) << 33n)
      const column: Column =
        random() < 0.5
          ? { name: '', type: 'f64', values: new Float64Array(bits.buffer) }
          : { name: '', type: 'i64', values: bits }
      const run = kernel.encodeBlocks(column, 'quick')
      const chosen = Uint32Array.from({ length: rows }, (_, row) => row).filter(() => random() < share)
      // The last ones come first; every fifth has no place.
      const ranks = chosen.map((_, i) => (i % 5 === 4 ? NO_ROW : chosen.length - 1 - i))
      const places = new RowPlaces(kernel.instance, chosen, ranks, chosen.length)
      places.put(run, 0, chosen.length)
      const put = places.integers()
      for (const [i, rank] of ranks.entries()) {
        if (rank !== NO_ROW) expect(put[rank]).toBe(bits[chosen[i] as number])
      }
      places.release()
    }),
    { numRuns: 40 },
  )
})
