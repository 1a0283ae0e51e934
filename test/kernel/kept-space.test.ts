import { expect, test } from 'vitest'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { KeptSpace } from '../../engine/kernel/kept-space.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { generator } from '../support/block-shapes.ts'

const core = await loadCore()
const MIB = 1 << 20

test('places do not overlap, are aligned, and keep what is in them while others come and go', async () => {
  const { instance } = await Kernel.create(core)
  const kept = KeptSpace.of(instance)
  const next = generator(3)
  const places: { at: number; size: number; mark: number }[] = []
  for (let round = 0; round < 20_000; round++) {
    const isFull = kept.bytes > 8 * MIB
    if (places.length > 0 && (isFull || next() % 3 === 0)) {
      const [{ at, size, mark }] = places.splice(next() % places.length, 1) as [(typeof places)[number]]
      expect([instance.u8[at], instance.u8[at + size - 1]]).toEqual([mark, mark])
      instance.u8.fill(0, at, at + size)
      kept.give(at, size)
      continue
    }
    const size = kept.sizeOf(1 + (next() % (next() % 100 === 0 ? 2 * MIB : 5000)))
    const at = kept.take(size)
    const mark = 1 + (round % 255)
    expect(at % HEADER_BYTES).toBe(0)
    instance.u8.fill(mark, at, at + size)
    places.push({ at, size, mark })
  }
  expect(kept.bytes).toBe(places.reduce((total, { size }) => total + size, 0))
  for (const { at, size, mark } of places) {
    expect(instance.u8.subarray(at, at + size).every((byte) => byte === mark)).toBe(true)
    kept.give(at, size)
  }
  expect(kept.bytes).toBe(0)
})

test('as much memory as was ever taken at a time does for places of all sizes, one after the other and mixed', async () => {
  const { instance } = await Kernel.create(core)
  const kept = KeptSpace.of(instance)
  const budget = 32 * MIB
  const before = instance.u8.length
  const next = generator(5)
  const sizes = [64, 640, 2112, 4032, 18_048, 40_000, 100_032, 220_032]
  const held: { at: number; size: number }[] = []
  const takeUpTo = (sizeOf: () => number): void => {
    for (let size = kept.sizeOf(sizeOf()); kept.bytes + size <= budget; size = kept.sizeOf(sizeOf())) {
      held.push({ at: kept.take(size), size })
    }
  }
  const giveSome = (chance: number): void => {
    const given = held.filter(() => next() % 100 < chance)
    for (const { at, size } of given) kept.give(at, size)
    const gone = new Set(given)
    held.splice(0, held.length, ...held.filter((each) => !gone.has(each)))
  }
  for (const size of sizes.slice(1)) {
    takeUpTo(() => size)
    giveSome(100)
  }
  // Slabs end in a rest that is too short for the largest; memory grows by 2 MiB and more at a time.
  const alike = instance.u8.length - before
  expect(alike).toBeLessThan(1.3 * budget)
  for (let round = 0; round < 30; round++) {
    takeUpTo(() => sizes[next() % sizes.length] as number)
    giveSome(50)
  }
  expect(instance.u8.length - before).toBeLessThan(1.6 * budget)
  giveSome(100)
  expect(kept.bytes).toBe(0)
})

test('slabs without any place go back to the heap, for whoever asks for as much', async () => {
  const { instance } = await Kernel.create(core)
  const { exports } = instance
  const kept = KeptSpace.of(instance)
  const places = Array.from({ length: 20 }, () => kept.take(MIB / 2))
  const bytes = instance.u8.length
  for (const at of places) kept.give(at, MIB / 2)
  for (let i = 0; i < 8; i++) exports.allocate(MIB)
  expect(instance.u8.length).toBe(bytes)
})
