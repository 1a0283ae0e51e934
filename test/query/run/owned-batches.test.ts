import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { giveUp } from '../../../engine/core/given-up-memory.ts'
import { type Engine, openEngine, valueAt } from '../../../engine/engine.ts'

const HOSTS = 3
const TIMES = 3000

/** Rows of the table, in the order of time and host. */
const stored = Array.from({ length: HOSTS * TIMES }, (_, i) => {
  const time = Math.floor(i / HOSTS)
  return { time: BigInt(time), host: `h${i % HOSTS}`, n: time + (i % HOSTS) / 4, i: BigInt(time * 7 + (i % HOSTS)) }
})
const lines = stored.map(({ time, host, n, i }) => `t,host=${host} n=${n},i=${i}i ${time}`).join('\n')

type Row = (typeof stored)[number]

/** Statements, what they answer, and whether the reader is alone with it. */
const statements: [text: string, isOwned: boolean, rows: (row: Row) => unknown[][]][] = [
  ['SELECT * FROM t', true, ({ time, host, n, i }) => [[time, host, i, n]]],
  ['SELECT n, n AS again, i FROM t WHERE n >= 100.25', true, ({ n, i }) => (n >= 100.25 ? [[n, n, i]] : [])],
  ['SELECT i + 1 AS next FROM t LIMIT 100', true, ({ time, host, i }) => (rank(time, host) < 100 ? [[i + 1n]] : [])],
  [
    'SELECT n FROM t LATEST ON time PARTITION BY host',
    false,
    ({ time, n }) => (time === BigInt(TIMES - 1) ? [[n]] : []),
  ],
]

function rank(time: bigint, host: string): number {
  return Number(time) * HOSTS + Number(host.slice(1))
}

describe.each([0, 1])('with %i workers', (workers) => {
  let engine: Engine

  beforeAll(async () => {
    engine = await openEngine({ store: { kind: 'memory' }, workers })
    await engine.append({ kind: 'line-protocol', body: lines })
  })

  afterAll(() => engine.close())

  test.each([false, true])(
    'the memory of rows can be given up, and they are there again (in segments: %s)',
    async (isFlushed) => {
      if (isFlushed) await engine.compact()
      for (const [text, isOwned, rowsOf] of [...statements, ...statements]) {
        const { batches, ownsBatches } = await engine.query(text)
        expect(ownsBatches, text).toBe(isOwned)
        const rows: unknown[][] = []
        for await (const { rows: count, columns } of batches) {
          for (let row = 0; row < count; row++) rows.push(columns.map((column) => valueAt(column, row)))
          if (ownsBatches) for (const { values } of columns) giveUp(values)
        }
        expect(rows, text).toEqual(stored.flatMap(rowsOf))
      }
    },
  )
})

test('batches of what is put together of several reads may be somebody else’s', async () => {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  await engine.append({ kind: 'line-protocol', body: lines })
  for (const text of [
    'SELECT n FROM t UNION ALL SELECT n FROM t',
    'SELECT max(n) FROM t GROUP BY 1us',
    'SHOW TABLES',
  ]) {
    expect((await engine.query(text)).ownsBatches ?? false, text).toBe(false)
  }
  await engine.close()
})
