import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isValid } from '../../engine/core/batch.ts'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { rowsOf } from '../support/plain-column.ts'

const BLOCK_ROWS = 1024

interface Row {
  time: bigint
  host: string
  value: number
}

interface Series {
  host: string
  times: BigInt64Array<ArrayBuffer>
  values: Float64Array<ArrayBuffer>
}

function series(host: string, rows: number, time: (row: number) => number, value: (row: number) => number): Series {
  return {
    host,
    times: BigInt64Array.from({ length: rows }, (_, row) => BigInt(time(row))),
    values: Float64Array.from({ length: rows }, (_, row) => value(row)),
  }
}

async function append(engine: Engine, { host, times, values }: Series): Promise<void> {
  const tags = [{ name: 'host', type: 'string' as const, dictionary: [host], values: new Uint32Array(times.length) }]
  const fields = [{ name: 'v', type: 'f64' as const, values }]
  await engine.append({ kind: 'columns', rows: { table: 't', time: times, tags, fields } })
}

async function ask(engine: Engine, text: string): Promise<Row[]> {
  const rows: Row[] = []
  const { batches } = await engine.query(text)
  for await (const { rows: count, columns } of batches) {
    const [time, host, value] = columns
    if (time?.type !== 'time' || host?.type !== 'string' || value?.type !== 'f64') throw new Error('other columns')
    for (let row = 0; row < count; row++) {
      const name = host.dictionary[host.values[row] as number] as string
      rows.push({ time: time.values[row] as bigint, host: name, value: value.values[row] as number })
    }
  }
  return rows
}

/** Rows by time and then by host. */
function expected(all: readonly Series[], passes: (row: Row) => boolean, direction: 1 | -1 = 1): Row[] {
  const rows = all.flatMap(({ host, times, values }) =>
    Array.from(times, (time, row): Row => ({ time, host, value: values[row] as number })).filter(passes),
  )
  return rows.sort((a, b) => direction * Number(a.time - b.time) || (a.host < b.host ? -1 : 1))
}

/** A value with two decimals that wanders. */
const wandering = (row: number): number => Math.round(5000 + 4000 * Math.sin(row / 300) + ((row * 7919) % 97)) / 100

test('rows of blocks that are read together are the same on both sides of a change of their model', async () => {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  const one = series('a', 72 * BLOCK_ROWS, (row) => row * 10, wandering)
  await append(engine, one)
  await engine.compact()
  const encodings = rowsOf(await collectRows(await engine.query('SHOW ENCODINGS FROM t')))
  expect(encodings.filter(([column]) => column === 'v').map(([, encoding]) => encoding)).toEqual([
    expect.stringContaining('dense'),
  ])
  // From the middle of the group before the change on: blocks are read 16 at a time from the first that is asked for.
  const [start, end] = [60 * BLOCK_ROWS * 10 + 5000, 70 * BLOCK_ROWS * 10]
  const rows = await ask(engine, `SELECT time, host, v FROM t WHERE v > 50 AND time >= ${start} AND time < ${end}`)
  expect(rows).toEqual(expected([one], ({ time, value }) => value > 50 && time >= start && time < end))
  await engine.close()
})

describe('rows of several slices of time', () => {
  const rows = 200_000
  const grid = (row: number): number => row * 10
  const few = (row: number): number => (row < 80_000 ? Number(row % 1000 === 0) : 1)
  const all = [
    series('a', rows, grid, few),
    series('b', rows, grid, few),
    series('c', rows, (row) => row * 10 + (row % 7), few),
    series('d', rows, grid, (row) => (row % 3) - 1),
  ]
  let engine: Engine

  beforeAll(async () => {
    engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
    for (const one of all) await append(engine, one)
    await engine.compact()
  })
  afterAll(() => engine.close())

  test('come by time and then by series, few or many of a slice', async () => {
    const found = await ask(engine, 'SELECT time, host, v FROM t WHERE v > 0')
    expect(found).toEqual(expected(all, ({ value }) => value > 0))
  })

  test('come the other way round, up to a limit', async () => {
    const found = await ask(engine, 'SELECT time, host, v FROM t WHERE v > 0 ORDER BY time DESC LIMIT 450000')
    expect(found).toEqual(expected(all, ({ value }) => value > 0, -1).slice(0, 450_000))
  })
})

test('a field that some series lack is missing there, and nothing of another field shows', async () => {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  const lines = Array.from({ length: 3000 }, (_, row) => [
    `t,host=a v=${row + 1}i ${row * 10}`,
    `t,host=b v=${row + 1}i,w=${-row - 1}i ${row * 10}`,
    `t,host=c w=${-row - 1}i ${row * 10 + 5}`,
  ]).flat()
  await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
  await engine.compact()
  const { columns } = await collectRows(await engine.query('SELECT v, w FROM t WHERE time >= 5'))
  const wanted = Array.from({ length: 3000 }, (_, row) => [
    ...(row === 0 ? [] : [[row + 1, null] as const, [row + 1, -row - 1] as const]),
    [null, -row - 1] as const,
  ]).flat()
  for (const [i, column] of columns.slice(-2).entries()) {
    const values = wanted.map((row) => row[i] ?? null)
    expect(Array.from(column.values, Number)).toEqual(values.map((value) => value ?? 0))
    expect(values.map((_, row) => isValid(column.validity, row))).toEqual(values.map((value) => value !== null))
  }
  await engine.close()
})
