import { expect, test } from 'vitest'
import { cheapest, printRowsAnHour, rowsAnHour } from '../../../engine/query/plan/cost.ts'

const MINUTE = 60_000_000_000n
const way = (name: string, minutes: number, groups?: number) => {
  return { name, window: { width: BigInt(minutes) * MINUTE }, groups }
}

test('what reads fewest rows is cheapest, of those alike the widest windows, and what is not known last', () => {
  expect(cheapest([way('a', 60, 100), way('b', 1, 1), way('c', 5, 100)])?.name).toBe('b')
  expect(cheapest([way('a', 60, 60), way('b', 1, 1), way('c', 5, 5)])?.name).toBe('a')
  expect(cheapest([way('a', 60), way('b', 1, 1_000_000)])?.name).toBe('b')
  expect(cheapest([way('a', 1), way('b', 60), way('c', 5)])?.name).toBe('b')
  expect(cheapest([])).toBeUndefined()
})

test('costs are rows for an hour', () => {
  expect(rowsAnHour(way('', 5, 7))).toBe(84)
  expect(printRowsAnHour(way('', 5, 7))).toBe('84')
  expect(printRowsAnHour(way('', 24 * 60, 1))).toBe('0.042')
})
