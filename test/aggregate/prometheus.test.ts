import { describe, expect, test } from 'vitest'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../support/table-fixture.ts'

// Vectors of Prometheus' promql/promqltest/testdata (functions.test, histograms.test).

const MINUTE = 60_000_000_000n

/** Series by their label, of a sample every five minutes from 0 on. */
function series(samples: Readonly<Record<string, readonly number[]>>): TableFixture {
  const rows = Object.entries(samples).flatMap(([path, values]) =>
    values.map((v, k): FixtureRow => ({ time: BigInt(k) * 5n * MINUTE, tags: { path }, fields: { v } })),
  )
  return new TableFixture({ m: { fields: { v: 'f64' }, rows } })
}

/** `from+byxtimes` of Prometheus' notation. */
const stepped = (from: number, by: number, times: number): number[] =>
  Array.from({ length: times + 1 }, (_, k) => from + by * k)

async function byPath(
  fixture: TableFixture,
  call: string,
  [from, to]: [bigint, bigint],
): Promise<Record<string, Value>> {
  const range = `time >= ${from * MINUTE} AND time <= ${to * MINUTE}`
  const text = `SELECT ${call} AS v FROM m WHERE ${range} GROUP BY path`
  const rows = rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
  return Object.fromEntries(rows.map(([path, value]) => [String(path), value ?? null]))
}

async function expectClose(found: Promise<Record<string, Value>>, wanted: Record<string, number>): Promise<void> {
  const values = await found
  expect(Object.keys(values).sort()).toEqual(Object.keys(wanted).sort())
  for (const [path, value] of Object.entries(wanted)) expect(Number(values[path]), path).toBeCloseTo(value, 9)
}

describe('aggregates of counters and gauges', () => {
  test('prom_increase extrapolates as Prometheus does', async () => {
    const fixture = series({
      foo: stepped(0, 10, 10),
      bar: [...stepped(0, 18, 5), ...stepped(0, 18, 5)],
      dings: stepped(10, 10, 10),
      bumms: stepped(1, 10, 10),
    })
    const wanted = { foo: 100, bar: 162, dings: 105, bumms: 101 }
    await expectClose(byPath(fixture, 'prom_increase(v)', [-50n, 50n]), wanted)
  })

  test('prom_increase goes on by half an interval where a window ends further away, and by all where it is near', async () => {
    // 20 in 10 minutes: to 12.5 minutes of 60, and to 15 minutes.
    const fixture = series({ a: stepped(0, 10, 2) })
    await expectClose(byPath(fixture, 'prom_increase(v)', [0n, 60n]), { a: 25 })
    await expectClose(byPath(fixture, 'prom_increase(v)', [0n, 15n]), { a: 30 })
  })

  test('prom_rate and deriv', async () => {
    const fixture = series({ middle: [...stepped(0, 10, 4), ...stepped(0, 10, 5)] })
    await expectClose(byPath(fixture, 'prom_rate(v)', [0n, 50n]), { middle: 0.03 })
    await expectClose(byPath(fixture, 'deriv(v)', [-50n, 50n]), { middle: 0.010606060606060607 })
  })

  test('delta, idelta and irate', async () => {
    const gauges = series({ foo: [0, 50, 100, 150, 200], bar: [200, 150, 100, 50, 0] })
    await expectClose(byPath(gauges, 'prom_delta(v)', [0n, 20n]), { foo: 200, bar: -200 })
    await expectClose(byPath(gauges, 'delta(v)', [0n, 20n]), { foo: 200, bar: -200 })
    const turning = series({ foo: [0, 50, 100, 150], bar: [0, 50, 100, 50] })
    await expectClose(byPath(turning, 'idelta(v)', [0n, 20n]), { foo: 50, bar: -50 })
    const counters = series({ foo: stepped(0, 10, 10), bar: [...stepped(0, 10, 5), ...stepped(0, 10, 5)] })
    await expectClose(byPath(counters, 'irate(v)', [0n, 50n]), { foo: 1 / 30, bar: 1 / 30 })
  })

  test('resets and changes', async () => {
    const fixture = series({
      foo: [1, 2, 3, 0, 1, 0, 0, 1, 2, 0],
      bar: [1, 2, 3, 4, 5, 1, 2, 3, 4, 5],
      biz: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
    })
    await expectClose(byPath(fixture, 'resets(v)', [0n, 50n]), { foo: 3, bar: 1, biz: 0 })
    await expectClose(byPath(fixture, 'changes(v)', [0n, 50n]), { foo: 8, bar: 9, biz: 1 })
  })
})

describe('histogram_quantile', () => {
  const counts: readonly (readonly [start: string, le: string, count: number])[] = [
    ['positive', '0.1', 50],
    ['positive', '.2', 70],
    ['positive', '1e0', 110],
    ['positive', '+Inf', 120],
    ['negative', '-.2', 10],
    ['negative', '-0.1', 20],
    ['negative', '0.3', 20],
    ['negative', '+Inf', 30],
    ['open', '0.1', 10],
    ['open', '0.2', 20],
    ['lone', '+Inf', 20],
    ['falling', '0.1', 5],
    ['falling', '.2', 3],
    ['falling', 'Inf', 10],
  ]
  const fixture = new TableFixture({
    m: {
      fields: { v: 'f64' },
      rows: counts.map(([path, le, v]): FixtureRow => ({ time: 0n, tags: { path, le }, fields: { v } })),
    },
  })

  test.each([
    [0, { positive: 0, negative: -0.2 }],
    [0.2, { positive: 0.048, negative: -0.2 }],
    [0.5, { positive: 0.15, negative: -0.15 }],
    [0.8, { positive: 0.72, negative: 0.3 }],
    [1, { positive: 1, negative: 0.3 }],
  ])('of %f is that of Prometheus', async (q, wanted) => {
    const { positive, negative } = await byPath(fixture, `histogram_quantile(${q}, le, v)`, [0n, 0n])
    await expectClose(Promise.resolve({ positive: positive ?? null, negative: negative ?? null }), wanted)
  })

  test('is missing without a bound of infinity or a second one, and raises counts that fall', async () => {
    const found = await byPath(fixture, 'histogram_quantile(le, v, 0.4)', [0n, 0n])
    expect(found).toMatchObject({ open: null, lone: null })
    expect(found.falling).toBeCloseTo(0.08, 12)
  })
})
