import { expect, test } from 'vitest'
import { printTick, printValue } from '../../../web/chart/unit.ts'

test.each([
  [12.345, '%', '12.3%'],
  [0, 'B', '0 B'],
  [1023, 'B', '1023 B'],
  [1024, 'B', '1.00 KiB'],
  [1.5 * 2 ** 30, 'B', '1.50 GiB'],
  [250 * 2 ** 20, 'B/s', '250 MiB/s'],
  [-2048, 'B', '-2.00 KiB'],
  [1455.22, undefined, '1,455.22'],
  [12345.678, undefined, '12,345.68'],
  [0.012345, undefined, '0.0123'],
  [1e20, undefined, '1.000e+20'],
  [21.4, '°C', '21.4 °C'],
  [Number.NaN, '%', '–'],
  [undefined, 'B', '–'],
])('prints %s in %s as %s', (value, unit, text) => {
  expect(printValue(value, unit)).toBe(text)
})

test('prints ticks without digits that say nothing', () => {
  expect(printTick(0, 'B')).toBe('0')
  expect(printTick(2 ** 30, 'B')).toBe('1 GiB')
  expect(printTick(1.5 * 2 ** 20, 'B/s')).toBe('1.50 MiB/s')
  expect(printTick(50, '%')).toBe('50%')
})
