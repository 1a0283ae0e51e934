import { expect, test } from 'vitest'
import { BlockCache } from '../../engine/storage/block-cache.ts'

const run = (bytes: number): Uint8Array => new Uint8Array(bytes)

test('keeps what fits the budget, and evicts what was not used for longest once it is exceeded', () => {
  const cache = new BlockCache(100)
  const owner = {}
  for (const [number, bytes] of [
    [0, 30],
    [1, 30],
    [2, 40],
  ] as const)
    cache.add(owner, new Map([[number, run(bytes)]]))
  cache.trim()
  expect([...cache.runs(owner).keys()]).toEqual([0, 1, 2])
  const first = cache.runs(owner).get(0)
  if (first) cache.touch([first])
  cache.add(owner, new Map([[3, run(10)]]))
  cache.trim()
  expect([...cache.runs(owner).keys()].sort()).toEqual([0, 3])
  expect(cache.bytes).toBe(40)
})

test('who holds runs holds their bytes over an eviction', () => {
  const cache = new BlockCache(10)
  const owner = {}
  cache.add(owner, new Map([[7, run(50)]]))
  const held = cache.runs(owner)
  cache.trim()
  expect(cache.bytes).toBe(0)
  expect(held.get(7)?.bytes.length).toBe(50)
})

test('counts a run that comes again once, and forgets an owner whole', () => {
  const cache = new BlockCache(1000)
  const [a, b] = [{}, {}]
  for (let i = 0; i < 3; i++) cache.add(a, new Map([[0, run(20)]]))
  cache.add(b, new Map([[0, run(5)]]))
  expect(cache.bytes).toBe(25)
  cache.drop(a)
  expect(cache.bytes).toBe(5)
  expect(cache.runs(a).size).toBe(0)
})

test('asks owners to let go of what they keep by themselves, that first which was not used for longest', () => {
  const cache = new BlockCache(100)
  const owners = ['a', 'b', 'c'].map((name) => ({ name }))
  const released: string[] = []
  for (const owner of owners) cache.hold(owner, 40, () => released.push(owner.name))
  expect(cache.bytes).toBe(120)
  if (owners[0]) cache.touchHeld(owners[0])
  cache.trim()
  expect(released).toEqual(['b', 'c'])
  expect(cache.bytes).toBe(40)
  if (owners[0]) cache.drop(owners[0])
  expect(cache.bytes).toBe(0)
  expect(released).toEqual(['b', 'c'])
})

/** Runs of some bytes each that lie behind one another in one memory. */
function sharing(first: number, bytes: readonly number[]): Map<number, Uint8Array> {
  const memory = new Uint8Array(bytes.reduce((sum, length) => sum + length, 0))
  let at = 0
  return new Map(
    bytes.map((length, i) => {
      at += length
      return [first + i, memory.subarray(at - length, at)]
    }),
  )
}

test('runs that share memory go together, that memory first of which no run was used for longest', () => {
  const cache = new BlockCache(100)
  const owner = {}
  cache.add(owner, sharing(0, [20, 20]))
  cache.add(owner, sharing(2, [20, 20]))
  const second = cache.runs(owner).get(1)
  if (second) cache.touch([second])
  cache.add(owner, sharing(4, [20, 10]))
  expect(cache.bytes).toBe(110)
  cache.trim()
  expect([...cache.runs(owner).keys()]).toEqual([0, 1, 4, 5])
  expect(cache.bytes).toBe(70)
})

test('counts shared memory until the last of its runs has come again elsewhere', () => {
  const cache = new BlockCache(1000)
  const owner = {}
  cache.add(owner, sharing(0, [20, 30]))
  cache.add(owner, new Map([[0, run(20)]]))
  expect(cache.bytes).toBe(70)
  cache.add(owner, new Map([[1, run(30)]]))
  expect(cache.bytes).toBe(50)
  cache.drop(owner)
  expect(cache.bytes).toBe(0)
})

test('an eviction leaves a run that has come again elsewhere', () => {
  const cache = new BlockCache(100)
  const owner = {}
  cache.add(owner, sharing(0, [40, 30]))
  cache.add(owner, new Map([[0, run(40)]]))
  cache.trim()
  expect([...cache.runs(owner)].map(([number, { bytes }]) => [number, bytes.length])).toEqual([[0, 40]])
  expect(cache.bytes).toBe(40)
})
