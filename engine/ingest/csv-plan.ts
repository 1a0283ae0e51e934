import Papa from 'papaparse'
import type { FieldType } from '../core/batch.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { type CsvTimeFormat, guessTimeFormat } from './csv-time.ts'
import { isMissing, parseCsvBoolean, parseCsvFloat, parseCsvInteger } from './csv-value.ts'

export interface CsvColumn {
  name: string
  /** At most one column is the time. A tag's values are strings. */
  role: 'time' | 'tag' | 'field' | 'ignore'
  /** What a field's values are. */
  type: FieldType
}

/** How a CSV file becomes rows. Plain data, to be shown and changed before it is used. */
export interface CsvPlan {
  table: string
  delimiter: string
  /** Whether the first line holds names. */
  hasHeader: boolean
  timeFormat: CsvTimeFormat
  /** The zone of times that name none. */
  zone: 'UTC'
  columns: CsvColumn[]
}

const DELIMITERS = [',', '\t', ';', '|']
const SAMPLE_ROWS = 2000
const TAG_VALUES = 1000
/** Names that columns of times have. */
export const TIME_NAME: RegExp =
  /^(?:_?time|timestamp|datetime|date|ts|day)$|[ _-](?:time|timestamp|datetime|date|at|ts)$/i

/**
 * Guesses how to read a CSV file from its beginning, some tens of kilobytes or more: delimiter, header, the column of times
 * and its format, types of fields, and which strings are tags. Where no column looks like a time, none has that role.
 */
export function guessCsv(sample: string, fileName = ''): CsvPlan {
  const { rows, delimiter } = sampleRows(sample)
  const hasHeader = looksLikeHeader(rows[0] ?? [])
  const body = hasHeader ? rows.slice(1) : rows
  const width = rows[0]?.length ?? 0
  const names = columnNames(hasHeader ? (rows[0] ?? []) : [], width)
  const cells = Array.from({ length: width }, (_, i) =>
    body.map((row) => row[i]?.trim() ?? '').filter((cell) => cell !== ''),
  )
  const time = findTime(names, cells)
  const columns = names.map((name, i): CsvColumn => {
    if (i === time?.index) return { name, role: 'time', type: 'i64' }
    const type = typeOf(cells[i] ?? [])
    const role = type === 'string' && isTag(cells[i] ?? []) ? 'tag' : 'field'
    return { name: name === TIME_COLUMN ? 'time_2' : name, role, type }
  })
  const timeFormat = time?.format ?? 'YYYY-MM-DD'
  return { table: tableName(fileName), delimiter, hasHeader, timeFormat, zone: 'UTC', columns }
}

/** The rows of a sample, without the last, which may be cut, and without empty ones. */
function sampleRows(sample: string): { rows: string[][]; delimiter: string } {
  const { data, meta } = Papa.parse<string[]>(sample.replace(/^\ufeff/, ''), {
    delimitersToGuess: DELIMITERS,
    preview: SAMPLE_ROWS,
    skipEmptyLines: 'greedy',
  })
  const isCut = data.length > 2 && data.length < SAMPLE_ROWS && !/[\r\n]$/.test(sample)
  return { rows: isCut ? data.slice(0, -1) : data, delimiter: meta.delimiter }
}

/** Names have no values among them: no number, no time, nothing empty, nothing twice. */
function looksLikeHeader(row: readonly string[]): boolean {
  const names = row.map((cell) => cell.trim())
  const isValue = (cell: string): boolean => parseCsvFloat(cell) !== undefined || guessTimeFormat([cell]) !== undefined
  return new Set(names).size === names.length && !names.some((name) => name === '' || isValue(name))
}

/** A name for each column, each once. */
function columnNames(header: readonly string[], width: number): string[] {
  const names: string[] = []
  for (let i = 0; i < width; i++) {
    const wanted = header[i]?.trim() || `column_${i + 1}`
    let name = wanted
    for (let n = 2; names.includes(name); n++) name = `${wanted}_${n}`
    names.push(name)
  }
  return names
}

/** The column of times: by its name among those that can be, else the first that is written as a date. */
function findTime(
  names: readonly string[],
  cells: readonly (readonly string[])[],
): { index: number; format: CsvTimeFormat } | undefined {
  const candidates = cells.flatMap((column, index) => {
    const format = guessTimeFormat(column)
    return format === undefined ? [] : [{ index, format }]
  })
  const named = candidates.find(({ index }) => TIME_NAME.test(names[index] ?? ''))
  return named ?? candidates.find(({ format }) => !format.startsWith('epoch')) ?? candidates[0]
}

function typeOf(cells: readonly string[]): FieldType {
  const values = cells.filter((cell) => !isMissing(cell))
  if (values.length === 0) return cells.length === 0 ? 'f64' : 'string'
  if (values.every((cell) => parseCsvBoolean(cell) !== undefined)) return 'bool'
  if (values.some((cell) => /^[+-]?0\d/.test(cell))) return 'string'
  if (values.every((cell) => parseCsvInteger(cell) !== undefined)) return 'i64'
  if (values.every((cell) => parseCsvFloat(cell) !== undefined)) return 'f64'
  return 'string'
}

/** Few values that come again tell series apart; texts that are all different would make a series of every row. */
export function isTag(cells: readonly string[]): boolean {
  const distinct = new Set(cells).size
  return distinct <= TAG_VALUES && (distinct === 1 || distinct * 2 <= cells.length)
}

/** A table's name made of a file's. */
export function tableName(fileName: string): string {
  const base = fileName.replace(/^.*[\\/]/, '').replace(/\.(?:gz|csv|tsv|txt|parquet|arrows?|feather)\b.*$/i, '')
  const name = base.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^_+|_+$/g, '')
  return name === '' ? 'csv' : name.replace(/^(?=\d)/, 't_')
}
