import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine, type SeriesLimits } from '../../engine/engine.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-cardinality-'))
  folders.push(folder)
  return folder
}

const open = (directory: string, workers: number, maxSeries?: SeriesLimits): Promise<Engine> =>
  openEngine({ store: { kind: 'files', directory }, workers, ...(maxSeries && { maxSeries }) })

const lines = (engine: Engine, ...rows: string[]) => engine.append({ kind: 'line-protocol', body: rows.join('\n') })

async function countOf(engine: Engine, table: string): Promise<unknown> {
  return (await collectRows(await engine.query(`SELECT count(*) AS n FROM ${table}`))).columns[0]?.values[0]
}

describe.each([0, 3])('limits of series with %i workers', (workers) => {
  test('reject rows of new series beyond them with the table and the limit, while the series that are there go on', async () => {
    const engine = await open(newFolder(), workers, { tables: { cpu: 2 } })
    const first = await lines(engine, 'cpu,host=a v=1 1', 'cpu,host=b v=1 1', 'cpu,host=c v=1 1', 'mem,host=c v=1 1')
    expect(first).toMatchObject({ rows: 3, rejectedCount: 1 })
    expect(first.rejected[0]?.reason).toMatch(/table 'cpu' has 2 series, as many as it may have/)
    const second = await lines(engine, 'cpu,host=c v=2 2', 'cpu,host=a v=2 2', 'cpu,host=c v=3 3')
    expect(second).toMatchObject({ rows: 1, rejectedCount: 2 })
    const columns = {
      table: 'cpu',
      time: BigInt64Array.of(4n, 4n),
      fields: [{ name: 'v', type: 'f64' as const, values: Float64Array.of(1, 2) }],
    }
    const tags = [{ name: 'host', type: 'string' as const, values: Uint32Array.of(0, 1), dictionary: ['b', 'd'] }]
    for (let round = 0; round < 2; round++) {
      const third = await engine.append({ kind: 'columns', rows: { ...columns, tags } })
      expect(third).toMatchObject({ rows: 1, rejectedCount: 1 })
    }
    expect(await countOf(engine, 'cpu')).toBe(4n)
    expect(await countOf(engine, 'mem')).toBe(1n)
    await engine.close()
  })

  test('count what is in the log and in segments, and let go on what is beyond a limit that came later', async () => {
    const folder = newFolder()
    const before = await open(folder, workers)
    await lines(before, 'cpu,host=a v=1 1', 'cpu,host=b v=1 1')
    await before.flush()
    await lines(before, 'cpu,host=c v=1 1')
    await before.close()
    const engine = await open(folder, workers, { total: 2 })
    const answer = await lines(engine, 'cpu,host=a v=2 2', 'cpu,host=c v=2 2', 'mem v=1 1')
    expect(answer).toMatchObject({ rows: 2, rejectedCount: 1 })
    expect(answer.rejected[0]?.reason).toMatch(/the store has 2 series/)
    expect(await countOf(engine, 'cpu')).toBe(5n)
    await engine.close()
  })

  test('a rejected row that comes alone changes nothing, and a limit of none takes none', async () => {
    const engine = await open(newFolder(), workers, { tables: { 'c*': 0 } })
    expect(await lines(engine, 'cpu v=1 1')).toMatchObject({ rows: 0, rejectedCount: 1 })
    expect((await engine.statistics()).series).toBe(0)
    await engine.close()
  })
})

test('a limit that is no whole number is refused', async () => {
  await expect(open(newFolder(), 0, { total: -1 })).rejects.toMatchObject({ kind: 'invalid' })
  await expect(open(newFolder(), 0, { tables: { cpu: 1.5 } })).rejects.toMatchObject({ kind: 'invalid' })
})

test('values that several threads have count once', async () => {
  const engine = await open(newFolder(), 3)
  const rows = Array.from({ length: 300 }, (_, i) => `cpu,host=h${i},region=r${i % 7} v=1 1`)
  await lines(engine, ...rows)
  const answer = await collectRows(await engine.query('SHOW CARDINALITY FROM cpu'))
  expect(answer.columns.slice(1).map(({ values }) => [...values])).toEqual([
    [300n, 7n],
    [300n, 300n],
  ])
  await engine.close()
})
