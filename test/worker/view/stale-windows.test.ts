import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimeRange } from '../../../engine/core/time-window.ts'
import { MAX_SELECTIONS, StaleGroups } from '../../../engine/worker/view/stale-groups.ts'
import { MAX_STALE_PARTS, StaleWindows } from '../../../engine/worker/view/stale-windows.ts'

/** One change: windows `[start, start + length)` of some series, of all where there are none. */
const change = fc.record({
  start: fc.integer({ min: 0, max: 40 }),
  length: fc.integer({ min: 1, max: 12 }),
  series: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }),
})
type Change = { start: number; length: number; series: number[] }

const SERIES = 10

/** What is stale, by window and series. */
function plain(changes: readonly Change[]): Set<string> {
  const stale = new Set<string>()
  for (const { start, length, series } of changes) {
    for (let window = start; window < start + length; window++) {
      for (let one = 0; one < SERIES; one++) {
        if (series.length === 0 || series.includes(one)) stale.add(`${window} ${one}`)
      }
    }
  }
  return stale
}

function flat(parts: readonly (TimeRange & { groups: StaleGroups })[]): Set<string> {
  const stale = new Set<string>()
  for (const { start, end, groups } of parts) {
    for (let window = start; window < end; window++) {
      for (let one = 0; one < SERIES; one++)
        if (groups.isAll || groups.series.includes(one)) stale.add(`${window} ${one}`)
    }
  }
  return stale
}

function add(windows: StaleWindows, { start, length, series }: Change): void {
  const groups = series.length === 0 ? StaleGroups.all() : StaleGroups.ofSeries(Uint32Array.from(series))
  windows.add({ start: BigInt(start), end: BigInt(start + length), groups })
}

describe('stale windows', () => {
  test('are exactly those that were changed, in order and without overlap', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const windows = new StaleWindows()
        for (const one of changes) add(windows, one)
        expect(flat(windows.parts)).toEqual(plain(changes))
        windows.parts.forEach((part, i) => {
          const next = windows.parts[i + 1]
          expect(part.start < part.end && (next === undefined || part.end <= next.start)).toBe(true)
        })
      }),
    )
  })

  test('that are taken are gone, and those around them stay', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(50), fc.nat(20), (changes, start, length) => {
        const windows = new StaleWindows()
        for (const one of changes) add(windows, one)
        const taken = windows.take({ start: BigInt(start), end: BigInt(start + length) })
        const isWithin = (cell: string): boolean => {
          const window = Number(cell.split(' ')[0])
          return window >= start && window < start + length
        }
        const all = plain(changes)
        expect(flat(taken)).toEqual(new Set([...all].filter(isWithin)))
        expect(flat(windows.parts)).toEqual(new Set([...all].filter((cell) => !isWithin(cell))))
      }),
    )
  })

  test(`become at most ${MAX_STALE_PARTS} parts that still have every change in them`, () => {
    const windows = new StaleWindows()
    const changes = Array.from({ length: 200 }, (_, i): Change => ({ start: 3 * i, length: 1, series: [i % SERIES] }))
    for (const one of changes) add(windows, one)
    expect(windows.parts.length).toBe(MAX_STALE_PARTS)
    const stale = flat(windows.parts)
    expect([...plain(changes)].filter((cell) => !stale.has(cell))).toEqual([])
  })

  test('name at most so many series, beyond which all groups of the largest part are stale', () => {
    const windows = new StaleWindows(5)
    add(windows, { start: 0, length: 1, series: [1, 2, 3] })
    add(windows, { start: 5, length: 1, series: [1, 2] })
    expect(windows.parts.map(({ groups }) => groups.isAll)).toEqual([false, false])
    add(windows, { start: 9, length: 1, series: [4] })
    expect(windows.parts.map(({ groups }) => groups.isAll)).toEqual([true, false, false])
  })

  test('of series are of all groups once the numbers of series are forgotten; tests of tags stay', () => {
    const windows = new StaleWindows()
    add(windows, { start: 0, length: 2, series: [1] })
    const matchers = [{ tag: 'host', op: '=', value: 'a' }] as const
    windows.add({ start: 5n, end: 6n, groups: StaleGroups.matching(matchers) })
    windows.forgetSeries()
    expect(windows.parts.map(({ groups }) => groups.isAll)).toEqual([true, false])
    expect(windows.parts[1]?.groups.selections).toEqual([matchers])
  })

  test(`keep the tests of ${MAX_SELECTIONS} deletes, then all groups are stale`, () => {
    const groups = StaleGroups.matching([{ tag: 'host', op: '=', value: '0' }])
    for (let i = 1; i < MAX_SELECTIONS; i++) groups.add(StaleGroups.matching([{ tag: 'host', op: '=', value: `${i}` }]))
    expect(groups.isAll).toBe(false)
    groups.add(StaleGroups.matching([{ tag: 'host', op: '=', value: 'z' }]))
    expect(groups.isAll).toBe(true)
  })

  test('of a delete without tests are of all groups', () => {
    expect(StaleGroups.matching([]).isAll).toBe(true)
  })
})
