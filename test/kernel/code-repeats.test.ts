import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { plainRepeats, repeatedCodes } from '../../engine/kernel/code-repeats.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

let kernels: Kernel[]
beforeAll(async () => {
  const cores = await Promise.all([loadCore('core.wasm'), loadCore('core-scalar.wasm')])
  kernels = await Promise.all(cores.map((core) => Kernel.create(core)))
})

/** What repeats at a distance, with some codes changed, and where the first of these is counted from. */
const changed = fc
  .record({
    distance: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(4095, 4096, 4097, 20_000)),
    length: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 60_000 })),
    changes: fc.array(fc.nat(60_000), { maxLength: 2 }),
    seed: fc.nat(),
  })
  .map(({ distance, length, changes, seed }) => {
    const codes = Uint32Array.from({ length }, (_, i) => Math.imul((i % distance) + seed, 0x9e3779b1) >>> 0)
    for (const at of changes) if (at < length) codes[at] = 0xffffffff - (codes[at] as number)
    return { codes, distance }
  })

function reference(codes: Uint32Array, distance: number): number {
  const places = [...codes.keys()].slice(distance)
  const first = places.findIndex((at) => codes[at] !== codes[at - distance])
  return first < 0 ? places.length : first
}

test('codes repeat up to the first that differs, at any distance and any number of calls of the core', () => {
  fc.assert(
    fc.property(changed, ({ codes, distance }) => {
      const expected = reference(codes, distance)
      for (const { instance } of kernels) expect(repeatedCodes(instance, codes, distance)).toBe(expected)
      expect(plainRepeats(codes, distance)).toBe(expected)
    }),
    { numRuns: 300 },
  )
})

test('a difference is found at every place of a call', () => {
  for (let length = 1; length <= 100; length++) {
    const codes = new Uint32Array(length + 3)
    codes[length + 2] = 1
    for (const { instance } of kernels) expect(repeatedCodes(instance, codes, 3)).toBe(length - 1)
  }
  const codes = new Uint32Array(40_000)
  for (let at = 16_380; at < 16_390; at++) {
    codes.fill(0)
    codes[at] = 1
    for (const { instance } of kernels) expect(repeatedCodes(instance, codes, 5)).toBe(at - 5)
  }
})
