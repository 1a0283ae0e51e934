import { afterEach, expect, test } from 'vitest'
import { type Batch, valueAt } from '../../../engine/core/batch.ts'
import { TidemarkError } from '../../../engine/core/errors.ts'
import type { Queryable, RowsPlan } from '../../../engine/core/plan.ts'
import { MAX_LEADING_ROWS } from '../../../engine/query/plan/narrowing.ts'
import { QueryReads } from '../../../engine/query/run/query-reads.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'

const engines: EngineOverStore[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

const HOSTS = 40
const ROWS = 50

/** `cpu` with rows of 40 hosts, and `hosts` with one row of each and racks of four. */
async function open(rows = ROWS): Promise<EngineOverStore> {
  const engine = await openOverStore(await openMemoryStore())
  engines.push(engine)
  const cells = HOSTS * rows
  await engine.appendColumns({
    table: 'cpu',
    time: BigInt64Array.from({ length: cells }, (_, i) => BigInt(Math.floor(i / HOSTS))),
    tags: [
      {
        name: 'host',
        type: 'string',
        values: Uint32Array.from({ length: cells }, (_, i) => i % HOSTS),
        dictionary: Array.from({ length: HOSTS }, (_, host) => `h${host}`),
      },
    ],
    fields: [{ name: 'n', type: 'i64', values: BigInt64Array.from({ length: cells }, (_, i) => BigInt(i)) }],
  })
  const racks = Array.from({ length: HOSTS }, (_, host) => `hosts,host=h${host},rack=k${host >> 2} size=${host}i 1`)
  await engine.appendLines(racks.join('\n'))
  return engine
}

/** Rows of each table that a statement reads, in the order of asking, and its answer. */
async function read(text: string, engine: EngineOverStore): Promise<{ asked: string[]; answer: string[] }> {
  const asked: [string, number][] = []
  class Counted extends QueryReads {
    override async *rows(plan: RowsPlan, signal?: AbortSignal): AsyncGenerator<Batch> {
      const place = asked.push([plan.table, 0]) - 1
      for await (const batch of super.rows(plan, signal)) {
        asked[place] = [plan.table, (asked[place]?.[1] ?? 0) + batch.rows]
        yield batch
      }
    }
  }
  const queryable: Queryable = new Counted(engine.queryable, { id: text, maxBytes: 1e9 })
  const { columns, rows } = await collectRows(await runStatement(text, queryable, { now: 0n }))
  const answer = Array.from({ length: rows }, (_, row) =>
    columns.map((column) => String(valueAt(column, row) ?? '-')).join(' '),
  )
  return { asked: asked.map(([table, count]) => `${count} of ${table}`), answer }
}

/** Rows of one time come by the text of their series. */
const RACK_2 = [10, 11, 8, 9]
const ofRack = (hosts: readonly number[]) =>
  hosts.flatMap((host) => Array.from({ length: ROWS }, (_, time) => `${host} ${time * HOSTS + host}`))

test('the side that costs less is read first, on whichever side it is written, and its keys choose what is read of the other', async () => {
  const engine = await open()
  const left = await read("SELECT size, n FROM hosts JOIN cpu USING (host) WHERE rack = 'k2'", engine)
  expect(left).toEqual({ asked: ['4 of hosts', '200 of cpu'], answer: ofRack(RACK_2) })
  const right = await read("SELECT size, n FROM cpu JOIN hosts USING (host) WHERE rack = 'k2' ORDER BY size, n", engine)
  expect(right).toEqual({ asked: ['4 of hosts', '200 of cpu'], answer: ofRack([8, 9, 10, 11]) })
})

test('a left join reads of the right side what the rows of the left one ask for', async () => {
  const engine = await open()
  const text = "SELECT size, n FROM (SELECT host, size FROM hosts WHERE rack = 'k2') LEFT JOIN cpu USING (host)"
  expect(await read(text, engine)).toEqual({ asked: ['4 of hosts', '200 of cpu'], answer: ofRack(RACK_2) })
  const none = await read("SELECT size, n FROM hosts LEFT JOIN cpu USING (host) WHERE rack = 'k99'", engine)
  expect(none).toEqual({ asked: ['0 of hosts'], answer: [] })
  const first = "SELECT a.n, b.n FROM cpu AS a ASOF JOIN cpu AS b ON (host) WHERE a.host = 'h3' LIMIT 2"
  expect(await read(first, engine)).toMatchObject({ asked: ['50 of cpu', '50 of cpu'], answer: ['3 3', '43 43'] })
})

test('sides whose rows stay alone are read whole', async () => {
  const engine = await open()
  const some = "(SELECT host, size FROM hosts WHERE rack = 'k2') AS some"
  const full = await read(`SELECT count(*), count(size) FROM ${some} FULL JOIN cpu USING (host)`, engine)
  expect(full).toEqual({ asked: ['4 of hosts', '2000 of cpu'].reverse(), answer: ['2000 200'] })
  const right = await read(`SELECT count(*), count(size) FROM ${some} RIGHT JOIN cpu USING (host)`, engine)
  expect(right).toEqual({ asked: ['2000 of cpu', '4 of hosts'], answer: ['2000 200'] })
})

test(`more than ${MAX_LEADING_ROWS} rows of the left side go on as they come, and choose nothing`, async () => {
  const rows = Math.ceil(MAX_LEADING_ROWS / HOSTS) + 1
  const engine = await open(rows)
  const few = `(SELECT host, n FROM cpu WHERE n < ${MAX_LEADING_ROWS}) AS l`
  const all = '(SELECT host, n FROM cpu) AS l'
  const next = "(SELECT host, size FROM hosts WHERE host != 'h0') AS r"
  const joined = (left: string) =>
    `SELECT count(*), sum(l.n), sum(size) FROM ${left} LEFT JOIN ${next} ON l.host = r.host`
  const sum = (count: number, of: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => of(i)).reduce((total, each) => total + each, 0)
  for (const [left, count] of [
    [few, MAX_LEADING_ROWS],
    [all, rows * HOSTS],
  ] as const) {
    const { answer } = await read(joined(left), engine)
    expect(answer).toEqual([`${count} ${sum(count, (i) => i)} ${sum(count, (i) => i % HOSTS)}`])
  }
})

test('where the other side fails, the one that was begun is closed', async () => {
  const engine = await open(Math.ceil(MAX_LEADING_ROWS / HOSTS) + 10_000)
  const open_: string[] = []
  class Failing extends QueryReads {
    override async *rows(plan: RowsPlan, signal?: AbortSignal): AsyncGenerator<Batch> {
      if (plan.table === 'hosts') throw new TidemarkError('io', 'the disk is gone')
      open_.push(plan.table)
      try {
        yield* super.rows(plan, signal)
      } finally {
        open_.pop()
      }
    }
  }
  const queryable = new Failing(engine.queryable, { id: 'failing', maxBytes: 1e9 })
  const text = 'SELECT l.n, size FROM cpu AS l LEFT JOIN hosts ON l.host = hosts.host'
  const failure = runStatement(text, queryable, { now: 0n }).then(collectRows)
  await expect(failure).rejects.toThrow('the disk is gone')
  expect(open_).toEqual([])
})
