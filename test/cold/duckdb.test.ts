import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tagValue } from '../../engine/core/series.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { plainDay, writeDay } from '../support/cold-day.ts'

const days = plainDay(12, 9000)
let folder: string
let connection: DuckDBConnection

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cold-'))
  const kernel = await Kernel.create(await loadCore())
  for (const half of [days.slice(0, 6), days.slice(6)]) {
    const { written, info } = await writeDay(half, kernel)
    const path = join(folder, info.key)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, written.bytes)
  }
  connection = await (await DuckDBInstance.create()).connect()
})

afterAll(async () => {
  connection?.closeSync()
  await rm(folder, { recursive: true })
})

async function rows(sql: string): Promise<unknown[][]> {
  const source = `read_parquet('${folder}/**/*.parquet', hive_partitioning = true)`
  return (await connection.runAndReadAll(sql.replace('$cold', source))).getRows()
}

function hexOf(text: unknown): string | null {
  return typeof text === 'string' ? Buffer.from(text).toString('hex').toUpperCase() : null
}

test('DuckDB finds table and day in the names of the folders', async () => {
  expect(await rows('SELECT "table", day::VARCHAR, count(*) FROM $cold GROUP BY ALL')).toEqual([
    ['cpu', '2024-10-04', 108_000n],
  ])
})

test('DuckDB reads columns with their types', async () => {
  const described = await rows('SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM $cold)')
  expect(Object.fromEntries(described)).toMatchObject({
    time: 'TIMESTAMP WITH TIME ZONE',
    count: 'BIGINT',
    level: 'DOUBLE',
    up: 'BOOLEAN',
    text: 'VARCHAR',
    host: 'VARCHAR',
    region: 'VARCHAR',
  })
})

test('DuckDB reads every value as it was', async () => {
  for (const { tags, times, fields } of [days[0], days[7]].flatMap((one) => one ?? [])) {
    const host = tagValue(tags, 'host')
    const read = await rows(
      `SELECT epoch_us(time), region, "count", few, "full", level, odd, sparse, hex(encode(text)), up FROM $cold WHERE host = '${host}' ORDER BY time`,
    )
    const region = tagValue(tags, 'region')
    const expected = times.map((time, i) => [
      time / 1000n, // DuckDB keeps microseconds of times that have a zone
      region === '' ? null : region,
      ...['count', 'few', 'full', 'level', 'odd', 'sparse'].map((name) => fields[name]?.[i]),
      hexOf(fields.text?.[i]), // the driver drops a BOM
      fields.up?.[i],
    ])
    expect(read.length).toBe(expected.length)
    read.forEach((row, i) => {
      if (!row.every((value, k) => Object.is(value, expected[i]?.[k]))) expect(row).toEqual(expected[i])
    })
  }
})

test('DuckDB aggregates, with row groups left out by their statistics, as plain loops do', async () => {
  const read = await rows(
    "SELECT host, count(count), sum(count % 1000)::BIGINT, max(level), count(text) FROM $cold WHERE host >= 'host_3' AND count BETWEEN -5 AND 99 GROUP BY host ORDER BY host",
  )
  const expected = days
    .filter(({ tags }) => tagValue(tags, 'host') >= 'host_3')
    .map(({ tags, fields }) => {
      const chosen = [...(fields.count ?? []).keys()].filter((i) => {
        const value = fields.count?.[i]
        return typeof value === 'bigint' && value >= -5n && value <= 99n
      })
      return [
        tagValue(tags, 'host'),
        BigInt(chosen.length),
        chosen.reduce((sum, i) => sum + ((fields.count?.[i] as bigint) % 1000n), 0n),
        Math.max(...chosen.map((i) => fields.level?.[i] as number)),
        BigInt(chosen.filter((i) => fields.text?.[i] !== null).length),
      ]
    })
  expect(read).toEqual(expected)
})
