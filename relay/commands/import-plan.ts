import { basename } from 'node:path'
import Papa from 'papaparse'
import type { FieldType } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { FileRequest, Precision } from '../../engine/engine.ts'
import { type CsvColumn, type CsvPlan, guessCsv, tableName } from '../../engine/ingest/csv-plan.ts'
import { guessTimeFormat } from '../../engine/ingest/csv-time.ts'
import type { BinaryKind } from './binary-file.ts'
import { printable } from './table.ts'

/** What is to be done with one file. */
export type ImportPlan =
  | { kind: 'csv'; path: string; csv: CsvPlan }
  | { kind: 'line-protocol'; path: string; precision: Precision; firstLine: string }
  | { kind: 'binary'; path: string; format: BinaryKind; request: FileRequest }

/** What the user knows better than the guess. */
export interface PlanOverrides {
  format?: 'csv' | 'lp'
  table?: string
  time?: string
  tag: readonly string[]
  ignore: readonly string[]
  field: ReadonlyMap<string, FieldType>
  precision: Precision
}

/** Rows of the sample in which the format of times is looked for. */
const TIME_ROWS = 200

/** `table,tag=value field=1`: what a line of line protocol looks like and a line of CSV does not. */
const LINE_PROTOCOL = /^[^\s,"]+(,[^\s,=]+=[^\s,]+)*\s+[^\s,=]+=\S/

/** Guesses how to read a file from its beginning, then does what the overrides say. Throws `invalid` where they do not fit. */
export function planImport(path: string, sample: string, overrides: PlanOverrides): ImportPlan {
  const firstLine = sample.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#'))
  if (firstLine === undefined) throw new TidemarkError('invalid', `${path} holds no rows`)
  if (kindOf(path, firstLine, overrides) === 'lp') {
    return { kind: 'line-protocol', path, precision: overrides.precision, firstLine: firstLine.trim() }
  }
  const csv = applyOverrides(guessCsv(sample, basename(path)), sample, overrides)
  if (!csv.columns.some(({ role }) => role === 'time')) {
    const names = csv.columns.map(({ name }) => name).join(', ')
    throw new TidemarkError(
      'invalid',
      `no column of ${path} looks like a time; name one with --time (there are ${names})`,
    )
  }
  return { kind: 'csv', path, csv }
}

/** What is asked of a file that says its types. */
export function planBinary(path: string, format: BinaryKind, overrides: Omit<PlanOverrides, 'format'>): ImportPlan {
  const { table, time, tag, ignore, field } = overrides
  const fields = Array.from(field, ([name, type]) => ({ name, type }))
  const said = { ...(table !== undefined && { table }), ...(time !== undefined && { time }) }
  return { kind: 'binary', path, format, request: { path, tags: tag, ignore, fields, precision: 'ns', ...said } }
}

function kindOf(path: string, firstLine: string, { format }: PlanOverrides): 'csv' | 'lp' {
  if (format !== undefined) return format
  const name = path.toLowerCase().replace(/\.gz$/, '')
  if (/\.(csv|tsv)$/.test(name)) return 'csv'
  return name.endsWith('.lp') || LINE_PROTOCOL.test(firstLine) ? 'lp' : 'csv'
}

function applyOverrides(plan: CsvPlan, sample: string, overrides: PlanOverrides): CsvPlan {
  const named = [...overrides.tag, ...overrides.ignore, ...overrides.field.keys(), overrides.time]
  const unknown = named.find((name) => name !== undefined && !plan.columns.some((column) => column.name === name))
  if (unknown !== undefined) {
    const names = plan.columns.map(({ name }) => name).join(', ')
    throw new TidemarkError('invalid', `there is no column '${unknown}'; there are ${names}`)
  }
  const columns = plan.columns.map((column) => overrideColumn(column, overrides))
  const timeFormat = overrides.time === undefined ? plan.timeFormat : timeFormatOf(plan, sample, overrides.time)
  return { ...plan, table: overrides.table ?? plan.table, timeFormat, columns }
}

function overrideColumn(column: CsvColumn, { time, tag, ignore, field }: PlanOverrides): CsvColumn {
  const { name } = column
  if (name === time) return { name, role: 'time', type: 'i64' }
  if (ignore.includes(name)) return { ...column, role: 'ignore' }
  if (tag.includes(name)) return { name, role: 'tag', type: 'string' }
  const type = field.get(name)
  if (type !== undefined) return { name, role: 'field', type }
  // The column that was taken for the time is a field where another is.
  return time !== undefined && column.role === 'time' ? { name, role: 'field', type: 'string' } : column
}

function timeFormatOf({ columns, delimiter, hasHeader }: CsvPlan, sample: string, time: string): CsvPlan['timeFormat'] {
  const index = columns.findIndex(({ name }) => name === time)
  const { data } = Papa.parse<string[]>(sample, { delimiter, preview: TIME_ROWS, skipEmptyLines: 'greedy' })
  const texts = data.slice(hasHeader ? 1 : 0).map((row) => row[index]?.trim() ?? '')
  const format = guessTimeFormat(texts.filter((text) => text !== ''))
  if (format === undefined) throw new TidemarkError('invalid', `the column '${time}' does not look like a time`)
  return format
}

/** A plan as the user sees it before it is used. */
export function describePlan(plan: ImportPlan): string {
  if (plan.kind === 'line-protocol') {
    return `${plan.path}: line protocol, times in ${plan.precision}\n  first line: ${printable(plan.firstLine.slice(0, 200))}\n`
  }
  if (plan.kind === 'binary') {
    const { format, path, request } = plan
    const name = format === 'parquet' ? 'Parquet' : 'Arrow'
    return `${path}: ${name}, into table '${printable(request.table ?? tableName(basename(path)))}'\n`
  }
  const { table, columns, timeFormat, zone, hasHeader, delimiter } = plan.csv
  const width = Math.max(...columns.map(({ name }) => printable(name).length))
  const lines = columns.map(
    (column) => `  ${printable(column.name).padEnd(width)}  ${roleText(column, `${timeFormat}, ${zone}`)}`,
  )
  const form = `${hasHeader ? 'with' : 'without'} a header, cells apart by ${JSON.stringify(delimiter)}`
  return `${plan.path}: CSV ${form}, into table '${printable(table)}'\n${lines.join('\n')}\n`
}

function roleText({ role, type }: CsvColumn, time: string): string {
  if (role === 'time') return `time (${time})`
  if (role === 'ignore') return 'left out'
  return role === 'tag' ? 'tag' : `field, ${type}`
}
