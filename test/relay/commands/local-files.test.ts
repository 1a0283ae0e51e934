import { readdir, readFile, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { asyncBufferFromFile, parquetRead } from 'hyparquet'
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { beforeEach, describe, expect, test } from 'vitest'
import { localFiles } from '../../../relay/commands/local-files.ts'
import { engineBesideFiles } from '../../support/engine-beside-files.ts'

const place = engineBesideFiles()
const { at, run } = place

const LINES = `rooms,house=a temperature=21.5,people=3i,open=true,note="x, ""y""" 1000000000
rooms,house=b temperature=-0.25,people=-9007199254740993i 2000000001
rooms temperature=19 3000000000
`

describe('an answer is written', () => {
  beforeEach(async () => {
    await place.engine.append({ kind: 'line-protocol', body: LINES.replaceAll('""', '\\"') })
    await place.engine.query("ALTER TABLE rooms SET UNIT temperature '°C'")
  })
  const select = 'SELECT time, house, temperature, people, open, note FROM rooms'

  test('as CSV', async () => {
    expect(await run(`EXPORT (${select}) TO '${at('a.csv')}'`)).toEqual([[at('a.csv'), 3n]])
    expect(await readFile(at('a.csv'), 'utf8')).toBe(
      [
        'time,house,temperature,people,open,note',
        '1970-01-01T00:00:01.000000000Z,a,21.5,3,true,"x, ""y"""',
        '1970-01-01T00:00:02.000000001Z,b,-0.25,-9007199254740993,,',
        '1970-01-01T00:00:03.000000000Z,,19,,,',
        '',
      ].join('\r\n'),
    )
  })

  test('as JSON by line', async () => {
    await run(`EXPORT (${select}) TO '${at('a.ndjson')}'`)
    const lines = (await readFile(at('a.ndjson'), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { time: '1970-01-01T00:00:01.000000000Z', house: 'a', temperature: 21.5, people: 3, open: true, note: 'x, "y"' },
      {
        ...{ time: '1970-01-01T00:00:02.000000001Z', house: 'b', temperature: -0.25 },
        ...{ people: '-9007199254740993', open: null, note: null },
      },
      { time: '1970-01-01T00:00:03.000000000Z', house: null, temperature: 19, people: null, open: null, note: null },
    ])
  })

  test('as JSON', async () => {
    await run(`EXPORT (SELECT max(temperature) FROM rooms) TO '${at('a.json')}'`)
    expect(JSON.parse(await readFile(at('a.json'), 'utf8'))).toMatchObject({
      columns: [{ name: 'max(temperature)', type: 'f64', unit: '°C' }],
      rows: [[21.5]],
    })
  })

  test('as Arrow', async () => {
    await run(`EXPORT (${select}) TO '${at('a.arrow')}'`)
    const table = tableFromIPC(await readFile(at('a.arrow')))
    expect(table.numRows).toBe(3)
    expect(table.getChild('people')?.toArray()).toEqual(BigInt64Array.of(3n, -9007199254740993n, 0n))
    expect(table.getChild('house')?.get(1)).toBe('b')
  })

  test('as Parquet that DuckDB reads, with its nanoseconds', async () => {
    await run(`EXPORT (${select}) TO '${at('a.parquet')}'`)
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect()
    const sql = `SELECT epoch_us(time), house, temperature, people, open, note, typeof(people) FROM '${at('a.parquet')}'`
    const rows = (await duckdb.runAndReadAll(sql)).getRows()
    expect(rows).toEqual([
      [1_000_000n, 'a', 21.5, 3n, true, 'x, "y"', 'BIGINT'],
      [2_000_000n, 'b', -0.25, -9007199254740993n, null, null, 'BIGINT'],
      [3_000_000n, null, 19, null, null, null, 'BIGINT'],
    ])
    // DuckDB's times in a zone have microseconds only.
    const times: bigint[] = []
    const file = await asyncBufferFromFile(at('a.parquet'))
    const parsers = { ...DEFAULT_PARSERS, timestampFromNanoseconds: (time: bigint) => time }
    await parquetRead({ file, columns: ['time'], parsers, onComplete: (read) => times.push(...read.flat()) })
    expect(times).toEqual([1_000_000_000n, 2_000_000_001n, 3_000_000_000n])
    const units = await duckdb.runAndReadAll(
      `SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata('${at('a.parquet')}')`,
    )
    expect(units.getRows()[0]?.[0]).toBe('unit.temperature')
  })

  test('as Parquet of many row groups, and of none', async () => {
    const lines = Array.from({ length: 150_000 }, (_, i) => `m,k=k${i % 7} v=${i}i ${i}`).join('\n')
    await place.engine.append({ kind: 'line-protocol', body: lines })
    await run(`EXPORT (SELECT time, k, v FROM m) TO '${at('m.parquet')}'`)
    await run(`EXPORT (SELECT time, k, v FROM m WHERE v < 0) TO '${at('none.parquet')}'`)
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect()
    const sum = await duckdb.runAndReadAll(`SELECT count(*), sum(v), count(DISTINCT k) FROM '${at('m.parquet')}'`)
    expect(sum.getRows()[0]?.map(String)).toEqual(['150000', String((149_999 * 150_000) / 2), '7'])
    const groups = await duckdb.runAndReadAll(
      `SELECT count(DISTINCT row_group_id) FROM parquet_metadata('${at('m.parquet')}')`,
    )
    expect(Number(groups.getRows()[0]?.[0])).toBeGreaterThan(1)
    expect((await duckdb.runAndReadAll(`SELECT count(*) FROM '${at('none.parquet')}'`)).getRows()).toEqual([[0n]])
  })

  test('in the place of an older file only when it is whole, and leaves nothing else', async () => {
    await writeFile(at('a.csv'), 'before')
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100)
      throw new Error('the query failed')
    }
    await expect(localFiles().write(at('a.csv'), broken())).rejects.toThrow('the query failed')
    expect(await readFile(at('a.csv'), 'utf8')).toBe('before')
    expect(await readdir(place.folder)).toEqual(['a.csv'])
    await run(`EXPORT (${select}) TO '${at('a.csv')}'`)
    expect(await readFile(at('a.csv'), 'utf8')).toContain('temperature')
    expect(await readdir(place.folder)).toEqual(['a.csv'])
  })

  test('nowhere where there is no folder, with a sentence', async () => {
    const nowhere = at('none/a.csv')
    await expect(run(`EXPORT (${select}) TO '${nowhere}'`)).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringContaining(nowhere),
    })
  })
})

