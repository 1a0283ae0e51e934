import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import type { TimeWindow } from '../../../engine/core/time-window.ts'
import { GroupEncoder } from '../../../engine/kernel/group-encoder.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import {
  alignedRange,
  MAX_TOUCHED_WINDOWS,
  touchedByGroups,
  touchedWindows,
} from '../../../engine/worker/view/touched-windows.ts'
import { rowsInTurn } from '../../support/grouped-rows.ts'

const MINUTE: TimeWindow = { kind: 'fixed', origin: 7n, width: 60n }
const DAY_IN_BERLIN: TimeWindow = { kind: 'calendar', unit: 'day', count: 1, zone: 'Europe/Berlin' }

const rows = fc.array(fc.record({ time: fc.bigInt(-5000n, 5000n), series: fc.nat(5) }), { minLength: 1, maxLength: 40 })

function columns(all: readonly { time: bigint; series: number }[]): { series: Uint32Array; time: BigInt64Array } {
  return {
    series: Uint32Array.from(all, ({ series }) => series),
    time: BigInt64Array.from(all, ({ time }) => time),
  }
}

test('every row lies in a touched window with its series, and few windows have no other series', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const touched = touchedWindows(columns(all), MINUTE, true)
      for (const { start, end } of touched) expect([(start - 7n) % 60n, (end - 7n) % 60n]).toEqual([0n, 0n])
      for (const { time, series } of all) {
        const own = touched.filter(({ start, end }) => start <= time && time < end)
        expect(own.some(({ groups }) => groups.series.includes(series))).toBe(true)
      }
      const cells = touched.reduce((sum, { groups }) => sum + groups.series.length, 0)
      const wanted = new Set(all.map(({ time, series }) => `${(time - 7n + 60_000n) / 60n} ${series}`))
      if (touched.length > 1) expect(cells).toBe(wanted.size)
    }),
  )
})

test(`beyond ${MAX_TOUCHED_WINDOWS} windows one part has all of them and all series`, () => {
  const all = Array.from({ length: MAX_TOUCHED_WINDOWS + 1 }, (_, i) => ({ time: BigInt(i) * 60n + 7n, series: i % 3 }))
  const touched = touchedWindows(columns(all), MINUTE, true)
  expect(touched.map(({ start, end }) => [start, end])).toEqual([[7n, 7n + 60n * BigInt(MAX_TOUCHED_WINDOWS + 1)]])
  expect([...(touched[0]?.groups.series ?? [])].sort()).toEqual([0, 1, 2])
})

test('a view without tags has all groups touched', () => {
  const [only, second] = touchedWindows(
    columns([
      { time: 1n, series: 4 },
      { time: 999n, series: 5 },
    ]),
    MINUTE,
    false,
  )
  expect([only?.start, only?.end, only?.groups.isAll, second]).toEqual([-53n, 1027n, true, undefined])
})

test('days of a zone are aligned to its midnights, also where the clock changes', () => {
  const hour = 3_600_000_000_000n
  const noon = BigInt(Date.UTC(2026, 2, 29, 12)) * 1_000_000n // the day has 23 hours
  const range = alignedRange({ start: noon, end: noon + 1n }, DAY_IN_BERLIN)
  expect(range).toEqual({ start: noon - 13n * hour, end: noon + 10n * hour })
})

test('the ends of time are in a window of everything where the calendar has none', () => {
  for (const time of [MIN_TIME, MAX_TIME]) {
    const [only] = touchedWindows(columns([{ time, series: 1 }]), DAY_IN_BERLIN, true)
    expect(only && only.start <= time && only.end >= time).toBe(true)
  }
})

test('groups touch all windows between their first and last time, with their series', async () => {
  const encoder = new GroupEncoder(await Kernel.create(await loadCore()))
  const rows = rowsInTurn([0, 200, 300])
  const groups = encoder.encode([rows], 3)
  if (groups === undefined) throw new Error('the rows were left as they are')
  const times = rows.time.toSorted()
  const touched = touchedByGroups(groups, MINUTE, true)
  const whole = alignedRange({ start: times[0] as bigint, end: (times.at(-1) as bigint) + 1n }, MINUTE)
  expect([touched.start, touched.end]).toEqual([whole.start, whole.end])
  expect([...touched.groups.series].sort()).toEqual([1, 2])
  expect(touchedByGroups(groups, MINUTE, false).groups.isAll).toBe(true)
})
