import { describe, expect, test } from 'vitest'
import type { TimeWindow } from '../../engine/core/time-window.ts'
import { MAX_STEP_CELLS, MAX_STEP_VALUES, refreshSteps } from '../../engine/view/refresh-steps.ts'

const MINUTE: TimeWindow = { kind: 'fixed', origin: 0n, width: 60n }
const HOUR = 3_600_000_000_000n

describe('the steps of a refresh', () => {
  test('are cut to the windows in which there are rows', () => {
    const place = { window: MINUTE, extent: { start: 130n, end: 301n }, groups: 10 }
    const all = { start: -(2n ** 63n), end: 2n ** 63n - 1n, matchers: [] }
    expect(refreshSteps([all], place)).toEqual([{ start: 120n, end: 360n, matchers: [] }])
    expect(refreshSteps([{ start: 0n, end: 180n, matchers: [] }], place)).toEqual([
      { start: 120n, end: 180n, matchers: [] },
    ])
    expect(refreshSteps([{ start: 0n, end: 120n, matchers: [] }], place)).toEqual([])
    expect(refreshSteps([all], { ...place, extent: undefined })).toEqual([])
  })

  test(`have ${MAX_STEP_CELLS} cells at most, or one window`, () => {
    const extent = { start: 0n, end: 600n }
    const all = { start: 0n, end: 600n, matchers: [] }
    const ends = (groups: number): bigint[] =>
      refreshSteps([all], { window: MINUTE, extent, groups }).map(({ end }) => end)
    expect(ends(MAX_STEP_CELLS / 4)).toEqual([240n, 480n, 600n])
    expect(ends(MAX_STEP_CELLS / 4 + 1)).toEqual([180n, 360n, 540n, 600n])
    expect(ends(MAX_STEP_CELLS * 2).length).toBe(10)
  })

  test('of few groups are as long as those allow, however many there are', () => {
    const extent = { start: 0n, end: 600n }
    const part = { start: 0n, end: 600n, matchers: [{ tag: 'host', op: 'in', values: ['a'] }] } as const
    expect(refreshSteps([part], { window: MINUTE, extent, groups: MAX_STEP_CELLS * 2 }).length).toBe(1)
  })

  test(`name ${MAX_STEP_VALUES} values of a tag at most, each once`, () => {
    const values = Array.from({ length: 2 * MAX_STEP_VALUES + 1 }, (_, i) => `${i}`)
    const part = { start: 0n, end: 60n, matchers: [{ tag: 'host', op: 'in', values }] } as const
    const steps = refreshSteps([part], { window: MINUTE, extent: { start: 0n, end: 60n }, groups: 1 << 20 })
    const named = steps.map(({ matchers: [matcher] }) => (matcher?.op === 'in' ? matcher.values : []))
    expect(named.map(({ length }) => length)).toEqual([MAX_STEP_VALUES, MAX_STEP_VALUES, 1])
    expect(named.flat()).toEqual(values)
  })

  test('are whole days of the calendar, also where the clock changes', () => {
    const window: TimeWindow = { kind: 'calendar', unit: 'day', count: 1, zone: 'Europe/Berlin' }
    const midnight = BigInt(Date.UTC(2026, 2, 27, 23)) * 1_000_000n // before the 28th; the 29th has 23 hours
    const part = { start: midnight, end: midnight + 71n * HOUR, matchers: [] }
    const steps = refreshSteps([part], { window, extent: part, groups: MAX_STEP_CELLS })
    expect(steps.map(({ start, end }) => (end - start) / HOUR)).toEqual([24n, 23n, 24n])
  })
})
