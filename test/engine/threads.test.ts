import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import type { ColumnRows } from '../../engine/core/rows.ts'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { nodePlatform } from '../../engine/worker/node-platform.ts'
import { PART_ROWS } from '../../engine/worker/write/column-rows.ts'
import { expectSameAnswers, expectSameBits } from '../support/answers-agree.ts'
import { generator } from '../support/block-shapes.ts'
import { type EngineOverFiles, openOverFiles } from '../support/engine-over-files.ts'
import { columnsOf, FIELDS, type RandomBatch, randomBatch, START } from '../support/random-table.ts'
import { TableFixture } from '../support/table-fixture.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-threads-'))
  folders.push(folder)
  return folder
}

test.each([1, 2, 3, 4])(
  'inline, one and three workers give the same bits, and the reference agrees: seed %i',
  async (seed) => {
    const counts = [0, 1, 3]
    const places = await Promise.all(counts.map(newFolder))
    const reference = new TableFixture()
    const next = generator(seed)
    const spread = 3000
    let engines: EngineOverFiles[] = []
    const open = async (): Promise<void> => {
      engines = await Promise.all(counts.map((workers, i) => openOverFiles(places[i] ?? '', workers)))
    }
    await open()
    for (let i = 0; i < 8; i++) {
      const { columns, rows } = randomBatch(next, 1 + (next() % 1200), spread)
      const fields = Object.fromEntries(columns.fields.map(({ name }) => [name, FIELDS[name as keyof typeof FIELDS]]))
      reference.append('t', { fields, rows })
      for (const engine of engines) await engine.appendColumns(columns)
      if (i % 3 === 1) await Promise.all(engines.map((engine) => engine.writer.flush()))
      if (i === 5) {
        await Promise.all(engines.map((engine) => engine.close()))
        await open()
      }
      const seedOfPlans = next()
      const [first, ...others] = engines
      if (first === undefined) throw new Error('there is no engine')
      await expectSameAnswers(first.queryable, reference, { next: generator(seedOfPlans), spread })
      for (const other of others) {
        await expectSameAnswers(other.queryable, reference, { next: generator(seedOfPlans), spread })
        await expectSameBits(other.queryable, first.queryable, { next: generator(seedOfPlans), spread })
      }
    }
    await Promise.all(engines.map((engine) => engine.close()))
  },
)

test('a store that three workers wrote is opened by one, and by three again', async () => {
  const folder = await newFolder()
  const reference = new TableFixture()
  const next = generator(9)
  for (const workers of [3, 1, 0, 3]) {
    const engine = await openOverFiles(folder, workers)
    for (let i = 0; i < 3; i++) {
      const { columns, rows } = randomBatch(next, 500, 2000)
      const fields = Object.fromEntries(columns.fields.map(({ name }) => [name, FIELDS[name as keyof typeof FIELDS]]))
      reference.append('t', { fields, rows })
      await engine.appendColumns(columns)
      if (i !== 2) await engine.writer.flush()
    }
    await expectSameAnswers(engine.queryable, reference, { next, spread: 2000 })
    expect(await engine.writer.statistics()).toMatchObject({ damaged: [] })
    await engine.close()
  }
})

test('rows by column that go to threads in several parts are all there, with what they miss', async () => {
  const reference = new TableFixture()
  const next = generator(11)
  const engine = await openOverFiles(await newFolder(), 2)
  for (const count of [40, 2 * PART_ROWS + 321, PART_ROWS]) {
    const { columns, rows } = randomBatch(next, count, 40_000)
    const fields = Object.fromEntries(columns.fields.map(({ name }) => [name, FIELDS[name as keyof typeof FIELDS]]))
    reference.append('t', { fields, rows })
    expect(await engine.appendColumns(columns)).toMatchObject({ rows: count, rejectedCount: 0 })
  }
  await expectSameAnswers(engine.queryable, reference, { next, spread: 40_000 })
  await engine.close()
})

test('rows go on where the core of their thread does not load, and the statistics say so', async () => {
  const loadCore = () => Promise.reject(new RangeError('no memory for the core'))
  const engine = await openOverFiles(await newFolder(), 1, { ...nodePlatform, loadCore })
  const { columns, rows } = randomBatch(generator(12), 2 * PART_ROWS, 40_000)
  const damaged = async () => (await engine.writer.statistics()).damaged
  expect(await damaged()).toEqual([])
  expect(await engine.appendColumns(columns)).toMatchObject({ rows: rows.length })
  const fault = { name: 'encoding of appended columns', reason: 'no memory for the core' }
  await vi.waitUntil(async () => (await damaged()).length > 0)
  expect(await damaged()).toEqual([fault])
  expect(await engine.appendColumns(columns)).toMatchObject({ rows: rows.length })
  expect(await damaged()).toEqual([fault])
  await engine.close()
})

test('integers that go to threads in several parts become doubles where the table has doubles', async () => {
  const engine = await openEngine({ store: { kind: 'files', directory: await newFolder() } })
  const count = 3 * PART_ROWS
  const time = new BigInt64Array(count).map((_, row) => BigInt(row + 1))
  await engine.append({ kind: 'line-protocol', body: 'w x=0.5 0' })
  const fields = [{ name: 'x', type: 'i64' as const, values: time.map((each) => 3n * each) }]
  await engine.append({ kind: 'columns', rows: { table: 'w', time, tags: [], fields } })
  const result = await engine.query('SELECT count(*) AS n, sum(x) AS s, max(x) AS m FROM w')
  const { columns } = await collectRows(result)
  const answer = columns.map(({ values }) => values[0])
  expect(answer).toEqual([BigInt(count + 1), 0.5 + 1.5 * count * (count + 1), 3 * count])
  await engine.close()
})

