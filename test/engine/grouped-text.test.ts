import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { valueAt } from '../../engine/core/batch.ts'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { LARGE_BYTES } from '../../engine/worker/write/append-queue.ts'
import { MOST_WAITING_BYTES } from '../../engine/worker/write/grouped-lines.ts'

// Long text with many rows a series becomes groups in the thread of its caller; an engine without workers parses all of it in one place.

let folders: string[] = []
let threaded: Engine
let inline: Engine

async function opened(workers: number): Promise<Engine> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-grouped-'))
  folders.push(directory)
  return openEngine({ store: { kind: 'files', directory }, workers })
}

beforeEach(async () => {
  threaded = await opened(2)
  inline = await opened(0)
})

afterEach(async () => {
  await Promise.all([threaded.close(), inline.close()])
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
  folders = []
})

const ROWS = 4000
const HOSTS = 20

/** Rows of hosts in turn, more than a small append has. */
function textOf(value: (row: number) => string, from = 0, table = 'cpu'): string {
  const first = 1_700_000_000_000_000_000n
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const time = first + BigInt(from + row) * 1_000_000_000n
    return `${table},host=h${row % HOSTS},region=somewhere value=${value(row)},level=${row / 4} ${time}`
  })
  return `${rows.join('\n')}\n`
}

async function appendBoth(body: string): Promise<void> {
  const [a, b] = await Promise.all([
    threaded.append({ kind: 'line-protocol', body }),
    inline.append({ kind: 'line-protocol', body }),
  ])
  expect(a).toEqual(b)
}

/** The first column of an answer. */
async function firstColumn(engine: Engine, query: string): Promise<bigint[]> {
  const { rows, columns } = await collectRows(await engine.query(query))
  const [column] = columns
  return Array.from({ length: rows }, (_, row) => BigInt((column && valueAt(column, row)) ?? 0))
}

async function answers(engine: Engine): Promise<string[]> {
  const query = 'SELECT host, region, time, value, level FROM cpu ORDER BY host, region, time'
  const { rows, columns } = await collectRows(await engine.query(query))
  return Array.from({ length: rows }, (_, row) => columns.map((column) => valueAt(column, row)).join(' '))
}

async function expectSame(): Promise<void> {
  expect(await answers(threaded)).toEqual(await answers(inline))
}

test('answers and refusals do not depend on where text is parsed, whatever the table is already', async () => {
  expect(textOf(String).length).toBeGreaterThan(LARGE_BYTES)
  await appendBoth('cpu,host=h0,region=elsewhere value=1i,level=2 1700000000000000000')
  await appendBoth(textOf((row) => `${row}i`))
  await appendBoth(textOf((row) => `${row}i`, 2000))
  await expectSame()
  // Of the table the values are integers: each of these rows is refused, some of the next.
  await appendBoth(textOf((row) => `${row}.5`, 5000))
  for (let i = 0; i < 4; i++) await appendBoth(textOf((row) => (row % 7 === 0 ? 'x' : `${row}i`), 6000 + 500 * i))
  for (let i = 0; i < 4; i++) await appendBoth(textOf((row) => `${row * i}i`, 9000 + 1000 * i))
  await expectSame()
  for (const engine of [threaded, inline]) await engine.flush()
  await expectSame()
})

test('text that begins a table tells what is wrong with the next as if it had been parsed in one place', async () => {
  await appendBoth(textOf(String))
  await appendBoth(textOf((row) => `${row}i`, 5000).replaceAll('region=', 'level='))
  await expectSame()
  for (const engine of [threaded, inline]) await collectRows(await engine.query('DROP TABLE cpu'))
  await appendBoth(textOf((row) => `${row}i`, 6000))
  await expectSame()
})

test('a request of a producer counts once, also where its text is refused as groups first', async () => {
  await threaded.append({
    kind: 'line-protocol',
    body: 'cpu,host=h0,region=elsewhere value=1,level=2 1700000000000000000',
  })
  const append = (body: string, sequence: bigint) =>
    threaded.append({ kind: 'line-protocol', body }, { producer: { id: 'p', sequence } })
  const clean = await append(textOf(String), 1n)
  expect(clean).toMatchObject({ rows: ROWS, rejectedCount: 0 })
  expect(await append(textOf(String, 5000), 1n)).toMatchObject({ rows: 0, duplicate: true })
  const wrong = textOf((row) => (row % 2 === 0 ? `${row}i` : `${row}.5`), 9000)
  const first = await append(wrong, 2n)
  expect(first.rows + first.rejectedCount).toBe(ROWS)
  expect(await append(wrong, 2n)).toMatchObject({ rows: 0, duplicate: true })
  expect(await firstColumn(threaded, 'SELECT count(*) FROM cpu')).toEqual([BigInt(1 + ROWS + first.rows)])
})

test('of texts that are appended at once the later one wins, however many wait', async () => {
  const bodies = Array.from({ length: 12 }, (_, i) => textOf((row) => `${row * 100 + i}i`))
  await Promise.all(bodies.map((body) => threaded.append({ kind: 'line-protocol', body })))
  const values = await firstColumn(threaded, 'SELECT value FROM cpu ORDER BY time LIMIT 50')
  expect(values.map((value) => value % 100n)).toEqual(new Array(50).fill(11n))
})

test('text beyond what waits here is taken all the same', async () => {
  const body = textOf((row) => `${row}i`)
  const times = Math.ceil(MOST_WAITING_BYTES / body.length) + 20
  const results = await Promise.all(
    Array.from({ length: times }, () => threaded.append({ kind: 'line-protocol', body })),
  )
  expect(results.every(({ rows }) => rows === ROWS)).toBe(true)
  expect(await firstColumn(threaded, 'SELECT count(*) FROM cpu')).toEqual([BigInt(ROWS)])
})