describe('the rows of a file are written', () => {
  test('of CSV, guessed', async () => {
    await writeFile(
      at('rooms.csv'),
      'time,house,temperature\n2026-01-01T00:00:00Z,a,20\n2026-01-01T00:01:00Z,b,21\n2026-01-01T00:02:00Z,b,x\n',
    )
    const [[written] = []] = await run(`IMPORT FROM '${at('rooms.csv')}'`)
    expect(Number(written)).toBeGreaterThan(1)
    expect(await run("SELECT house FROM rooms WHERE time < '2026-01-01T00:02:00Z'")).toEqual([['a'], ['b']])
  })

  test('of CSV, as it is said, with what is rejected and why', async () => {
    await writeFile(at('in.csv'), 'at,house,a,b\n1767225600,7,1.5,x\n1767225660,8,2,y\n1767225720,9,what,z\n')
    const said = `IMPORT FROM '${at('in.csv')}' INTO rooms FORMAT csv TIME at TAGS (house) IGNORE (b) FIELDS (a f64)`
    expect(await run(said)).toEqual([[2n, 1n, expect.stringContaining('what')]])
    expect(await run('SELECT time::i64, house, a FROM rooms')).toEqual([
      [1_767_225_600_000_000_000n, '7', 1.5],
      [1_767_225_660_000_000_000n, '8', 2],
    ])
  })

  test('of line protocol, compressed, in its precision', async () => {
    await writeFile(at('in.lp.gz'), gzipSync('rooms,house=a t=1 5\nrooms,house=a t=2 6\nrooms,house=a t= 7\n'))
    const [row] = await run(`IMPORT FROM '${at('in.lp.gz')}' PRECISION s`)
    expect(row?.slice(0, 2)).toEqual([2n, 1n])
    expect(await run('SELECT time::i64, t FROM rooms')).toEqual([
      [5_000_000_000n, 1],
      [6_000_000_000n, 2],
    ])
  })

  test('from nowhere, with a sentence', async () => {
    await expect(run(`IMPORT FROM '${at('none.csv')}'`)).rejects.toMatchObject({ kind: 'io' })
  })
})
