import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-encodings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ROWS = 3000
const HOSTS = ['a', 'b']

async function shown(engine: Engine): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query('SHOW ENCODINGS FROM t')))
}

describe.each([0, 2])('SHOW ENCODINGS with %i workers', (workers) => {
  test('counts every value of the segments once, before and after a compaction', async () => {
    const directory = join(folder, String(workers))
    const engine = await openEngine({ store: { kind: 'files', directory }, workers })
    expect(await collectRows(await engine.query('SHOW TABLES'))).toMatchObject({ rows: 0 })
    // A step of 1 or 2 that a linear encoding cannot take, and a field that only one of the hosts has.
    const lines = Array.from({ length: ROWS }, (_, i) =>
      HOSTS.map((host) => `t,host=${host} n=${i + ((i * 7) % 3)}i${host === 'a' ? ',up=true' : ''} ${i * 1000}`).join(
        '\n',
      ),
    )
    await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
    expect(await shown(engine)).toEqual([])
    await engine.flush()
    const before = await shown(engine)
    const valuesOf = (rows: readonly Value[][], column: string): bigint =>
      rows.filter(([name]) => name === column).reduce((total, row) => total + BigInt(String(row[3])), 0n)
    const counts = (rows: readonly Value[][]) => ['n', 'time', 'up'].map((column) => valuesOf(rows, column))
    expect(counts(before)).toEqual([2n * BigInt(ROWS), 2n * BigInt(ROWS), BigInt(ROWS)])
    expect(before.filter(([column]) => column === 'time')).toEqual([
      ['time', 'times, linear', 6n, 6000n, expect.anything()],
    ])
    expect(before.filter(([column]) => column === 'up')).toEqual([
      ['up', 'integers, constant', 3n, 3000n, expect.anything()],
    ])
    await engine.compact()
    const after = await shown(engine)
    expect(counts(after)).toEqual(counts(before))
    const bytes = (rows: readonly Value[][]) => rows.reduce((total, row) => total + Number(row[4]), 0)
    expect(bytes(after)).toBeLessThanOrEqual(bytes(before))
    const { segmentBytes } = await engine.statistics()
    expect(bytes(after)).toBeLessThan(segmentBytes)
    await engine.close()
  })

  test('names what the values of dense blocks have in common', async () => {
    const directory = join(folder, `dense-${workers}`)
    const engine = await openEngine({ store: { kind: 'files', directory }, workers })
    const next = generator(1)
    const lines = Array.from({ length: ROWS }, (_, i) => {
      const price = Math.fround((100_000 + (next() % 5000)) / 100).toFixed(6)
      return `t price=${price},load=${[4, 3, 9, 40, 77, 60, 12][i % 7] ?? 0}${next() % 3} ${i * 1_000_000_000}`
    })
    await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
    await engine.flush()
    await engine.compact()
    const names = new Map((await shown(engine)).map(([column, name]) => [column, name]))
    expect(names.get('price')).toBe('decimals, dense, through float32, in pairs')
    expect(names.get('load')).toBe('decimals, dense, periodic')
    await engine.close()
  })
})
