import type { AppendInput } from '../../engine/engine.ts'
import { generator } from './block-shapes.ts'
import { columnOf } from './plain-column.ts'

/** A row of a request. All of it follows from the request's number and the row's place in it. */
export interface RequestRow {
  table: string
  /** Tag. */
  series: string
  time: bigint
  request: bigint
  place: bigint
  value: number
  note: string
}

export const TABLES: readonly string[] = ['crash_a', 'crash_b']
const SERIES = 5
const MOST_ROWS = 6
const LONG_NOTE = 3_000

export function rowCountOf(request: number): number {
  return 2 + (request % (MOST_ROWS - 1))
}

export function requestRow(request: number, place: number): RequestRow {
  // Every eighth request brings a series of its own, so that the log names new ones again and again.
  const isFresh = place === 0 && request % 8 === 0
  return {
    table: TABLES[isText(request) ? place % TABLES.length : 0] ?? '',
    series: isFresh ? `fresh-${request}` : `s${(request + place) % SERIES}`,
    time: BigInt(request * MOST_ROWS + place),
    request: BigInt(request),
    place: BigInt(place),
    value: (request * 31 + place) / 7,
    note: noise(request * MOST_ROWS + place, isFresh ? LONG_NOTE : 12),
  }
}

export function requestRows(request: number): RequestRow[] {
  return Array.from({ length: rowCountOf(request) }, (_, place) => requestRow(request, place))
}

/** Text and columns by turns; only text can name more than one table. */
export function inputOf(request: number): AppendInput {
  const rows = requestRows(request)
  if (isText(request)) return { kind: 'line-protocol', body: rows.map(lineOf).join('\n') }
  const series = columnOf(
    'series',
    'string',
    rows.map((row) => row.series),
  )
  if (series.type !== 'string') throw new Error('a column of strings has another type')
  return {
    kind: 'columns',
    rows: {
      table: rows[0]?.table ?? '',
      time: BigInt64Array.from(rows, ({ time }) => time),
      tags: [series],
      fields: [
        columnOf(
          'request',
          'i64',
          rows.map((row) => row.request),
        ),
        columnOf(
          'place',
          'i64',
          rows.map((row) => row.place),
        ),
        columnOf(
          'value',
          'f64',
          rows.map((row) => row.value),
        ),
        columnOf(
          'note',
          'string',
          rows.map((row) => row.note),
        ),
      ],
    },
  }
}

function isText(request: number): boolean {
  return request % 2 === 0
}

function lineOf({ table, series, time, request, place, value, note }: RequestRow): string {
  return `${table},series=${series} request=${request}i,place=${place}i,value=${value},note="${note}" ${time}`
}

function noise(seed: number, length: number): string {
  const next = generator(seed)
  let text = ''
  while (text.length < length) text += next().toString(36)
  return text.slice(0, length)
}
