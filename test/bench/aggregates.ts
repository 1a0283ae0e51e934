/**
 * CPU time of aggregates over one table, ours beside DuckDB's, each answer checked against the other:
 * `node scripts/run.mjs node test/bench/aggregates.ts [hosts] [rows of a host] [repeats] [call]`. Rows are 10 s apart; a value is a walk with
 * two decimals, a counter that is reset now and then, and a small integer. Best of the repeats.
 */
import { DuckDBInstance } from '@duckdb/node-api'
import { type Column, type ColumnRows, collectRows, openEngine } from '../../engine/engine.ts'
import { generator, uniform } from '../support/block-shapes.ts'

const [hosts = 100, rowsOfHost = 8640, repeats = 5] = process.argv.slice(2, 5).map(Number)
/** Only calls that have this in them. */
const only = process.argv[5] ?? ''
const START = 1_700_000_000_000_000_000n
const STEP = 10_000_000_000n

interface Case {
  ours: string
  theirs?: string
  group?: 'host' | 'hour'
}

const CASES: readonly Case[] = [
  { ours: 'avg(v)', theirs: 'avg(v)' },
  { ours: 'median(v)', theirs: 'quantile_cont(v, 0.5)' },
  { ours: 'median(v)', theirs: 'quantile_cont(v, 0.5)', group: 'host' },
  { ours: 'median(v)', theirs: 'quantile_cont(v, 0.5)', group: 'hour' },
  { ours: 'approx_quantile(v, 0.99)', theirs: 'approx_quantile(v, 0.99)' },
  { ours: 'count(DISTINCT n)', theirs: 'count(DISTINCT n)' },
  { ours: 'count(DISTINCT v)', theirs: 'count(DISTINCT v)' },
  { ours: 'approx_count_distinct(v)', theirs: 'approx_count_distinct(v)' },
  { ours: 'mode(n)', theirs: 'mode(n)' },
  { ours: 'corr(v, c)', theirs: 'corr(v, c)' },
  { ours: 'arg_max(n, v)', theirs: 'arg_max(n, v)' },
  { ours: 'skewness(v)', theirs: 'skewness(v)' },
  { ours: 'rate(c)', group: 'hour' },
  { ours: 'increase(c)', group: 'host' },
  { ours: 'time_weighted_avg(v)', group: 'hour' },
  { ours: 'm4(v, 500)', group: 'host' },
  { ours: 'lttb(v, 500)', group: 'host' },
  { ours: 'topk(v, 10)', group: 'host' },
]

function rowsOf(host: number): ColumnRows {
  const random = generator(host + 1)
  const time = BigInt64Array.from({ length: rowsOfHost }, (_, i) => START + BigInt(i) * STEP)
  let [level, total] = [50, 0]
  const v = new Float64Array(rowsOfHost)
  const c = new Float64Array(rowsOfHost)
  const n = new BigInt64Array(rowsOfHost)
  for (let i = 0; i < rowsOfHost; i++) {
    level = Math.round((level + uniform(random) * 2 - 1) * 100) / 100
    total = uniform(random) < 0.001 ? 0 : total + Math.floor(uniform(random) * 100)
    v[i] = level
    c[i] = total
    n[i] = BigInt(Math.floor(uniform(random) * 100))
  }
  const fields: Column[] = [
    { name: 'v', type: 'f64', values: v },
    { name: 'c', type: 'f64', values: c },
    { name: 'n', type: 'i64', values: n },
  ]
  const tags = [
    { name: 'host', type: 'string' as const, values: new Uint32Array(rowsOfHost), dictionary: [`host_${host}`] },
  ]
  return { table: 'm', time, tags, fields }
}

async function cpuMs(run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < repeats; i++) {
    const before = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}

const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
await connection.run('CREATE TABLE m(time BIGINT, host VARCHAR, v DOUBLE, c DOUBLE, n BIGINT)')
const appender = await connection.createAppender('m')
for (let host = 0; host < hosts; host++) {
  const rows = rowsOf(host)
  await engine.append({ kind: 'columns', rows })
  const [v, c, n] = rows.fields
  for (let i = 0; i < rowsOfHost; i++) {
    appender.appendBigInt(rows.time[i] ?? 0n)
    appender.appendVarchar(`host_${host}`)
    appender.appendDouble(Number(v?.values[i]))
    appender.appendDouble(Number(c?.values[i]))
    appender.appendBigInt(BigInt(n?.values[i] ?? 0))
    appender.endRow()
  }
}
appender.closeSync()
await engine.compact()

const millions = (hosts * rowsOfHost) / 1e6
console.log(`${hosts} hosts, ${millions.toFixed(2)} M rows; ms of CPU, best of ${repeats}; M rows a second of CPU`)
for (const { ours, theirs, group } of CASES.filter((each) => each.ours.includes(only))) {
  const groupBy = group === undefined ? '' : ` GROUP BY ${group === 'host' ? 'host' : '1h, host'}`
  const text = `SELECT ${ours} AS x FROM m${groupBy}`
  const mine = await cpuMs(async () => collectRows(await engine.query(text)))
  const keys = group === undefined ? '' : group === 'host' ? ' GROUP BY host' : ` GROUP BY time // 3600000000000, host`
  const sql = theirs && `SELECT ${theirs} AS x FROM m${keys}`
  const other = sql === undefined ? undefined : await cpuMs(() => connection.runAndReadAll(sql))
  const against = other === undefined ? '' : `   DuckDB ${other.toFixed(1)}  (${(mine / other).toFixed(2)}x)`
  console.log(
    `${text.padEnd(58)} ${mine.toFixed(1).padStart(8)} ${(millions / (mine / 1000)).toFixed(1).padStart(7)}${against}`,
  )
}
connection.closeSync()
await engine.close()
