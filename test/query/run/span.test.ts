import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

/** A row: seconds, host, a number, and a state that may be missing. */
type Row = readonly [time: number, host: string, n: number, state: number | null]

const row: fc.Arbitrary<Row> = fc.tuple(
  fc.integer({ min: -50, max: 200 }),
  fc.constantFrom('a', 'b', 'c'),
  fc.integer({ min: -9, max: 9 }),
  fc.constantFrom(0, 1, 2, null),
)
const table = fc.uniqueArray(row, { minLength: 1, maxLength: 80, selector: ([time, host]) => `${time} ${host}` })

const SECOND = 1_000_000_000n
const stored = (rows: readonly Row[]): TableFixture =>
  new TableFixture({
    m: {
      fields: { n: 'i64', state: 'i64' },
      rows: rows.map(
        ([time, host, n, state]): FixtureRow => ({
          time: BigInt(time) * SECOND,
          tags: { host },
          fields: { n: BigInt(n), ...(state !== null && { state: BigInt(state) }) },
        }),
      ),
    },
  })

const secondsOf = (time: unknown): string => (time === null ? 'open' : String(BigInt(String(time)) / SECOND))

const ours = async (fixture: TableFixture, text: string): Promise<string[]> =>
  rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
    .map(([start, end, ...rest]) => [secondsOf(start), secondsOf(end), ...rest].join(' '))
    .sort()

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()

/** Windows by a number for each row, by gaps and islands. */
const theirs = async (rows: readonly Row[], numbered: string): Promise<string[]> => {
  const values = rows.map(([time, host, n, state]) => `(${time}, '${host}', ${n}, ${state ?? 'NULL'}::INT)`).join(', ')
  const answer = await connection.runAndReadAll(
    `WITH v(t, host, n, state) AS (VALUES ${values}), numbered AS (${numbered})
     SELECT min(t), max(t), host, count(*), sum(n) FROM numbered GROUP BY host, k`,
  )
  return answer
    .getRows()
    .map((each) => each.join(' '))
    .sort()
}

const islands = (begins: string, where = 'true'): string =>
  `SELECT *, sum(CASE WHEN ${begins} THEN 1 ELSE 0 END) OVER (PARTITION BY host ORDER BY t) AS k
   FROM (SELECT *, lag(t) OVER w AS before, lag(state) OVER w AS other FROM v WHERE ${where} WINDOW w AS (PARTITION BY host ORDER BY t))`

const SELECT = 'SELECT count(*), sum(n) FROM m'

describe('windows of rows', () => {
  test('sessions are those of DuckDB by lag', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 0, max: 60 }), async (rows, gap) => {
        const answer = await ours(stored(rows), `${SELECT} SESSION WINDOW GAP ${gap}s BY host`)
        expect(answer).toEqual(await theirs(rows, islands(`before IS NULL OR t - before > ${gap}`)))
      }),
      { numRuns: 100 },
    )
  })

  test('states are those of DuckDB by lag over the rows that have one', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const expected = await theirs(rows, islands('other IS DISTINCT FROM state', 'state IS NOT NULL'))
        const answer = await ours(
          stored(rows),
          `SELECT window_start, window_end, host, count(*), sum(n), state FROM m STATE WINDOW state BY host`,
        )
        expect(answer.map((line) => line.split(' ').slice(0, 5).join(' ')).sort()).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })

  test('so many rows from each so-many-th on are those of DuckDB by row_number', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 12 }), fc.nat({ max: 11 }), async (rows, count, less) => {
        const slide = Math.max(1, count - less)
        const expected = await theirs(
          rows,
          `SELECT v2.*, s.k FROM (SELECT *, row_number() OVER (PARTITION BY host ORDER BY t) - 1 AS i FROM v) AS v2
           JOIN range(0, 100) AS s(k) ON i >= s.k * ${slide} AND i < s.k * ${slide} + ${count}`,
        )
        expect(await ours(stored(rows), `${SELECT} COUNT WINDOW ${count} SLIDE ${slide} BY host`)).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })

  test('events are those of a walk over the rows of each host', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: -9, max: 9 }),
        fc.integer({ min: -9, max: 9 }),
        async (rows, from, to) => {
          const answer = await ours(stored(rows), `${SELECT} EVENT WINDOW START n > ${from} END n < ${to} BY host`)
          expect(answer).toEqual(walked(rows, from, to).sort())
        },
      ),
      { numRuns: 200 },
    )
  })
})

function walked(rows: readonly Row[], from: number, to: number): string[] {
  const found: string[] = []
  for (const host of ['a', 'b', 'c']) {
    let taken: Row[] = []
    const end = (closed: boolean): void => {
      const [first] = taken
      if (first)
        found.push(
          `${first[0]} ${closed ? taken.at(-1)?.[0] : 'open'} ${host} ${taken.length} ${taken.reduce((sum, [, , n]) => sum + n, 0)}`,
        )
      taken = []
    }
    for (const each of rows.filter((one) => one[1] === host).sort((a, b) => a[0] - b[0])) {
      if (taken.length === 0 && !(each[2] > from)) continue
      taken.push(each)
      if (each[2] < to) end(true)
    }
    end(false)
  }
  return found
}
