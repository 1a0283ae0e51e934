import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  MAX_TIME,
  MIN_TIME,
  parseDuration,
  parseTimestamp,
  printDuration,
  printTimestamp,
} from '../../engine/core/time.ts'

describe('timestamps', () => {
  test.each([
    ['1970-01-01', 0n],
    ['1970-01-01T00:00:00Z', 0n],
    ['1985-04-12T23:20:50.52Z', 482196050520000000n],
    ['1996-12-19T16:39:57-08:00', 851042397000000000n],
    ['1937-01-01T12:00:27.87+00:20', -1041337172130000000n],
    ['2026-11-22 09:30', 1795339800000000000n],
    ['1969-12-31T23:59:59.999999999Z', -1n],
    ['2262-04-11T23:47:16.854775807Z', MAX_TIME],
    ['1677-09-21T00:12:43.145224192Z', MIN_TIME],
  ])('reads %s', (text, nanoseconds) => {
    expect(parseTimestamp(text)).toBe(nanoseconds)
  })

  test.each([
    '',
    'now',
    '2026-13-01',
    '2026-02-29',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00.1234567890Z',
    '2026-01-01T',
    '26-01-01',
    '2262-04-11T23:47:16.854775808Z',
    '1677-09-21T00:12:43.145224191Z',
    '9999-01-01',
  ])('refuses %s', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })

  test('what is printed reads back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: MIN_TIME, max: MAX_TIME }), (time) => {
        expect(parseTimestamp(printTimestamp(time))).toBe(time)
      }),
    )
  })

  test('prints as the platform does, with nine digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9e12, max: 9e12 }), (ms) => {
        const platform = new Date(ms).toISOString().replace('Z', '000000Z')
        expect(printTimestamp(BigInt(ms) * 1_000_000n)).toBe(platform)
      }),
    )
  })
})

describe('durations', () => {
  test.each([
    ['5m', 300_000_000_000n],
    ['1h30m', 5_400_000_000_000n],
    ['250ms', 250_000_000n],
    ['1w2d', 777_600_000_000_000n],
    ['9223372036854775807ns', MAX_TIME],
  ])('reads %s', (text, nanoseconds) => {
    expect(parseDuration(text)).toBe(nanoseconds)
  })

  test.each(['', 'm', '5', '1mo', '1.5h', '5 m', '9223372036854775808ns', '99999999w'])('refuses %s', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  test('the largest unit that fits is printed', () => {
    expect([0n, 1n, 90_000_000_000n, 7_200_000_000_000n, 604_800_000_000_000n].map(printDuration)).toEqual([
      '0ns',
      '1ns',
      '90s',
      '2h',
      '1w',
    ])
  })
})
