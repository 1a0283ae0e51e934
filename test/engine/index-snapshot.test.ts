import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'

/** Over what an index is kept for, with one host. */
const SERIES = 66_000
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-snapshot-'))
  folders.push(folder)
  return folder
}

function linesOf(from: number, to: number, time: number): string {
  const lines: string[] = []
  for (let i = from; i < to; i++) lines.push(`t,host=h${i},rack=${i % 9} x=${i}i ${time}`)
  return lines.join('\n')
}

async function first(engine: Engine, query: string): Promise<unknown[]> {
  const { columns } = await collectRows(await engine.query(query))
  return columns.map(({ values }) => values[0])
}

/** What queries say of hosts `[from, to)`, each with so many rows. */
async function expectHosts(engine: Engine, from: number, to: number, rows: number): Promise<void> {
  const count = BigInt(to - from)
  const sum = ((BigInt(from) + BigInt(to) - 1n) * count * BigInt(rows)) / 2n
  expect(await first(engine, 'SELECT count(*) AS n, sum(x) AS s FROM t')).toEqual([count * BigInt(rows), sum])
  const third = Array.from({ length: to - from }, (_, i) => from + i).filter((i) => i % 9 === 3).length
  expect(await first(engine, "SELECT count(DISTINCT host) AS n FROM t WHERE rack = '3'")).toEqual([BigInt(third)])
  expect(await first(engine, `SELECT max(x) AS m FROM t WHERE host = 'h${to - 1}'`)).toEqual([BigInt(to - 1)])
  const cardinality = await collectRows(await engine.query('SHOW CARDINALITY FROM t'))
  expect(cardinality.columns[1]?.values[0]).toBe(count)
}

const snapshots = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'blobs'))).filter((name) => name.endsWith('.idx'))

test('a store of many series that was closed opens with its index, whatever came or went since', async () => {
  const directory = await newFolder()
  const open = (folder = directory, workers = 0): Promise<Engine> =>
    openEngine({ store: { kind: 'files', directory: folder }, workers })
  let engine = await open()
  await engine.append({ kind: 'line-protocol', body: linesOf(0, SERIES, 1000) })
  await engine.flush()
  await engine.close()
  expect(await snapshots(directory)).toContain('series-0-of-1.idx')

  engine = await open()
  await expectHosts(engine, 0, SERIES, 1)
  await engine.append({ kind: 'line-protocol', body: linesOf(0, SERIES + 40, 2000) })
  await engine.delete({ table: 't', start: 0n, end: 1500n })
  // As a crash would leave it: the log has rows that no segment has, the snapshot lacks series.
  const crashed = await newFolder()
  await cp(directory, crashed, { recursive: true })
  await rm(join(crashed, (await readdir(crashed)).find((name) => name.startsWith('LOCK')) ?? 'none'))
  await engine.delete({ table: 't', matchers: [{ tag: 'rack', op: '!=', value: '3' }] })
  await engine.compact()
  await engine.close()

  engine = await open(crashed)
  await expectHosts(engine, 0, SERIES + 40, 1)
  await engine.close()

  // Of the snapshot most series are gone.
  engine = await open()
  const [series, rows] = [(await engine.statistics()).series, await first(engine, 'SELECT count(*) AS n FROM t')]
  expect(rows).toEqual([BigInt(series)])
  expect(series).toBe(Array.from({ length: SERIES + 40 }, (_, i) => i).filter((i) => i % 9 === 3).length)
  await engine.close()

  // Two hosts have other series than one.
  engine = await open(crashed, 2)
  await expectHosts(engine, 0, SERIES + 40, 1)
  await engine.close()
}, 120_000)
