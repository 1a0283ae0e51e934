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
