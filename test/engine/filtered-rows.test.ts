import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { rowsOf } from '../support/plain-column.ts'

const HOSTS = ['a', 'b', 'c', 'd', 'e']
const ROWS = 3500
const STEP = 10

interface Row {
  time: number
  host: string
  n: number | null
  x: number | null
  /** Some have none. */
  m: number | null
}

/** By time and then by host. `e` has times of its own, which the others' slices cut. */
const all: Row[] = HOSTS.flatMap((host, h) =>
  Array.from({ length: ROWS }, (_, i): Row => {
    const wave = Math.round(50 + 45 * Math.sin((i + 400 * h) / 90)) + ((i * 7919 + h) % 5)
    const time = i * STEP + (host === 'e' ? 3 : 0)
    return { time, host, n: wave, x: ((i * 31) % 400) / 4, m: host === 'c' || i % 7 === h ? null : (i * 13) % 101 }
  }),
).sort((p, q) => p.time - q.time || (p.host < q.host ? -1 : 1))

type Comparison = '<' | '<=' | '=' | '!=' | '>' | '>='

const COMPARISONS: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

const MIRRORED = { '<': '>', '<=': '>=', '=': '=', '!=': '!=', '>': '<', '>=': '<=' } as const

const comparison = record({
  field: constantFrom('n', 'x', 'm'),
  op: constantFrom('<', '<=', '=', '!=', '>', '>='),
  operand: integer({ min: -5, max: 110 }),
  quarter: integer({ min: 0, max: 3 }),
  isMirrored: constantFrom(false, true),
})

interface Asked {
  field: 'n' | 'x' | 'm'
  op: Comparison
  operand: number
  quarter: number
  isMirrored: boolean
}

/** A test as text and as code; of a missing value it is not true. */
function testOf({ field, op, operand, quarter, isMirrored }: Asked) {
  const number = field === 'x' ? operand + quarter / 4 : operand
  const literal = field === 'x' ? number.toFixed(2) : `${number}`
  const text = isMirrored ? `${literal} ${MIRRORED[op]} ${field}` : `${field} ${op} ${literal}`
  return { text, passes: (row: Row) => row[field] !== null && COMPARISONS[op](row[field], number) }
}

let engine: Engine

beforeAll(async () => {
  engine = await openEngine({ store: { kind: 'memory' }, workers: 0, answerCacheBytes: 0 })
  const write = (rows: readonly Row[]) => {
    const fields = ({ n, x, m }: Row) => `n=${n}i,x=${x}${m === null ? '' : `,m=${m}i`}`
    const body = rows.map((row) => `t,host=${row.host} ${fields(row)} ${row.time}`).join('\n')
    return engine.append({ kind: 'line-protocol', body })
  }
  const newest = all.filter(({ time }) => time >= ROWS * STEP * 0.9)
  await write(all.filter((row) => !newest.includes(row)))
  await engine.compact()
  // Blocks are read often enough to be in the fast family, beside rows that are in memory.
  for (let round = 0; round < 3; round++) await collectRows(await engine.query('SELECT * FROM t'))
  await write(newest)
})
afterAll(() => engine.close())

test('rows that pass comparisons of fields with numbers come by time and series, from any time on, up to a limit', async () => {
  const query = record({
    tests: array(comparison, { minLength: 1, maxLength: 3 }),
    start: integer({ min: -50, max: ROWS * STEP }),
    length: integer({ min: 1, max: ROWS * STEP }),
    limit: constantFrom(undefined, 1, 7, 1000),
    direction: constantFrom('ASC', 'DESC'),
  })
  await assert(
    asyncProperty(query, async ({ tests, start, length, limit, direction }) => {
      const conditions = tests.map(testOf)
      const where = [`time >= ${start}`, ...conditions.map(({ text }) => text), `time < ${start + length}`].join(
        ' AND ',
      )
      const bound = limit === undefined ? '' : ` LIMIT ${limit}`
      const text = `SELECT time, host, n, x, m FROM t WHERE ${where} ORDER BY time ${direction}${bound}`
      const passed = all.filter(
        (row) => row.time >= start && row.time < start + length && conditions.every(({ passes }) => passes(row)),
      )
      if (direction === 'DESC') passed.sort((p, q) => q.time - p.time || (p.host < q.host ? -1 : 1))
      const wanted = passed.slice(0, limit).map(({ time, host, n, x, m }) => [BigInt(time), host, n, x, m])
      const found = rowsOf(await collectRows(await engine.query(text))).map(([time, host, ...values]) => [
        time,
        host,
        ...values.map((value) => (value === null ? null : Number(value))),
      ])
      expect(found).toEqual(wanted)
    }),
    { numRuns: 150, seed: 20 },
  )
})

test('a filter that has no answer for some rows is not asked of groups without rows in the range', async () => {
  const filter = 'n * 9223372036854775807 > 0'
  const text = (start: number, end: number) => `SELECT n FROM t WHERE ${filter} AND time >= ${start} AND time < ${end}`
  expect((await collectRows(await engine.query(text(4, 10)))).rows).toBe(0)
  await expect(engine.query(text(4, 11)).then(collectRows)).rejects.toMatchObject({ kind: 'query' })
})
