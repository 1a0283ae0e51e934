import { expect, test } from 'vitest'
import type { Batch } from '../../../engine/core/batch.ts'
import type { ResultColumn } from '../../../engine/engine.ts'
import { ResultLines } from '../../../web/chart/result-lines.ts'
import { batchOfRows } from '../../../web/source/json-rows.ts'

const COLUMNS: ResultColumn[] = [
  { name: 'time', type: 'time' },
  { name: 'host', type: 'string' },
  { name: 'value', type: 'f64', unit: '%' },
]
const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z`
const ms = (second: number): number => Date.parse('2026-01-01T00:00:00Z') + 1000 * second
const rows = (...cells: [number, string, number | null][]): Batch =>
  batchOfRows(
    COLUMNS,
    cells.map(([second, host, value]) => [at(second), host, value]),
  )
const content = (lines: ResultLines) =>
  lines.lines.map(({ name, times, values }) => [name, Array.from(times), Array.from(values)])

test('every value of the tags is a line of its own', () => {
  const lines = new ResultLines(COLUMNS, ['time', 'host'])
  lines.put(rows([0, 'a', 1], [0, 'b', 2], [1, 'a', 3]))
  expect(content(lines)).toEqual([
    ['a', [ms(0), ms(1)], [1, 3]],
    ['b', [ms(0)], [2]],
  ])
  expect(lines.unit).toBe('%')
})

test('names say what tells lines apart: tags that differ, and the column where there are several', () => {
  const columns: ResultColumn[] = [...COLUMNS, { name: 'other', type: 'i64' }]
  const lines = new ResultLines(columns, ['time', 'host'])
  lines.put(batchOfRows(columns, [[at(0), 'a', 1, '9007199254740993']]))
  expect(lines.lines.map(({ name }) => name)).toEqual(['value', 'other'])
  lines.put(batchOfRows(columns, [[at(0), 'b', 2, 3]]))
  expect(lines.lines.map(({ name }) => name)).toEqual(['a value', 'a other', 'b value', 'b other'])
})

test('text that is no key does not split lines', () => {
  const lines = new ResultLines(COLUMNS, ['time'])
  lines.put(rows([0, 'sun', 1], [1, 'rain', 2]))
  expect(content(lines)).toEqual([['value', [ms(0), ms(1)], [1, 2]]])
})

test('changed rows replace, late rows are put in order, removed rows go', () => {
  const lines = new ResultLines(COLUMNS, ['time', 'host'])
  lines.put(rows([0, 'a', 1], [2, 'a', 3], [3, 'a', 4]))
  lines.put(rows([2, 'a', 30], [1, 'a', 2]))
  const keys = COLUMNS.slice(0, 2)
  lines.remove(batchOfRows(keys, [[at(0), 'a']]))
  lines.remove(batchOfRows(keys, [[at(9), 'a']]))
  expect(content(lines)).toEqual([['value', [ms(1), ms(2), ms(3)], [2, 30, 4]]])
})

test('a missing value is a hole', () => {
  const lines = new ResultLines(COLUMNS, ['time', 'host'])
  lines.put(rows([0, 'a', null]))
  expect(content(lines)).toEqual([['value', [ms(0)], [Number.NaN]]])
})

test('an answer without time or numbers cannot be drawn', () => {
  expect(new ResultLines(COLUMNS.slice(0, 2), ['time', 'host']).drawable).toBe(false)
  expect(new ResultLines(COLUMNS.slice(1), ['host']).drawable).toBe(false)
  expect(new ResultLines(COLUMNS, ['time', 'host']).drawable).toBe(true)
})
