import { expect, test } from 'vitest'
import { quantile, type SystemResult } from './measurement.ts'
import { footnotes, resultTable } from './report.ts'

function result(name: string, own: boolean, medianMs: number): SystemResult {
  return {
    name,
    label: name.toUpperCase(),
    own,
    version: '1.0',
    loadAverage: { before: 0.5, after: 1 },
    ingest: [{ how: 'columns', values: 3_000_000, wallMs: 1000, cpuSeconds: 1.5 }],
    bytesPerValue: 0.5,
    validated: { instances: 4, alignedOnly: null, wrong: {} },
    queries: { lastpoint: { medianMs, minMs: 1, quartilesMs: [1, 2], cpuMs: null, runs: 60 } },
    visibilityMs: null,
  }
}

/** The cells of the row that begins with a text. */
function row(table: string, begin: string): string[] {
  const line = table.split('\n').find((text) => text.startsWith(`| ${begin}`)) ?? ''
  return line.split('|').map((cell) => cell.trim())
}

test('quantiles lie between the values next to them, as NumPy puts them by default', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([1, 2, 3, 4, 10], 0.99)).toBeCloseTo(9.76, 12)
  expect(quantile([7], 0.25)).toBe(7)
})

test('the table has a column for each system and names the best peer with its ratio to ours', () => {
  const table = resultTable([result('ours', true, 2), result('slow', false, 9), result('fast', false, 3)])
  expect(row(table, 'lastpoint, ms')).toEqual([
    ...['', 'lastpoint, ms', '2.00 / 1.00 / –', '9.00 / 1.00 / –', '3.00 / 1.00 / –', 'FAST (1.50× ours)', ''],
  ])
  expect(row(table, 'ingest')[2]).toBe('3.00 (0.50)')
  expect(row(table, 'bytes/value')[2]).toBe('0.500')
  expect(table).not.toContain('high-cpu')
})

test('a type that was answered wrongly shows no times and says what was wrong', () => {
  const wrong: SystemResult = {
    ...result('peer', false, 9),
    queries: {},
    validated: { instances: 4, alignedOnly: 'steps', wrong: { lastpoint: '1 rows instead of 2' } },
  }
  const table = resultTable([wrong])
  expect(row(table, 'lastpoint, ms')).toEqual(['', 'lastpoint, ms', 'wrong answer', '–', ''])
  expect(row(table, 'query types')[2]).toBe('0 of 1 (aligned)')
  expect(footnotes([wrong])).toContain('PEER: lastpoint is wrong: 1 rows instead of 2.')
})
