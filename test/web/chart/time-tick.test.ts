import { expect, test } from 'vitest'
import { timeTickPrinter } from '../../../web/chart/time-tick.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

test.each([
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
