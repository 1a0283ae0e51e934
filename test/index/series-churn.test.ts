import { assert, asyncProperty, integer, array as listOf } from 'fast-check'
import { expect, test } from 'vitest'
import { encodeSeriesKey, type Series } from '../../engine/core/series.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { NONE } from '../../engine/kernel/index-memory.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { packKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { generator } from '../support/block-shapes.ts'

const kernel = await Kernel.create(await loadCore())

function seriesOf(i: number): Series {
  return {
    table: i % 5 === 0 ? 'u' : 't',
    tags: [
      ['pod', `some-longer-name-of-a-pod-${i}`],
      ['rack', `${i % 7}`],
      ['zone', i % 3 === 0 ? 'only' : `${i % 200}`],
    ],
  }
}

function register(index: SeriesIndex, numbers: readonly number[]): Uint32Array {
  const keys = numbers.map((i) => encodeSeriesKey(seriesOf(i)))
  return index.registerKeys(packKeys(keys), new Uint8Array(keys.length))
}

function sweepAll(index: SeriesIndex): void {
  while (index.sweep(1000));
}

test('a set and a text of more bytes than the memory has are looked at', () => {
  const index = new SeriesIndex(kernel)
  const [ref = 0, other = 0] = register(index, [1, 2])
  const bits = new Uint8Array(5 << 20)
  bits[0] = 1 << ref
  expect([...index.refsWithout(bits)]).toEqual([other])
  expect(index.tagValues('x'.repeat(9 << 20), 'pod', 10)).toEqual([])
})

test('series that are unlinked are found no more, freed and swept or not, the others keep ref, tags and lists', async () => {
  await assert(
    asyncProperty(
      listOf(integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 3000, size: 'max' }),
      integer(),
      async (numbers, seed) => {
        const next = generator(seed)
        const distinct = [...new Set(numbers)]
        const index = new SeriesIndex(kernel)
        const refs = register(index, distinct)
        const isDropped = distinct.map(() => next() % 3 !== 0)
        const dropped = refs.filter((_, i) => isDropped[i])
        const bits = new Uint8Array((refs.length + 7) >> 3)
        refs.forEach((ref, i) => {
          if (!isDropped[i]) bits[ref >> 3] = (bits[ref >> 3] ?? 0) | (1 << (ref & 7))
        })
        expect(index.refsWithout(bits)).toEqual(dropped)
        expect(index.unlink(dropped)).toBe(dropped.length)
        expect(index.unlink(dropped)).toBe(0)
        expect(index.refsWithout(bits).length).toBe(0)
        const left = distinct.filter((_, i) => !isDropped[i])
        const check = async (canBeRead: boolean): Promise<void> => {
          expect(index.size).toBe(left.length)
          for (const [i, number] of distinct.entries()) {
            const key = encodeSeriesKey(seriesOf(number))
            expect(index.find(key, 0)).toBe(isDropped[i] ? NONE : refs[i])
            expect(index.has(refs[i] as number)).toBe(canBeRead || !isDropped[i])
            if (canBeRead || !isDropped[i]) expect(index.series(refs[i] as number)).toEqual(seriesOf(number))
          }
          for (const table of ['t', 'u']) {
            const own = left.filter((i) => seriesOf(i).table === table)
            expect(index.tableCardinality().find((one) => one.table === table)?.series ?? 0).toBe(own.length)
            expect((await index.select(table, [])).length).toBe(own.length)
            const racks = await index.select(table, [{ tag: 'rack', op: '=', value: '3' }])
            expect(racks.length).toBe(own.filter((i) => i % 7 === 3).length)
            const pods = await index.select(table, [{ tag: 'pod', op: '=~', value: '.*-pod-1.*' }])
            expect(pods.length).toBe(own.filter((i) => `${i}`.startsWith('1')).length)
            const values = new Set(own.map((i) => `${seriesOf(i).tags[2]?.[1]}`))
            expect(new Set(index.tagValues(table, 'zone', 1000))).toEqual(values)
          }
        }
        await check(true)
        index.free(dropped)
        await check(false)
        index.sweep(100)
        await check(false)
        sweepAll(index)
        await check(false)
        const again = register(index, distinct)
        for (const [i, ref] of again.entries()) {
          if (isDropped[i]) expect(ref).toBeGreaterThanOrEqual(distinct.length)
          else expect(ref).toBe(refs[i])
          expect(index.series(ref)).toEqual(seriesOf(distinct[i] as number))
        }
      },
    ),
    { numRuns: 6 },
  )
})

test('a series that comes again before its memory is given back has a new ref and keeps its values', async () => {
  const index = new SeriesIndex(kernel)
  const refs = register(index, [1, 2, 3])
  index.unlink(refs.subarray(0, 2))
  const again = register(index, [1, 2])
  expect([...again]).toEqual([3, 4])
  index.free(refs.subarray(0, 2))
  sweepAll(index)
  for (const [i, ref] of again.entries()) expect(index.series(ref)).toEqual(seriesOf(i + 1))
  expect(index.find(encodeSeriesKey(seriesOf(1)), 0)).toBe(3)
  const one = await index.select('t', [{ tag: 'pod', op: '=', value: 'some-longer-name-of-a-pod-1' }])
  expect([...one]).toEqual([3])
  expect(index.tagValues('t', 'pod', 10).length).toBe(3)
})

test('memory stays as it is while series come and go: thirty generations of 4000, a tenth of which stay for ten', () => {
  const index = new SeriesIndex(kernel)
  const used = (): number => Object.values(index.bytes).reduce((sum, bytes) => sum + bytes, 0)
  let living: { refs: Uint32Array; until: number }[] = []
  let settled = { used: 0, whole: 0 }
  for (let generation = 0; generation < 30; generation++) {
    const refs = register(
      index,
      Array.from({ length: 4000 }, (_, i) => generation * 4000 + i),
    )
    living.push({ refs: refs.filter((_, i) => i % 10 !== 0), until: generation + 1 })
    living.push({ refs: refs.filter((_, i) => i % 10 === 0), until: generation + 10 })
    const gone = living.filter(({ until }) => until === generation).flatMap(({ refs }) => [...refs])
    living = living.filter(({ until }) => until !== generation)
    const bits = new Uint8Array((index.refLimit + 7) >> 3)
    for (const { refs } of living)
      for (const ref of refs) bits[ref >> 3] = (bits[ref >> 3] as number) | (1 << (ref & 7))
    const found = index.refsWithout(bits)
    expect(found).toEqual(Uint32Array.from(gone).sort())
    index.unlink(found)
    index.free(found)
    sweepAll(index)
    if (generation === 15) settled = { used: used(), whole: index.image().length }
  }
  // Of the newest generation all, of the nine before a tenth.
  expect(index.size).toBe(4000 + 9 * 400)
  expect(used()).toBeLessThan(settled.used * 1.05)
  // With what is free and waits to be used again.
  expect(index.image().length).toBeLessThan(settled.whole * 1.05)
})