test('text of any length goes to threads as it is, what is wrong with it comes back, and what it came in is given up', async () => {
  const engine = await openEngine({ store: { kind: 'files', directory: await newFolder() } })
  let expected = 0n
  for (const rows of [1, 700, 9000, 400_000]) {
    const lines = Array.from(
      { length: rows },
      (_, i) => `long,name=of\\ a\\ series x=${i}i ${Number(expected) + i + 1}`,
    )
    expected += BigInt(rows)
    const body = new TextEncoder().encode([...lines, 'long x=', ''].join('\n'))
    const results = await Promise.all([
      engine.append({ kind: 'line-protocol', body }),
      engine.append({ kind: 'line-protocol', body: `other x=${rows}i 1` }),
    ])
    expect(body.buffer.byteLength).toBe(0)
    expect(results.map((result) => result.rows)).toEqual([rows, 1])
    expect(results[0]?.rejected).toMatchObject([{ line: rows + 1, text: 'long x=' }])
  }
  const { columns } = await collectRows(await engine.query('SELECT count(*) AS n, max(x) AS m FROM long'))
  expect(columns.map(({ values }) => values[0])).toEqual([expected, 399_999n])
  await engine.close()
})

/** Rows of hosts in turn that miss nothing: long runs of each in an append. */
function longRuns(next: () => number, hosts: number, ticks: number, start: bigint): RandomBatch {
  const rows = Array.from({ length: hosts * ticks }, (_, i) => ({
    time: start + BigInt(Math.floor(i / hosts)) * 1_000_000_000n,
    tags: { host: `h${i % hosts}` },
    fields: { level: (next() % 10_000) / 100, count: BigInt(next()) },
  }))
  return { columns: columnsOf(rows, ['level', 'count']), rows }
}

test.each([0, 1, 3])(
  'long runs of series by column are there at once, after opening again, a flush and a merge: %i workers',
  async (workers) => {
    const reference = new TableFixture()
    const next = generator(17)
    const place = await newFolder()
    let engine = await openOverFiles(place, workers)
    const append = async ({ columns, rows }: RandomBatch): Promise<void> => {
      const fields = Object.fromEntries(columns.fields.map(({ name }) => [name, FIELDS[name as keyof typeof FIELDS]]))
      reference.append('t', { fields, rows })
      expect(await engine.appendColumns(columns)).toMatchObject({ rows: rows.length, rejectedCount: 0 })
    }
    const check = (): Promise<void> => expectSameAnswers(engine.queryable, reference, { next, spread: 12_000 })
    await append(longRuns(next, 3, 6000, START))
    await append(randomBatch(next, 300, 12_000))
    // Over what is there, later, and in two pieces, the second of which is too short for groups.
    await append(longRuns(next, 3, 7000, START + 5_000_000_000_000n))
    await append(longRuns(next, 20, 6600, START + 2_000_000_000_000n))
    await check()
    await engine.close()
    engine = await openOverFiles(place, workers)
    await check()
    await engine.writer.flush()
    await append(longRuns(next, 2, 9000, START))
    await check()
    await engine.writer.compact()
    await check()
    await engine.close()
  },
  120_000,
)

test('rows that are encoded by the thread that appends them are there in the order of the calls, also once opened again', async () => {
  const folder = await newFolder()
  const rows = 2 * PART_ROWS
  const hosts = 8
  const levelOf = (round: number, i: number): number => round * rows + i
  // Each round brings the same times again, so that only the last of the calls is to be seen.
  const batch = (round: number): ColumnRows => ({
    table: 't',
    time: BigInt64Array.from({ length: rows }, (_, i) => START + BigInt(i)),
    tags: [
      {
        name: 'host',
        type: 'string',
        dictionary: Array.from({ length: hosts }, (_, host) => `h${host}`),
        values: Uint32Array.from({ length: rows }, (_, i) => i % hosts),
      },
    ],
    fields: [
      { name: 'x', type: 'i64', values: BigInt64Array.from({ length: rows }, (_, i) => BigInt(levelOf(round, i))) },
    ],
  })
  const rounds = 24
  const expected = Array.from({ length: hosts }, (_, host) => {
    let sum = 0n
    for (let i = host; i < rows; i += hosts) sum += BigInt(levelOf(rounds - 1, i))
    return [sum, BigInt(rows / hosts)]
  })
  const read = async (engine: Engine): Promise<unknown[][]> => {
    const answer = await engine.query('SELECT host, sum(x) AS s, count(x) AS n FROM t GROUP BY host ORDER BY host')
    const { columns } = await collectRows(answer)
    return Array.from({ length: hosts }, (_, row) => columns.slice(1).map(({ values }) => values[row]))
  }
  let engine = await openEngine({ store: { kind: 'files', directory: folder }, workers: 2 })
  const appended: Promise<unknown>[] = []
  for (let round = 0; round < rounds; round++) {
    appended.push(engine.append({ kind: 'columns', rows: batch(round) }))
    // So that the core is loaded between two of the calls.
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await Promise.all(appended)
  expect(await read(engine)).toEqual(expected)
  await engine.close()
  engine = await openEngine({ store: { kind: 'files', directory: folder }, workers: 1 })
  expect(await read(engine)).toEqual(expected)
  await engine.close()
})
