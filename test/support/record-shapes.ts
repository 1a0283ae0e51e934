import { type Column, valueAt } from '../../engine/core/batch.ts'
import type { TableRows } from '../../engine/core/rows.ts'
import { canonicalTags, decodeSeriesKey, encodeSeriesKey, printSeries } from '../../engine/core/series.ts'
import { noKeys, packKeys, unpackKeys } from '../../engine/kernel/key-batch.ts'
import type { RowsRecord } from '../../engine/storage/record.ts'
import { generator } from './block-shapes.ts'
import { randomBatch } from './random-table.ts'

/** Named records, the same everywhere. */
export function recordShapes(): [string, RowsRecord][] {
  return [
    ['one-row', record(1, 1, 1)],
    ['plain-rows', record(2, 23, 1)],
    ['one-block', record(3, 300, 2)],
    ['blocks-of-1024', record(4, 2500, 1)],
    ['no-new-series', { ...record(5, 30, 3), newSeries: { numbers: new Uint32Array(0), keys: noKeys } }],
    ['producer', { ...record(6, 3, 1), producer: { id: 'gäte-7', sequence: 2n ** 64n - 1n, time: -5n } }],
  ]
}

function record(seed: number, rows: number, tables: number): RowsRecord {
  const next = generator(seed)
  const numbers = [3, 4, 70_000, 2 ** 31]
  return {
    newSeries: {
      numbers: Uint32Array.from(numbers),
      keys: packKeys(
        numbers.map((number) => encodeSeriesKey({ table: 't', tags: canonicalTags([['host', `host_${number}`]]) })),
      ),
    },
    tables: Array.from({ length: tables }, (_, i): TableRows => {
      const { columns } = randomBatch(next, rows, 4000)
      return {
        table: `t${i}`,
        series: Uint32Array.from({ length: rows }, () => numbers[next() % numbers.length] ?? 0),
        time: columns.time,
        fields: columns.fields,
      }
    }),
  }
}

/** A record as JSON: every value as a text, `null` where it is missing. */
export function plainRecord({ newSeries, tables, producer }: RowsRecord): unknown {
  return {
    ...(producer && { producer: [producer.id, String(producer.sequence), String(producer.time)] }),
    newSeries: unpackKeys(newSeries.keys).map((key, i) => {
      const series = decodeSeriesKey(key)
      return [newSeries.numbers[i], series && printSeries(series)]
    }),
    tables: tables.map(({ table, series, time, fields }) => ({
      table,
      series: Array.from(series),
      time: Array.from(time, String),
      fields: fields.map((column) => ({ name: column.name, type: column.type, values: plainValues(column) })),
    })),
  }
}

function plainValues(column: Column): (string | null)[] {
  return Array.from({ length: column.values.length }, (_, row) => {
    const value = valueAt(column, row)
    if (value === null) return null
    return Object.is(value, -0) ? '-0' : String(value)
  })
}
