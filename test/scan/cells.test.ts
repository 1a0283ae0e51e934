import { expect, test } from 'vitest'
import { Cells, MAX_CELLS } from '../../engine/scan/cells.ts'

test.each([
  ['few windows', 4, 10],
  ['windows beyond what an array would take', 4, 2 ** 31 - 1],
])('cells come by group and window, whatever the order in which they were met: %s', (_name, groups, windows) => {
  const cells = new Cells(groups, windows)
  const met: [number, number][] = [
    [3, 1],
    [0, 9],
    [3, 0],
    [0, 2],
    [1, 5],
  ]
  const numbers = met.map(([group, window]) => cells.cell(group, window))
  expect(numbers).toEqual([0, 1, 2, 3, 4])
  expect(met.map(([group, window]) => cells.cell(group, window))).toEqual(numbers)
  const { cell, group, window } = cells.sorted()
  expect([...group]).toEqual([0, 0, 1, 3, 3])
  expect([...window]).toEqual([2, 9, 5, 0, 1])
  expect([...cell]).toEqual([3, 1, 4, 2, 0])
})

test('one cell more than an answer may have is an error that says what to do', () => {
  const cells = new Cells(1, 2 ** 31 - 1)
  for (let window = 0; window < MAX_CELLS; window++) cells.cell(0, window)
  expect(cells.cell(0, 5)).toBe(5)
  expect(() => cells.cell(0, MAX_CELLS)).toThrow(expect.objectContaining({ kind: 'quota', hint: expect.any(String) }))
})
