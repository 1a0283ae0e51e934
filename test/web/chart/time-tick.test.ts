import { expect, test } from 'vitest'
import { timeTickPrinter } from '../../../web/chart/time-tick.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

test.each([
  [1_000, '2026-11-22T09:30:15Z', '09:30:15'],
  [1_000, '2026-11-22T09:30:15.2Z', '09:30:15.2'],
  [100, '2026-11-22T09:30:15.25Z', '09:30:15.25'],
  [10, '2026-11-22T00:00:00.005Z', '00:00:00.005'],
  [1_000, '1969-12-31T23:59:59.5Z', '23:59:59.5'],
  [5 * 60_000, '2026-11-22T09:30:00Z', '09:30'],
  [5 * 60_000, '2026-11-22T09:30:15Z', '09:30:15'],
  [6 * HOUR, '2026-11-22T00:00:00Z', '22 Nov'],
  [30 * DAY, '2026-11-22T00:00:00Z', '22 Nov'],
  [800 * DAY, '2026-11-01T00:00:00Z', 'Nov 2026'],
  [3000 * DAY, '2026-01-01T00:00:00Z', '2026'],
  [3000 * DAY, '2026-07-01T00:00:00Z', 'Jul 2026'],
])('on an axis of %d ms %s is written %s', (span, time, text) => {
  expect(timeTickPrinter(span, 'utc')(new Date(time))).toBe(text)
})
