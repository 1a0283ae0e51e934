import { describe, expect, test } from 'vitest'
import { IdleCollector } from '../../engine/core/idle-collector.ts'

/** A thread that works for so many milliseconds between looks that are 15 seconds apart. */
function thread(): { works(ms: number): number; rests(ms: number): number } {
  let busyMs = 0
  let collections = 0
  const collector = new IdleCollector(
    () => {
      collections++
      busyMs += 200
    },
    () => busyMs,
  )
  return {
    works: (ms) => {
      busyMs += ms
      collector.look(15_000)
      return collections
    },
    rests: (ms) => {
      busyMs += ms
      collector.rest()
      return collections
    },
  }
}

describe('IdleCollector', () => {
  test('collects once at the first look after a peak that finds the thread idle', () => {
    const { works } = thread()
    expect([14_000, 9000, 301, 300, 0, 0].map(works)).toEqual([0, 0, 0, 1, 1, 1])
  })

  test('never collects in a thread that has done next to nothing', () => {
    const { works } = thread()
    expect([0, 40, 40, 19, 0].map(works)).toEqual([0, 0, 0, 0, 0])
    expect(works(1)).toBe(1)
    expect([0, 300, 300, 300, 99].map(works)).toEqual([1, 1, 1, 1, 1])
    expect(works(1)).toBe(2)
  })

  test('does not take its own collection for work', () => {
    const { works } = thread()
    expect([2000, 0, 0, 300, 300, 300].map(works)).toEqual([0, 1, 1, 1, 1, 1])
    expect(works(100)).toBe(2)
  })

  test('a few queries a second do not keep it from collecting, nor have it collect at every look', () => {
    const { works } = thread()
    works(12_000)
    const looks = Array.from({ length: 20 }, () => works(150))
    expect(looks[0]).toBe(1)
    expect(looks.at(-1)).toBeLessThanOrEqual(4)
  })

  test('collects at once when its work is said to be at an end, if there was enough of it', () => {
    const { works, rests } = thread()
    works(90)
    expect([9, 1, 0, 999, 1].map(rests)).toEqual([0, 1, 1, 1, 2])
  })
})
