import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectRows, type Engine, type EngineOptions, openEngine, restoreStore } from '../../engine/engine.ts'
import { tiersOn } from '../support/cold-place.ts'
import { rowsOf } from '../support/plain-column.ts'
import { S3Server } from '../support/s3-server.ts'

let server: S3Server
let folder: string
const engines: Engine[] = []

beforeEach(async () => {
  server = await S3Server.start()
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cold-'))
})

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
  await server.close()
  await rm(folder, { recursive: true })
})

async function opened(options: Partial<EngineOptions>): Promise<Engine> {
  const engine = await openEngine({ store: { kind: 'files', directory: folder }, ...options })
  engines.push(engine)
  return engine
}

async function reopened(options: Partial<EngineOptions>): Promise<Engine> {
  for (const engine of engines.splice(0)) await engine.close()
  return opened(options)
}

async function ask(engine: Engine, text: string): Promise<unknown> {
  return rowsOf(await collectRows(await engine.query(text)))
}

const HOUR_NS = 3_600_000_000_000n
const START = 1_700_006_400_000_000_000n
const lines = Array.from({ length: 48 * 50 }, (_, i) => {
  const time = START + BigInt(Math.floor(i / 50)) * HOUR_NS
  return `cpu,host=h${i % 50} load=${(i % 97) / 4},n=${i}i,up=${i % 3 === 0},note="n${i % 5}" ${time}`
}).join('\n')
const STATEMENTS = [
  'SELECT count(*), sum(n), avg(load), min(note), max(n) FROM cpu GROUP BY 6h, host',
  "SELECT * FROM cpu WHERE host = 'h7' AND load > 3",
  'SELECT * FROM cpu LATEST ON time PARTITION BY host',
]

test.each([0, 2])(
  'rows are the same with %i workers before and after they are cold, and opened by other numbers',
  async (workers) => {
    const tiers = tiersOn(server, 'p', { cpu: { afterMs: 0 } })
    const engine = await opened({ workers, tiers })
    await engine.append({ kind: 'line-protocol', body: lines })
    const before = await Promise.all(STATEMENTS.map((text) => ask(engine, text)))
    await engine.moveToCold()
    expect((await engine.statistics()).cold).toMatchObject({ files: 2 * Math.max(1, workers), rows: 2400 })
    expect((await engine.statistics()).segments).toBe(0)
    expect(await Promise.all(STATEMENTS.map((text) => ask(engine, text)))).toEqual(before)
    for (const count of [1, 3]) {
      const again = await reopened({ workers: count, tiers })
      expect(await Promise.all(STATEMENTS.map((text) => ask(again, text)))).toEqual(before)
      await again.append({ kind: 'line-protocol', body: `cpu,host=h1 n=1i ${START}` })
      await again.moveToCold()
      expect(await Promise.all(STATEMENTS.map((text) => ask(again, text)))).toEqual(before)
    }
  },
)

test.each(['reference', 'include'] as const)('a folder is restored out of a backup, cold rows by %s', async (cold) => {
  const engine = await opened({ workers: 1, tiers: tiersOn(server, 'p', { cpu: { afterMs: 0 } }) })
  await engine.append({ kind: 'line-protocol', body: lines })
  await engine.moveToCold()
  await engine.append({ kind: 'line-protocol', body: `cpu,host=h1 n=1i ${START}` })
  const before = await Promise.all(STATEMENTS.map((text) => ask(engine, text)))
  const tiers = tiersOn(server, cold === 'include' ? 'q' : 'p')
  const copy = { kind: 'files', directory: join(folder, 'copy') } as const
  await expect(restoreStore(copy, engine.backup({ cold }))).rejects.toMatchObject({ kind: 'invalid' })
  await restoreStore(copy, engine.backup({ cold }), { cold: tiers.cold })
  await engine.close()
  const again = await opened({ store: copy, workers: 2, tiers })
  expect(await Promise.all(STATEMENTS.map((text) => ask(again, text)))).toEqual(before)
})

test('a folder that is opened without its cold tier says so rather than to leave rows out', async () => {
  const engine = await opened({ workers: 0, tiers: tiersOn(server, 'p', { cpu: { afterMs: 0 } }) })
  await engine.append({ kind: 'line-protocol', body: `${lines}\nmem v=1 ${START}` })
  await engine.moveToCold()
  const without = await reopened({ workers: 0 })
  await expect(ask(without, 'SELECT count(*) FROM cpu')).rejects.toMatchObject({
    kind: 'io',
    message: expect.stringContaining('cold tier'),
  })
  expect(await ask(without, 'SELECT count(*) FROM mem')).toHaveLength(1)
  expect((await without.statistics()).quarantined).toMatchObject([{ name: 'cold tier' }])
})

test('anybody reads a published folder by plain HTTP, in few requests', async () => {
  const engine = await opened({ workers: 0, tiers: tiersOn(server, 'p', { cpu: { afterMs: 0 } }) })
  await engine.append({ kind: 'line-protocol', body: lines })
  const before = await Promise.all(STATEMENTS.map((text) => ask(engine, text)))
  await engine.moveToCold()
  const files: Server = createServer(({ url, headers: { range } }, response) => {
    const bytes = server.objects.get(`p/${decodeURIComponent(url ?? '').slice(1)}`)?.bytes
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
    if (bytes === undefined) response.writeHead(404).end()
    else if (from === '') response.end(bytes)
    else response.writeHead(206).end(bytes.subarray(Number(from), Number(to) + 1))
  })
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
  try {
    const base = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
    const reader = await opened({ store: { kind: 'memory' }, workers: 0, tiers: { cold: { kind: 'http', base } } })
    const day = `time >= '2023-11-15T00:00:00Z' AND time < '2023-11-16T00:00:00Z'`
    expect(await ask(reader, `SELECT max(load) FROM cpu WHERE ${day} AND host = 'h7'`)).toEqual([[22.5]])
    // The manifest, the index of the day, and its times and values.
    expect((await reader.statistics()).cold?.requests).toBeLessThanOrEqual(4)
    expect(await Promise.all(STATEMENTS.map((text) => ask(reader, text)))).toEqual(before)
    await expect(reader.moveToCold()).resolves.toBeUndefined()
  } finally {
    files.closeAllConnections()
    files.close()
  }
})

test.each([
  [{ cold: { kind: 'http', base: 'nowhere' } }, 'not an address'],
  [{ cold: { kind: 'http', base: 'ftp://a/b' } }, 'not of http'],
  [{ cold: { kind: 'http', base: 'http://a/b' }, rules: { cpu: { afterMs: 1 } } }, 'cannot be written'],
  [{ cold: { kind: 's3', bucket: 'A', accessKeyId: 'a', secretAccessKey: 'b' } }, 'name of a bucket'],
  [{ cold: { kind: 's3', bucket: 'abc', accessKeyId: '', secretAccessKey: 'b' } }, 'access key'],
  [{ cold: { kind: 's3', bucket: 'abc', accessKeyId: 'a', secretAccessKey: 'b' }, rules: { cpu: {} } }, 'afterMs'],
  [
    { cold: { kind: 's3', bucket: 'abc', accessKeyId: 'a', secretAccessKey: 'b' }, rules: { cpu: { afterMs: -1 } } },
    'afterMs',
  ],
] as const)('refuses %j', async (tiers, message) => {
  await expect(opened({ tiers: tiers as EngineOptions['tiers'] & object })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining(message),
  })
})
