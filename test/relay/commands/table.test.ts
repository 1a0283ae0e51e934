import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../../engine/core/errors.ts'
import { Progress } from '../../../relay/commands/progress.ts'
import { printStatementError } from '../../../relay/commands/statement-error.ts'
import { printTable } from '../../../relay/commands/table.ts'

describe('printTable', () => {
  test('aligns text to the left and numbers to the right, with NULL blank', () => {
    const columns = [
      { name: 'time', type: 'time' as const },
      { name: 'host', type: 'string' as const },
      { name: 'usage', type: 'f64' as const, unit: '%' },
    ]
    const rows = [
      ['2026-01-01T00:00:00.000000000Z', 'a', 1.5],
      ['2026-01-01T00:00:01.000000000Z', 'longer', null],
    ]
    expect(printTable(columns, rows)).toBe(
      [
        'time                            host    usage (%)',
        '------------------------------  ------  ---------',
        '2026-01-01T00:00:00.000000000Z  a             1.5',
        '2026-01-01T00:00:01.000000000Z  longer',
        '',
      ].join('\n'),
    )
  })

  test('shows control characters of data by their code', () => {
    const text = printTable([{ name: 'a', type: 'string' }], [['\x1b[2Jx\n\x9b']])
    expect(text).toBe('a\n----------------\n\\x1b[2Jx\\x0a\\x9b\n')
  })

  test('is a header alone where there are no rows', () => {
    expect(printTable([{ name: 'a', type: 'f64' }], [])).toBe('a\n-\n')
  })
})

describe('printStatementError', () => {
  const error = (offset: number, length: number) =>
    new TidemarkError('query', 'unknown name', { position: { offset, length }, expected: ['a', 'b'], hint: 'Try a.' })

  test('points at the place in its line', () => {
    expect(printStatementError(error(11, 3), 'SELECT x\nFROM cpu')).toBe(
      'unknown name\n  FROM cpu\n    ^^^\n  expected a, b\n  Try a.'.replace('    ^^^', '    ^^^'),
    )
  })

  test.each([
    [0, 6, '^^^^^^'],
    [7, 1, '       ^'],
    [8, 0, '        ^'],
    [7, 99, '       ^'],
  ])('at offset %i with length %i draws %j', (offset, length, carets) => {
    expect(printStatementError(error(offset, length), 'SELECT x').split('\n')[2]).toBe(`  ${carets}`)
  })

  test('keeps tabs before the place', () => {
    expect(printStatementError(error(3, 1), '\ta b').split('\n')[2]).toBe('  \t  ^')
  })
})

describe('Progress', () => {
  function play(isTTY: boolean) {
    let nowMs = 0
    const written: string[] = []
    const out = { isTTY, columns: 120, write: (text: string) => written.push(text) }
    const progress = new Progress({ out, totalBytes: 2_000_000, now: () => nowMs })
    return { progress, written, pass: (ms: number) => (nowMs += ms) }
  }

  test('draws a bar with rate and time left on a terminal', () => {
    const { progress, written, pass } = play(true)
    pass(50)
    progress.update(1, 1)
    expect(written).toEqual([])
    pass(1950)
    progress.update(500_000, 20_000)
    expect(written).toEqual(['\r\x1b[K[######..................]  25%  500.0 kB of 2.0 MB  10,000 rows/s  6.0 s left'])
  })

  test('writes plain lines, and few, elsewhere', () => {
    const { progress, written, pass } = play(false)
    for (let i = 1; i <= 100; i++) {
      pass(100)
      progress.update(i * 20_000, i * 100)
    }
    progress.finish(10_000)
    expect(written).toEqual([
      ' 50%  1.0 MB of 2.0 MB  1,000 rows/s  5.0 s left\n',
      '100%  2.0 MB of 2.0 MB  1,000 rows/s  0.0 s left\n',
      '10,000 rows from 2.0 MB in 10 s, 1,000 rows/s\n',
    ])
  })
})
