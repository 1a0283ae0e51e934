import { afterEach, expect, test } from 'vitest'
import { valueAt } from '../../../engine/core/batch.ts'
import type { Queryable } from '../../../engine/core/plan.ts'
import { noCounts } from '../../../engine/core/read-counts.ts'
import { printFigures } from '../../../engine/query/run/print-figures.ts'
import { QueryReads } from '../../../engine/query/run/query-reads.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'
import { TableFixture } from '../../support/table-fixture.ts'

const engines: EngineOverStore[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

/** Two series of 3072 rows a second apart, which are three blocks of 1024, and of one of them 100 rows more in memory. */
async function open(): Promise<EngineOverStore> {
  const engine = await openOverStore(await openMemoryStore())
  engines.push(engine)
  const append = async (host: string, from: number, to: number): Promise<void> => {
    const times = Array.from({ length: to - from }, (_, i) => from + i)
    await engine.appendColumns({
      table: 'cpu',
      time: BigInt64Array.from(times, (second) => BigInt(second) * 1_000_000_000n),
      tags: [{ name: 'host', type: 'string', values: new Uint32Array(times.length), dictionary: [host] }],
      fields: [{ name: 'n', type: 'i64', values: BigInt64Array.from(times, (second) => BigInt(second)) }],
    })
  }
  await append('a', 0, 3072)
  await append('b', 0, 3072)
  await engine.writer.flush()
  await append('a', 3072, 3172)
  return engine
}

/** A clock that goes on by a millisecond whenever it is read. */
function ticking(): () => number {
  let ms = 0
  return () => ms++
}

let readers = 0

async function explained(text: string, queryable: Queryable): Promise<string[]> {
  const openReads = () => new QueryReads(queryable, { id: `test-${readers++}`, maxBytes: 1e9 })
  const result = await runStatement(`EXPLAIN ANALYZE ${text}`, queryable, {
    now: 0n,
    openReads,
    stopwatch: ticking(),
  })
  const { columns, rows } = await collectRows(result)
  return Array.from({ length: rows }, (_, row) => columns.map((column) => valueAt(column, row)).join(' | '))
}

/** What an explanation says of the plan but for the times of hosts, and of the run. */
const figures = (lines: readonly string[]) =>
  lines.filter((line) => /^(plan|run)/.test(line) && !line.includes('hosts:'))

/** The numbers of a line of figures. */
const numbersOf = (lines: readonly string[], word: string) =>
  lines
    .find((line) => line.includes(`-> ${word}:`))
    ?.match(/[\d.]+/g)
    ?.map(Number)

test('windows that hold whole blocks are answered by headers', async () => {
  const { queryable } = await open()
  const lines = await explained('SELECT host, sum(n) AS s FROM cpu GROUP BY 2048s, host', queryable)
  expect(figures(lines).map((line) => line.replace(/\(\d+ bytes\)/g, '(B)'))).toEqual([
    'plan | project time = time, host = host, s = "#0"',
    'plan |   ~ about 5 rows; 0 ms of its own',
    'plan |   -> 4 rows in 1 batches, 6 ms, 4 ms of its own',
    'plan |   finish #0 = sum(n) of input 0',
    'plan |     aggregate of cpu by 2048s by host keep count+sum of n',
    // Two series, five groups that headers may rule out, and of windows as long as two groups every second cut.
    'plan |     ~ about 5 rows, from 6200 of 2 series in 7 groups, 4 by headers; 0.012 ms of its own',
    'plan |     -> 4 rows in 1 batches, 2 ms',
    'plan |     -> groups: 1 in memory, 6 in segments, 0 cold, of 6244 rows; ' +
      '0 outside the range, 0 skipped by statistics, 6 answered by headers',
    'plan |     -> blocks: 0 aggregated as they are, 0 decoded; 0 (B) from the cache, 12 (B) fetched',
    'run | 4 rows in 1 batches, 9 ms',
    // Of 4 rows time, code and sum, with a byte of which are there, and a dictionary of 2 texts.
    'run | at most 161 bytes held by operators',
  ])
})

test('windows that part blocks are aggregated without decoding them, and from memory the second time', async () => {
  const { queryable } = await open()
  const text = "SELECT sum(n) AS s FROM cpu WHERE host = 'a' GROUP BY 1000s"
  const first = await explained(text, queryable)
  const [encoded, decoded, cached, cachedBytes, fetched, fetchedBytes] = numbersOf(first, 'blocks') ?? []
  expect([encoded, decoded, cached, cachedBytes, fetched]).toEqual([3, 0, 0, 0, 6])
  expect(numbersOf(first, 'groups')).toEqual([1, 3, 0, 3172, 0, 0, 0])
  // EXPLAIN counts the payloads of both hosts by the encodings of their blocks.
  const payloads = first.flatMap((line) => (line.startsWith('blocks') ? Number(/(\d+) bytes$/.exec(line)?.[1]) : []))
  expect(payloads.reduce((sum, bytes) => sum + bytes, 0)).toBe(2 * (fetchedBytes ?? 0))
  expect(numbersOf(await explained(text, queryable), 'blocks')).toEqual([3, 0, 6, fetchedBytes, 0, 0])
})

test('the range of time and the statistics of blocks leave groups out', async () => {
  const { queryable } = await open()
  const where = "host = 'b' AND time < '1970-01-01T00:30:00Z' AND n > 1023"
  const lines = await explained(`SELECT time, n FROM cpu WHERE ${where}`, queryable)
  // Of the seconds to 1800 those from 1024 on: the first block has none, the second some, the third is later.
  expect(lines).toContain('plan |     -> 776 rows in 1 batches, 2 ms')
  expect(numbersOf(lines, 'groups')).toEqual([0, 2, 0, 2048, 1, 1, 0])
  // Times and values, for the filter and for the answer.
  expect(numbersOf(lines, 'blocks')?.slice(0, 2)).toEqual([0, 4])
})

test('the newest row comes from headers', async () => {
  const { queryable } = await open()
  const lines = await explained("SELECT time, n FROM cpu WHERE host = 'b' LATEST ON time PARTITION BY host", queryable)
  expect(numbersOf(lines, 'blocks')?.slice(0, 2)).toEqual([0, 0])
})

test('each scan has its own figures, and hosts are said one by one', async () => {
  const { queryable } = await open()
  const lines = await explained(
    "SELECT a.n FROM (SELECT time, n FROM cpu WHERE host = 'a') AS a JOIN (SELECT time, n FROM cpu WHERE host = 'b') AS b ON a.time = b.time",
    queryable,
  )
  expect(lines.filter((line) => line.includes('groups:')).map((line) => numbersOf([line], 'groups'))).toEqual([
    [1, 3, 0, 3172, 0, 0, 0],
    [0, 3, 0, 3072, 0, 0, 0],
  ])
  const hosts = lines.filter((line) => line.includes('hosts:'))
  expect(hosts).toHaveLength(2)
  for (const line of hosts) expect(line).toMatch(/-> hosts: host 0 [\d.]+ ms$/)
})

test('answers of hosts that were made of kept windows are said, where there are some', () => {
  const figures = { rows: 3, batches: 1, ms: 2.0004, ownMs: 2.0004 }
  const kept = (...reuse: [whole: number, part: number][]) => {
    const hosts = reuse.map(([reusedAnswers, partlyReusedAnswers]) => {
      return { ...noCounts(), reusedAnswers, partlyReusedAnswers }
    })
    return printFigures({ ...figures, hosts }).filter((line) => line.includes('kept'))
  }
  expect(kept([0, 0])).toEqual([])
  expect(kept([1, 0], [1, 2])).toEqual(['-> kept windows: 2 answers of a host made of them, 2 in part'])
  expect(printFigures(undefined)).toEqual(['-> was not run'])
  expect(printFigures({ ...figures, hosts: [] })).toEqual(['-> 3 rows in 1 batches, 2 ms'])
})

test('the most that operators held is said', async () => {
  const { queryable } = await open()
  const lines = await explained('SELECT n FROM cpu ORDER BY n DESC', queryable)
  // 6244 rows with a time and a value of 8 bytes each, at the least.
  const [held = 0] =
    /at most ([\d.]+) KiB held/
      .exec(lines.at(-1) ?? '')
      ?.slice(1)
      .map(Number) ?? []
  expect(held).toBeGreaterThanOrEqual((6244 * 16) / 1024 - 0.1)
})

test('where nobody counts, operators are timed all the same', async () => {
  const fixture = new TableFixture({ cpu: { fields: { n: 'i64' }, rows: [{ time: 1n, tags: {}, fields: { n: 1n } }] } })
  expect(figures(await explained('SELECT n FROM cpu ORDER BY n', fixture))).toEqual([
    'plan | project n = n',
    'plan |   -> 1 rows in 1 batches, 10 ms, 4 ms of its own',
    'plan |   sort n',
    'plan |     -> 1 rows in 1 batches, 6 ms, 4 ms of its own',
    'plan |     rows of cpu asc read time, n',
    'plan |       -> 1 rows in 1 batches, 2 ms',
    'run | 1 rows in 1 batches, 13 ms',
    'run | at most 16 bytes held by operators',
  ])
})

test('of the left side of a join only the series are read that the right side has', async () => {
  const engine = await open()
  const text = "SELECT l.n FROM cpu AS l JOIN (SELECT * FROM cpu WHERE host = 'b' AND n < 1) AS r ON l.host = r.host"
  const scans = (await explained(text, engine.queryable)).filter((line) => line.includes('-> groups:'))
  // Host b has three groups in the segment, host a three and one in memory.
  expect(scans[0]).toContain('0 in memory, 3 in segments')
})

test('more keys than are looked up read all series of the left side', async () => {
  const engine = await openOverStore(await openMemoryStore())
  engines.push(engine)
  const numbers = Array.from({ length: 1100 }, (_, i) => i)
  await engine.appendColumns({
    table: 'cpu',
    time: BigInt64Array.from(numbers, BigInt),
    tags: [{ name: 'host', type: 'string', values: Uint32Array.from(numbers), dictionary: numbers.map(String) }],
    fields: [{ name: 'n', type: 'i64', values: BigInt64Array.from(numbers, BigInt) }],
  })
  const read = async (most: number) => {
    const right = `(SELECT * FROM cpu WHERE n < ${most}) AS r`
    const lines = await explained(`SELECT l.n FROM cpu AS l JOIN ${right} ON l.host = r.host`, engine.queryable)
    const scans = lines.filter((line) => line.includes('-> groups:'))
    return /(\d+) in memory/.exec(scans[0] ?? '')?.[1]
  }
  expect(await read(1024)).toBe('1024')
  expect(await read(1025)).toBe('1100')
})
