import Papa from 'papaparse'
import type { FieldType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { FilePrecision, FileRequest } from '../core/file-access.ts'
import { type CsvColumn, type CsvPlan, guessCsv } from './csv-plan.ts'
import { guessTimeFormat } from './csv-time.ts'

/** What is to be done with a file of text. */
export type TextPlan =
  | { kind: 'csv'; path: string; csv: CsvPlan }
  | { kind: 'line-protocol'; path: string; precision: FilePrecision; firstLine: string }

/** What the user knows better than the guess. */
export interface PlanOverrides {
  format?: 'csv' | 'lp'
  table?: string
  time?: string
  tag: readonly string[]
  ignore: readonly string[]
  field: ReadonlyMap<string, FieldType>
  precision: FilePrecision
}

/** What IMPORT says of a file. */
export function overridesOf({ table, format, time, tags, ignore, fields, precision }: FileRequest): PlanOverrides {
  return {
    ...{ tag: tags, ignore, precision, field: new Map(fields.map(({ name, type }) => [name, type])) },
    ...(table !== undefined && { table }),
    ...((format === 'csv' || format === 'lp') && { format }),
    ...(time !== undefined && { time }),
  }
}

/** Rows of the sample in which the format of times is looked for. */
const TIME_ROWS = 200

/** `table,tag=value field=1`: what a line of line protocol looks like and a line of CSV does not. */
const LINE_PROTOCOL = /^[^\s,"]+(,[^\s,=]+=[^\s,]+)*\s+[^\s,=]+=\S/

/** Guesses how to read a file from its beginning, then does what the overrides say. Throws `invalid` where they do not fit. */
export function planText(path: string, sample: string, overrides: PlanOverrides): TextPlan {
  const firstLine = sample.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#'))
  if (firstLine === undefined) throw new TidemarkError('invalid', `${path} holds no rows`)
  if (kindOf(path, firstLine, overrides) === 'lp') {
    return { kind: 'line-protocol', path, precision: overrides.precision, firstLine: firstLine.trim() }
  }
  const csv = applyOverrides(guessCsv(sample, path), sample, overrides)
  if (!csv.columns.some(({ role }) => role === 'time')) {
    const names = csv.columns.map(({ name }) => name).join(', ')
    throw new TidemarkError(
      'invalid',
      `no column of ${path} looks like a time; name the column of times (there are ${names})`,
    )
  }
  return { kind: 'csv', path, csv }
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
