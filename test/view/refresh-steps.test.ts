import { describe, expect, test } from 'vitest'
import type { TimeWindow } from '../../engine/core/time-window.ts'
import type { StalePart } from '../../engine/core/view.ts'
import {
  MAX_STEP_CELLS,
  MAX_STEP_VALUES,
  type RefreshPlace,
  type RefreshStep,
  refreshSteps,
} from '../../engine/view/refresh-steps.ts'

const MINUTE: TimeWindow = { kind: 'fixed', origin: 0n, width: 60n }
const HOUR = 3_600_000_000_000n

/** The steps where every window has rows, unless it is said otherwise. */
async function steps(
  parts: readonly StalePart[],
  place: Omit<RefreshPlace, 'firstRow'> & Partial<RefreshPlace>,
): Promise<RefreshStep[]> {
  const found: RefreshStep[] = []
  for await (const step of refreshSteps(parts, { firstRow: async ({ start }) => start, ...place })) found.push(step)
  return found
}

describe('the steps of a refresh', () => {
  test('are cut to the windows in which there are rows', async () => {
    const place = { window: MINUTE, extent: { start: 130n, end: 301n }, groups: 10 }
    const all = { start: -(2n ** 63n), end: 2n ** 63n - 1n, matchers: [] }
    expect(await steps([all], place)).toEqual([{ start: 120n, end: 360n, matchers: [] }])
    expect(await steps([{ start: 0n, end: 180n, matchers: [] }], place)).toEqual([
      { start: 120n, end: 180n, matchers: [] },
    ])
    expect(await steps([{ start: 0n, end: 120n, matchers: [] }], place)).toEqual([])
    expect(await steps([all], { ...place, extent: undefined })).toEqual([])
  })

  test(`have ${MAX_STEP_CELLS} cells at most, or one window`, async () => {
    const extent = { start: 0n, end: 600n }
    const all = { start: 0n, end: 600n, matchers: [] }
    const ends = async (groups: number): Promise<bigint[]> =>
      (await steps([all], { window: MINUTE, extent, groups })).map(({ end }) => end)
    expect(await ends(MAX_STEP_CELLS / 4)).toEqual([240n, 480n, 600n])
    expect(await ends(MAX_STEP_CELLS / 4 + 1)).toEqual([180n, 360n, 540n, 600n])
    expect((await ends(MAX_STEP_CELLS * 2)).length).toBe(10)
  })

  test('pass over times without rows, however long', async () => {
    const groups = MAX_STEP_CELLS / 2
    const all = { start: 0n, end: 2n ** 62n, matchers: [] }
    const rows = [70n, 100n, 10n ** 15n + 1n, 2n ** 61n]
    const firstRow: RefreshPlace['firstRow'] = async ({ start }) => rows.find((row) => row >= start)
    const found = await steps([all], { window: MINUTE, extent: { start: 70n, end: 2n ** 61n + 1n }, groups, firstRow })
    expect(found.map(({ start }) => start)).toEqual([60n, 10n ** 15n - 40n, 2n ** 61n - (2n ** 61n % 60n)])
  })

  test('of few groups are as long as those allow, however many there are', async () => {
    const extent = { start: 0n, end: 600n }
    const part = { start: 0n, end: 600n, matchers: [{ tag: 'host', op: 'in', values: ['a'] }] } as const
    expect((await steps([part], { window: MINUTE, extent, groups: MAX_STEP_CELLS * 2 })).length).toBe(1)
  })

  test(`name ${MAX_STEP_VALUES} values of a tag at most, each once`, async () => {
    const values = Array.from({ length: 2 * MAX_STEP_VALUES + 1 }, (_, i) => `${i}`)
    const part = { start: 0n, end: 60n, matchers: [{ tag: 'host', op: 'in', values }] } as const
    const found = await steps([part], { window: MINUTE, extent: { start: 0n, end: 60n }, groups: 1 << 20 })
    const named = found.map(({ matchers: [matcher] }) => (matcher?.op === 'in' ? matcher.values : []))
    expect(named.map(({ length }) => length)).toEqual([MAX_STEP_VALUES, MAX_STEP_VALUES, 1])
    expect(named.flat()).toEqual(values)
  })

  test('are whole days of the calendar, also where the clock changes', async () => {
    const window: TimeWindow = { kind: 'calendar', unit: 'day', count: 1, zone: 'Europe/Berlin' }
    const midnight = BigInt(Date.UTC(2026, 2, 27, 23)) * 1_000_000n // before the 28th; the 29th has 23 hours
    const part = { start: midnight, end: midnight + 71n * HOUR, matchers: [] }
    const found = await steps([part], { window, extent: part, groups: MAX_STEP_CELLS })
    expect(found.map(({ start, end }) => (end - start) / HOUR)).toEqual([24n, 23n, 24n])
  })
})
