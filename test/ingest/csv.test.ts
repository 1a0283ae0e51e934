import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { valueAt } from '../../engine/core/batch.ts'
import type { ColumnRows, RejectedRow } from '../../engine/core/rows.ts'
import { readCsv } from '../../engine/ingest/csv.ts'
import { type CsvPlan, guessCsv } from '../../engine/ingest/csv-plan.ts'

const utf8 = new TextEncoder()
const fileOf = (name: string): URL => new URL(`../../node_modules/vega-datasets/data/${name}.csv`, import.meta.url)

interface Read {
  rows: Record<string, unknown>[]
  rejected: RejectedRow[]
  batches: number[]
}

function rowsOf({ time, tags, fields }: ColumnRows): Record<string, unknown>[] {
  return Array.from(time, (t, row) => {
    const cells = [...tags, ...fields].map((column) => [column.name, valueAt(column, row)] as const)
    return { time: t, ...Object.fromEntries(cells) }
  })
}

async function read(source: Parameters<typeof readCsv>[0], plan: CsvPlan): Promise<Read> {
  const all: Read = { rows: [], rejected: [], batches: [] }
  for await (const { rows, rejected } of readCsv(source, plan)) {
    all.rows.push(...rowsOf(rows))
    all.rejected.push(...rejected)
    all.batches.push(rows.time.length)
  }
  return all
}

const readText = (text: string, plan: CsvPlan = guessCsv(text)): Promise<Read> => read([utf8.encode(text)], plan)
const nanoseconds = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n

describe('the guess of a CSV file', () => {
  const columns = async (name: string): Promise<string[]> => {
    const plan = guessCsv((await readFile(fileOf(name), 'utf8')).slice(0, 30_000), `${name}.csv`)
    return [plan.table, plan.timeFormat, ...plan.columns.map((c) => `${c.name} ${c.role} ${c.type}`)]
  }

  it('finds times, tags and types in the data sets of vega', async () => {
    const prices = ['open', 'high', 'low', 'close', 'adjclose'].map((name) => `${name} field f64`)
    expect(await columns('sp500-2000')).toEqual([
      'sp500_2000',
      'YYYY-MM-DD',
      'date time i64',
      ...prices,
      'volume field i64',
    ])
    expect(await columns('sp500')).toEqual(['sp500', 'Mon D YYYY', 'date time i64', 'price field f64'])
    const stocks = ['stocks', 'Mon D YYYY', 'symbol tag string', 'date time i64', 'price field f64']
    expect(await columns('stocks')).toEqual(stocks)
    expect(await columns('seattle-weather')).toEqual([
      'seattle_weather',
      'YYYY-MM-DD',
      'date time i64',
      ...['precipitation', 'temp_max', 'temp_min', 'wind'].map((name) => `${name} field f64`),
      'weather tag string',
    ])
    const co2 = ['co2_concentration', 'YYYY-MM-DD', 'Date time i64', 'CO2 field f64', 'adjusted CO2 field f64']
    expect(await columns('co2-concentration')).toEqual(co2)
  })

  it.each([',', '\t', ';', '|'])('finds the delimiter %j', (delimiter) => {
    const text = [
      ['time', 'a', 'b'],
      ['2020-01-01', '1', '2'],
      ['2020-01-02', '3', '4'],
    ].map((row) => row.join(delimiter))
    expect(guessCsv(`${text.join('\n')}\n`).delimiter).toBe(delimiter)
  })

  it('names the columns of a file without header', () => {
    const plan = guessCsv('2020-01-01,1.5,x\n2020-01-02,2.5,x\n')
    expect(plan.hasHeader).toBe(false)
    expect(plan.columns.map(({ name }) => name)).toEqual(['column_1', 'column_2', 'column_3'])
  })

  it.each([
    ['2020-01-02T03:04:05.5Z', 'YYYY-MM-DD', '2020-01-02T03:04:05.5Z'],
    ['2020/1/2 03:04', 'YYYY-MM-DD', '2020-01-02T03:04Z'],
    ['Jan 2 2020', 'Mon D YYYY', '2020-01-02T00:00Z'],
    ['January 2, 2020 3:04', 'Mon D YYYY', '2020-01-02T03:04Z'],
    ['2-Jan-2020', 'D Mon YYYY', '2020-01-02T00:00Z'],
    ['1/31/2020 13:00:01', 'M/D/YYYY', '2020-01-31T13:00:01Z'],
    ['31/1/2020', 'D/M/YYYY', '2020-01-31T00:00Z'],
    ['1577934245', 'epoch s', '2020-01-02T03:04:05Z'],
    ['1577934245000', 'epoch ms', '2020-01-02T03:04:05Z'],
    ['1577934245000000', 'epoch us', '2020-01-02T03:04:05Z'],
    ['1577934245000000000', 'epoch ns', '2020-01-02T03:04:05Z'],
  ])('reads the time %s as %s', async (text, format, expected) => {
    const file = `time,v\n${/,/.test(text) ? `"${text}"` : text},1\n`
    expect(guessCsv(file).timeFormat).toBe(format)
    expect((await readText(file)).rows).toEqual([{ time: nanoseconds(expected), v: 1n }])
  })

  it('keeps numbers with leading zeros as strings, and few of them as tags', () => {
    const plan = guessCsv('time,zip,note\n2020-01-01,01234,a\n2020-01-02,01234,b\n2020-01-03,01234,c\n')
    expect(plan.columns.map(({ role, type }) => `${role} ${type}`)).toEqual(['time i64', 'tag string', 'field string'])
  })
})

