import { readFile, writeFile } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import {
  Bool,
  Dictionary,
  Float32,
  Int32,
  Int64,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../../engine/engine.ts'
import { describePlan, planBinary } from '../../../relay/commands/import-plan.ts'
import { engineBesideFiles } from '../../support/engine-beside-files.ts'

const place = engineBesideFiles()
const { at, run } = place

/** Has DuckDB write a query's answer. */
async function duckdbWrites(query: string, name: string, options = 'FORMAT parquet'): Promise<void> {
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect()
  await duckdb.run(`COPY (${query}) TO '${at(name)}' (${options})`)
}

const ROOMS = `SELECT TIMESTAMP '2026-01-01' + INTERVAL (i) SECOND AS at, 'h' || (i % 3) AS house, i * 0.5::DOUBLE AS temperature,
  (i - 5)::INTEGER AS people, i % 2 = 0 AS open, CASE WHEN i % 4 = 0 THEN NULL ELSE 'note ' || i END AS note,
  DATE '2026-01-01' + i::INTEGER AS day, (i * 1.25)::DECIMAL(9, 2) AS cost FROM range(10) t(i)`

describe('the rows of Parquet', () => {
  test.each(['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli'])('that DuckDB writes, %s', async (codec) => {
    await duckdbWrites(ROOMS, 'rooms.parquet', `FORMAT parquet, COMPRESSION ${codec}`)
    expect(await run(`IMPORT FROM '${at('rooms.parquet')}'`)).toEqual([[10n, 0n, null]])
    const [table] = (await place.engine.catalog()).tables
    expect(table).toMatchObject({ name: 'rooms', tags: ['house'] })
    expect(table?.fields).toEqual([
      { name: 'cost', type: 'f64' },
      { name: 'day', type: 'i64' },
      { name: 'note', type: 'string' },
      { name: 'open', type: 'bool' },
      { name: 'people', type: 'i64' },
      { name: 'temperature', type: 'f64' },
    ])
    const rows = await run(
      'SELECT time::i64, house, temperature, people, open, note, day, cost FROM rooms ORDER BY time',
    )
    const second = 1_767_225_600_000_000_000n
    expect(rows).toEqual(
      Array.from({ length: 10 }, (_, i) => [
        second + BigInt(i) * 1_000_000_000n,
        `h${i % 3}`,
        i * 0.5,
        BigInt(i - 5),
        i % 2 === 0,
        i % 4 === 0 ? null : `note ${i}`,
        second + BigInt(i) * 86_400_000_000_000n,
        i * 1.25,
      ]),
    )
  })

  test('of many row groups, with what is said of the columns', async () => {
    const query = `SELECT 1767225600 + i AS at, i % 5 AS house, i::VARCHAR AS a, [i] AS list FROM range(300000) t(i)`
    await duckdbWrites(query, 'many.parquet', 'FORMAT parquet, ROW_GROUP_SIZE 65536')
    const said = `IMPORT FROM '${at('many.parquet')}' INTO m TIME at TAGS (house) IGNORE (list) FIELDS (a i64)`
    expect(await run(said)).toEqual([[300_000n, 0n, null]])
    expect(await run('SELECT count(*), sum(a), count(DISTINCT house), max(time)::i64 FROM m')).toEqual([
      [300_000n, (299_999n * 300_000n) / 2n, 5n, 1_767_525_599_000_000_000n],
    ])
  })

  test('with values that do not fit rejected by row, and why', async () => {
    const query = `SELECT * FROM (VALUES (TIMESTAMP '2026-01-01', 'a', 1::UBIGINT), (NULL, 'b', 2), (TIMESTAMP '2026-01-02', 'x', 18446744073709551615)) t(time, a, n)`
    await duckdbWrites(query, 'odd.parquet')
    expect(await run(`IMPORT FROM '${at('odd.parquet')}' TAGS (a)`)).toEqual([
      [
        1n,
        2n,
        expect.stringContaining("expected an integer of 64 bits in column 'n' and found '18446744073709551615'"),
      ],
    ])
  })

  test('that this engine wrote, as they were', async () => {
    const next = (i: number): string => (i % 7 === 0 ? `x=${i}.5` : `x=${i}.25,n=${i}i,ok=${i % 2 === 0},s="${i % 11}"`)
    const lines = Array.from(
      { length: 3000 },
      (_, i) => `t,host=h${i % 4} ${next(i)} ${1_700_000_000_000_000_000n + BigInt(i)}`,
    )
    await place.engine.append({ kind: 'line-protocol', body: lines.join('\n') })
    for (const [name, copy] of [
      ['t.parquet', 'a'],
      ['t.arrow', 'b'],
    ] as const) {
      await run(`EXPORT (SELECT * FROM t) TO '${at(name)}'`)
      expect(await run(`IMPORT FROM '${at(name)}' INTO ${copy} TAGS (host) FIELDS (s string)`)).toEqual([
        [3000n, 0n, null],
      ])
      expect(await run(`SELECT * FROM ${copy} ORDER BY time`)).toEqual(await run('SELECT * FROM t ORDER BY time'))
    }
  })

  test('that are damaged, at whatever byte, are an error of kind corrupt or an answer, never a bug', async () => {
    await duckdbWrites(ROOMS, 'whole.parquet')
    const whole = await readFile(at('whole.parquet'))
    for (let k = 0; k < 150; k++) {
      const bytes = new Uint8Array(whole)
      const place = (k * 7919) % bytes.length
      if (k % 2 === 0) bytes[place] = (bytes[place] ?? 0) ^ (1 << (k % 8))
      await writeFile(at('bad.parquet'), k % 2 === 0 ? bytes : bytes.subarray(0, place))
      const outcome = await run(`IMPORT FROM '${at('bad.parquet')}' INTO bad${k} FORMAT parquet`).catch(
        (error) => error,
      )
      if (outcome instanceof Error) expect(outcome, `${k}: ${outcome.stack}`).toBeInstanceOf(TidemarkError)
    }
  })
})

/** Times in microseconds, which the library takes as milliseconds; a dictionary, small integers, floats of 32 bits. */
function arrowTable(): Table {
  return new Table({
    when: vectorFromArray([1000, 2000, null, 4000], new TimestampMicrosecond()),
    host: vectorFromArray(['a', 'b', 'a', null], new Dictionary(new Utf8(), new Int32())),
    n: vectorFromArray([1n, null, 3n, -(2n ** 60n)], new Int64()),
    small: vectorFromArray([1, 2, 3, 4], new Int32()),
    x: vectorFromArray([0.5, 1.5, null, Number.NaN], new Float32()),
    ok: vectorFromArray([true, false, null, true], new Bool()),
  })
}

describe('the rows of Arrow', () => {
  test.each(['stream', 'file'] as const)('as another library writes them: a %s', async (form) => {
    await writeFile(at('in.arrow'), tableToIPC(arrowTable(), form))
    expect(await run(`IMPORT FROM '${at('in.arrow')}' INTO t TAGS (host)`)).toEqual([
      [3n, 1n, "expected a time in column 'when' and found nothing"],
    ])
    expect(await run('SELECT time::i64, host, n, small, x, ok FROM t ORDER BY time')).toEqual([
      [1_000_000_000n, 'a', 1n, 1n, 0.5, true],
      [2_000_000_000n, 'b', null, 2n, 1.5, false],
      [4_000_000_000n, null, -(2n ** 60n), 4n, Number.NaN, true],
    ])
  })

  test('of several batches with dictionaries of their own', async () => {
    const texts = (values: readonly string[]): Table =>
      new Table({
        time: vectorFromArray(
          values.map((_, i) => i),
          new TimestampMicrosecond(),
        ),
        host: vectorFromArray(values, new Dictionary(new Utf8(), new Int32())),
        n: vectorFromArray(values.map(Number), new Int32()),
      })
    const [one, two] = [texts(['1', '2', '1']), texts(['3', '1', '4', '5'])]
    await writeFile(at('answer'), tableToIPC(one.concat(two), 'stream'))
    expect(await run(`IMPORT FROM '${at('answer')}' INTO u TAGS (host)`)).toEqual([[7n, 0n, null]])
    expect(await run('SELECT host, sum(n), count(*) FROM u GROUP BY host')).toEqual([
      ['1', 3n, 3n],
      ['2', 2n, 1n],
      ['3', 3n, 1n],
      ['4', 4n, 1n],
      ['5', 5n, 1n],
    ])
  })

  test('that are cut or damaged are an error, or what came before', async () => {
    const whole = tableToIPC(arrowTable(), 'stream')
    for (let k = 0; k < 150; k++) {
      const bytes = whole.slice()
      const place = (k * 7919) % bytes.length
      if (k % 2 === 0) bytes[place] = (bytes[place] ?? 0) ^ (1 << (k % 8))
      await writeFile(at('bad.arrow'), k % 2 === 0 ? bytes : bytes.subarray(0, place))
      const outcome = await run(`IMPORT FROM '${at('bad.arrow')}' INTO bad${k} FORMAT arrow`).catch((error) => error)
      if (outcome instanceof Error) expect(outcome, `${k}: ${outcome.stack}`).toBeInstanceOf(TidemarkError)
    }
  })
})

describe('is refused', () => {
  test.each([
    ['SELECT 1 AS n', 'does not look like a time'],
    ["SELECT TIMESTAMP '2026-01-01' AS time", 'has no column that could be a field'],
    ["SELECT TIMESTAMP '2026-01-01' AS time, [1] AS list, 1 AS n", "column 'list' of"],
  ])('a file of %s', async (query, message) => {
    await duckdbWrites(query, 'in.parquet')
    await expect(run(`IMPORT FROM '${at('in.parquet')}'`)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(message),
    })
  })

  test('a column that the file does not have', async () => {
    await duckdbWrites(ROOMS, 'in.parquet')
    await expect(run(`IMPORT FROM '${at('in.parquet')}' TAGS (hose)`)).rejects.toThrow("there is no column 'hose'")
  })
})

test('a plan of what tidemark import would do says what the file is and where its rows go', () => {
  const plan = planBinary('/data/cpu 2026.parquet', 'parquet', {
    ...{ tag: ['host'], ignore: [], field: new Map([['n', 'i64']]), precision: 'ns', time: 'at' },
  })
  expect(describePlan(plan)).toBe("/data/cpu 2026.parquet: Parquet, into table 'cpu_2026'\n")
  expect(plan).toMatchObject({ request: { tags: ['host'], time: 'at', fields: [{ name: 'n', type: 'i64' }] } })
})
