import Papa from 'papaparse'
import type { FieldType } from '../../engine/core/batch.ts'
import { type CsvColumn, type CsvPlan, guessCsv } from '../../engine/ingest/csv-plan.ts'
import { type CsvTimeFormat, guessTimeFormat } from '../../engine/ingest/csv-time.ts'

/** What a CSV file seems to hold, with its first rows. */
export interface CsvGuess {
  plan: CsvPlan
  preview: readonly (readonly string[])[]
}

export const COLUMN_ROLES: readonly CsvColumn['role'][] = ['time', 'tag', 'field', 'ignore']
export const COLUMN_TYPES: readonly FieldType[] = ['f64', 'i64', 'bool', 'string']
export const TIME_FORMATS: readonly CsvTimeFormat[] = [
  'YYYY-MM-DD',
  'Mon D YYYY',
  'D Mon YYYY',
  'M/D/YYYY',
  'D/M/YYYY',
  'epoch s',
  'epoch ms',
  'epoch us',
  'epoch ns',
]

const PREVIEW_ROWS = 5

export function guessFile(sample: string, fileName: string): CsvGuess {
  const plan = guessCsv(sample, fileName)
  const { data } = Papa.parse<string[]>(sample, {
    delimiter: plan.delimiter,
    preview: PREVIEW_ROWS + 1,
    skipEmptyLines: 'greedy',
  })
  const first = plan.hasHeader ? 1 : 0
  return { plan, preview: data.slice(first, first + PREVIEW_ROWS) }
}

/** The guess with another role for one column. There is one time: the former becomes a string field. */
export function withRole(guess: CsvGuess, index: number, role: CsvColumn['role']): CsvGuess {
  const columns = guess.plan.columns.map((column, i): CsvColumn => {
    if (i === index) return { ...column, role }
    return role === 'time' && column.role === 'time' ? { ...column, role: 'field', type: 'string' } : column
  })
  const cells = guess.preview.map((row) => row[index]?.trim() ?? '').filter((cell) => cell !== '')
  const timeFormat = (role === 'time' ? guessTimeFormat(cells) : undefined) ?? guess.plan.timeFormat
  return { ...guess, plan: { ...guess.plan, columns, timeFormat } }
}

export function withType(guess: CsvGuess, index: number, type: FieldType): CsvGuess {
  const columns = guess.plan.columns.map((column, i) => (i === index ? { ...column, type } : column))
  return { ...guess, plan: { ...guess.plan, columns } }
}

/** Why a plan cannot be used yet, as a sentence. */
export function planProblem({ table, columns }: CsvPlan): string | undefined {
  if (table === '') return 'Name the table.'
  if (!columns.some(({ role }) => role === 'time')) return 'Choose the column that holds the time.'
  if (!columns.some(({ role }) => role === 'field')) return 'Choose at least one column as a field.'
  return undefined
}