describe('reading a CSV file', () => {
  it('takes every row of the data sets of vega, as papaparse and Date read them', async () => {
    for (const name of [
      'sp500-2000',
      'sp500',
      'stocks',
      'seattle-weather',
      'seattle-weather-hourly-normals',
      'co2-concentration',
    ]) {
      const text = await readFile(fileOf(name), 'utf8')
      const plan = guessCsv(text.slice(0, 30_000), name)
      const { data } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true })
      const expected = data.map((row) => {
        const cells = plan.columns.map(({ name, role, type }) => {
          const cell = row[name] ?? ''
          if (role === 'time') return ['time', nanoseconds(/[T ]/.test(cell) ? `${cell}Z` : cell)] as const
          if (role === 'tag') return [name, cell] as const
          return [name, cell === '' ? null : type === 'i64' ? BigInt(cell) : Number(cell)] as const
        })
        return Object.fromEntries(cells)
      })
      const { rows, rejected } = await read(createReadStream(fileOf(name), { highWaterMark: 1000 }), plan)
      expect(rejected).toEqual([])
      expect(rows).toEqual(expected)
    }
  })

  it('gives the same rows wherever the stream is cut, and with either line end', async () => {
    const text = 'time,who,v\n2020-01-01,"a, ""b""\nc",1\n\n2020-01-02,é\u{1F30A},2\n2020-01-03,,x\n2020-01-04,d,\n'
    for (const file of [text, text.replaceAll('\n', '\r\n')]) {
      const bytes = utf8.encode(file)
      const plan: CsvPlan = { ...guessCsv('time,who,v\n2020-01-01,a,1\n2020-01-02,a,1\n'), table: 't' }
      const whole = await read([bytes], plan)
      expect(whole.rows.map((row) => row.who)).toEqual(['a, "b"\nc', 'é\u{1F30A}'])
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(await read([bytes.subarray(0, cut), bytes.subarray(cut)], plan)).toEqual(whole)
      }
    }
  })

  it('rejects a bad row for itself with its line, column and reason', async () => {
    const plan = guessCsv('time,a,b\n2020-01-01,1,2.5\n2020-01-02,3,4.5\n')
    const text =
      'time,a,b\n2020-01-01,"1",x\nnever,1,2\n2020-01-03,1.5,2\n2020-01-04,1\n2020-01-05,1,2,3\n2020-01-06,,\n2020-01-07,1,\n'
    const { rows, rejected } = await readText(text, plan)
    expect(rows).toEqual([{ time: nanoseconds('2020-01-07'), a: 1n, b: null }])
    expect(rejected.map(({ line, column, reason }) => `${line}:${column} ${reason}`)).toEqual([
      "2:14 expected a number in column 'b' and found 'x'",
      "3:1 expected a time as YYYY-MM-DD and found 'never'",
      "4:12 expected an integer of 64 bits in column 'a' and found '1.5'",
      '5:12 expected 3 cells and found 2',
      '6:16 expected 3 cells and found 4',
      '7:1 no field has a value',
    ])
  })

  it('counts the lines of cells that span lines', async () => {
    const plan = guessCsv('time,note,v\n2020-01-01,a,1\n2020-01-01,b,1\n')
    const { rejected } = await readText('time,note,v\n2020-01-01,"a\nb\nc",1\nbad,x,1\n', plan)
    expect(rejected.map(({ line }) => line)).toEqual([5])
  })

  it('gives batches of at most 8192 rows', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${1_577_934_245 + i},${i}`)
    const { rows, batches } = await readText(`time,v\n${lines.join('\n')}`)
    expect(batches).toEqual([8192, 8192, 3616])
    expect(rows.map((row) => row.v)).toEqual(Array.from(lines, (_, i) => BigInt(i)))
  })

  it('reads gzip, and reports the bytes of the file', async () => {
    const packed = gzipSync('time,v\n2020-01-01,1\n2020-01-02,2\n')
    const progress: number[] = []
    const chunks = [packed.subarray(0, 1), packed.subarray(1, 20), packed.subarray(20)]
    const plan = guessCsv('time,v\n2020-01-01,1\n')
    const rows: unknown[] = []
    for await (const batch of readCsv(chunks, plan, { onProgress: (bytes) => progress.push(bytes) }))
      rows.push(...rowsOf(batch.rows))
    expect(rows).toHaveLength(2)
    expect(progress).toEqual([1, 20, packed.length])
  })

  it('refuses a plan without time, without field, or with a name twice', async () => {
    const plan = guessCsv('time,a,b\n2020-01-01,1,2\n')
    const without = (role: string): CsvPlan => ({
      ...plan,
      columns: plan.columns.map((c) => (c.role === role ? { ...c, role: 'ignore' } : c)),
    })
    const twice: CsvPlan = { ...plan, columns: plan.columns.map((c) => (c.role === 'field' ? { ...c, name: 'a' } : c)) }
    for (const bad of [without('time'), without('field'), twice]) {
      await expect(readText('', bad)).rejects.toMatchObject({ kind: 'invalid' })
    }
  })

  it('refuses a row of more than a million characters', async () => {
    const plan = guessCsv('time,a\n2020-01-01,x y\n2020-01-02,z y\n')
    await expect(readText(`time,a\n2020-01-01,"${'x'.repeat(1 << 20)}`, plan)).rejects.toMatchObject({
      kind: 'invalid',
    })
  })

  it('reads back whatever strings papaparse writes', async () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\r', '').trim())
    const plan = guessCsv('time,a,b\n2020-01-01,x,y\n2020-01-02,z,w\n')
    const property = fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }),
      async (pairs) => {
        const text = Papa.unparse([['time', 'a', 'b'], ...pairs.map(([a, b]) => ['2020-01-01', a, b])])
        const { rows } = await readText(text, plan)
        const expected = pairs
          .filter(([a, b]) => a !== '' || b !== '')
          .map(([a, b]) => ({ a: a || null, b: b || null }))
        expect(rows.map(({ a, b }) => ({ a, b }))).toEqual(expected)
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })
})
