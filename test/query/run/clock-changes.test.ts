import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

/** Days on which a zone's clock goes forward or back, and by how many minutes. */
const CHANGES: readonly (readonly [zone: string, day: string, minutes: number])[] = [
  ['Europe/Berlin', '2026-03-29', 60],
  ['Europe/Berlin', '2026-10-25', -60],
  ['America/New_York', '2026-03-08', 60],
  ['America/New_York', '2026-11-01', -60],
  ['Australia/Lord_Howe', '2025-10-05', 30],
  ['Australia/Lord_Howe', '2025-04-06', -30],
  ['America/Sao_Paulo', '2018-11-04', 60],
  ['America/Sao_Paulo', '2019-02-16', -60],
  ['Asia/Tehran', '2021-03-22', 60],
  ['Asia/Tehran', '2021-09-21', -60],
]

const SECOND = 1_000_000_000n
const HOUR = 3_600
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()

const asked = async (sql: string): Promise<(number | null)[][]> =>
  (await connection.runAndReadAll(sql))
    .getRows()
    .map((row) => row.map((value) => (value === null ? null : Number(value))))

/** Seconds since 1970 of the first moment of a day of the zone, so many days from another. */
const dayStarts = async (zone: string, day: string, [from, to]: readonly [number, number]): Promise<number[]> => {
  await connection.run(`SET TimeZone = '${zone}'`)
  const starts = await asked(
    `SELECT epoch(date_trunc('day', ((DATE '${day}' + d::INT)::TIMESTAMP + INTERVAL 12 HOUR) AT TIME ZONE '${zone}'))::BIGINT FROM range(${from}, ${to}) AS r(d) ORDER BY d`,
  )
  return starts.map(([start]) => start ?? 0)
}

const stored = (times: readonly number[]): TableFixture =>
  new TableFixture({
    a: {
      fields: { v: 'f64' },
      rows: times.map((time, i): FixtureRow => ({ time: BigInt(time) * SECOND, tags: { h: 'x' }, fields: { v: i } })),
    },
  })

const ours = async (fixture: TableFixture, text: string): Promise<(number | null)[][]> =>
  rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n }))).map(([time, ...rest]) => [
    Number(BigInt(String(time)) / SECOND),
    ...rest.map((value) => (value === null ? null : Number(value))),
  ])

const halfHours = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 1_800 }, (_, i) => from + i * 1_800)

describe.each(CHANGES)('where the clock of %s changes on %s by %i minutes', (zone, day, minutes) => {
  test('days have as many half hours as are between their midnights', async () => {
    const starts = await dayStarts(zone, day, [-1, 4])
    const [first = 0, , , , end = 0] = starts
    const fixture = stored(halfHours(first, end))
    const answer = await ours(fixture, `SELECT count(*) FROM a GROUP BY 1d TIME ZONE '${zone}'`)
    expect(answer).toEqual(starts.slice(0, 4).map((start, i) => [start, ((starts[i + 1] ?? 0) - start) / 1_800]))
    expect(answer.map(([, count]) => count)).toEqual([48, 48 - minutes / 30, 48, 48])
  })

  test('FILL makes the days in between, and LINEAR goes by the time that is between them', async () => {
    const [first = 0, second = 0, third = 0, fourth = 0, end = 0] = await dayStarts(zone, day, [-1, 4])
    const times = [...halfHours(first, second), ...halfHours(fourth, end)]
    const filled = (fill: string): string =>
      `SELECT count(*) AS n, max(v) AS m FROM a GROUP BY 1d TIME ZONE '${zone}' FILL(n: 0, m: ${fill})`
    const last = times.length - 1
    const linear = (at: number): number => 47 + ((last - 47) * (at - first)) / (fourth - first)
    const answer = await ours(stored(times), filled('LINEAR'))
    expect(answer.map(([time, n]) => [time, n])).toEqual([
      [first, 48],
      [second, 0],
      [third, 0],
      [fourth, times.length - 48],
    ])
    const expected = [47, linear(second), linear(third), last]
    for (const [i, [, , m]] of answer.entries()) expect(m).toBeCloseTo(expected[i] ?? 0, 9)
    expect((await ours(stored(times), filled('PREV'))).map(([, , m]) => m)).toEqual([47, 47, 47, last])
    expect((await ours(stored(times), filled('NULL'))).map(([, , m]) => m)).toEqual([47, null, null, last])
    const gap = `${filled('PREV')} MAX GAP ${third - second + HOUR}s`
    expect((await ours(stored(times), gap)).map(([, , m]) => m)).toEqual([47, null, null, last])
  })

  test('windows of hours that overlap are as long as ever', async () => {
    const [first = 0, , third = 0] = await dayStarts(zone, day, [-1, 4])
    const times = halfHours(first, third)
    const values = times.map((time, i) => `(${time}, ${i})`).join(', ')
    const expected = await asked(
      `WITH a(t, v) AS (VALUES ${values}), s AS (SELECT DISTINCT (t // 3600 - j) * 3600 AS w FROM a, range(0, 6) AS r(j))
       SELECT w, count(*), max(v) FROM s JOIN a ON t >= w AND t < w + 6 * 3600 GROUP BY w ORDER BY w`,
    )
    const text = `SELECT count(*), max(v) FROM a GROUP BY 6h STEP 1h TIME ZONE '${zone}'`
    expect(await ours(stored(times), text)).toEqual(expected)
  })

  test('a session goes by the time that passes, not by the clock', async () => {
    await connection.run(`SET TimeZone = '${zone}'`)
    // Every six hours by the clock, from noon, when no clock changes: the change is between two of these.
    const clock = await asked(
      `SELECT epoch(((DATE '${day}' - 1)::TIMESTAMP + INTERVAL 9 HOUR + INTERVAL (6 * k) HOUR) AT TIME ZONE '${zone}')::BIGINT FROM range(0, 12) AS r(k) ORDER BY k`,
    )
    const times = clock.map(([time]) => time ?? 0)
    const sessions = async (gap: number): Promise<number> =>
      (await ours(stored(times), `SELECT count(*) FROM a SESSION WINDOW GAP ${gap}s`)).length
    expect(await sessions(6 * HOUR)).toBe(minutes > 0 ? 1 : 2)
    expect(await sessions(7 * HOUR)).toBe(1)
    expect(await sessions(6 * HOUR - 1)).toBe(minutes > 0 ? 11 : 12)
  })
})
