import type { FieldType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { FilePart, FileRequest } from '../core/file-access.ts'
import { type RejectedRow, TIME_COLUMN } from '../core/rows.ts'
import { MAX_TIME, MIN_TIME, printTimestamp } from '../core/time.ts'
import { BATCH_ROWS, CsvBatch, type CsvCell } from './csv-batch.ts'
import { type CsvColumn, isTag, TIME_NAME, tableName } from './csv-plan.ts'
import { guessTimeFormat, parseCsvTime } from './csv-time.ts'
import { parseCsvBoolean, parseCsvFloat, parseCsvInteger } from './csv-value.ts'

/** A column of a file that says its type; `undefined` where no row of ours can have it. Times are nanoseconds as bigints. */
export interface TypedColumn {
  name: string
  type: FieldType | 'time' | undefined
}

/** Some rows, by column; a missing value is `undefined` or `null`. */
export interface TypedPart {
  rows: number
  cells: readonly ArrayLike<unknown>[]
}

/** What the rows of a typed file are read with. */
export interface TypedFile {
  /** How errors call it. */
  name: string
  columns: readonly TypedColumn[]
  parts: AsyncIterable<TypedPart>
}

/** Rows of the first part by which tags and times are guessed. */
const SAMPLE_ROWS = 2000
const TEXT_CHARACTERS = 200

type Wanted = Pick<FileRequest, 'table' | 'time' | 'tags' | 'ignore' | 'fields'>

/**
 * The rows of a file that has types, in parts. What is not said of a column its type says: the first time is the time, texts of few
 * values are tags. A value that does not fit its column rejects the row. Throws `invalid` where the columns are not as asked.
 */
export async function* typedRows({ name, columns, parts }: TypedFile, wanted: Wanted): AsyncGenerator<FilePart> {
  requireColumns(name, columns, wanted)
  let reader: RowReader | undefined
  for await (const part of parts) {
    if (part.rows === 0) continue
    reader ??= new RowReader(plannedColumns(name, columns, { part, wanted }), wanted.table ?? tableName(name))
    yield* reader.read(part)
  }
}

/** What becomes of a column. */
interface PlannedColumn extends CsvColumn {
  /** Of the file. */
  from: FieldType | 'time'
  index: number
  /** Of the time: how a cell is one. */
  timeOf?: (cell: unknown) => bigint | undefined
}

function requireColumns(file: string, columns: readonly TypedColumn[], wanted: Wanted): void {
  const names = columns.map(({ name }) => name)
  const asked = [...wanted.tags, ...wanted.ignore, ...wanted.fields.map(({ name }) => name), wanted.time]
  const unknown = asked.find((name) => name !== undefined && !names.includes(name))
  if (unknown !== undefined) {
    throw new TidemarkError('invalid', `there is no column '${unknown}' in ${file}; there are ${names.join(', ')}`)
  }
  const odd = columns.find(({ name, type }) => type === undefined && !wanted.ignore.includes(name))
  if (odd) {
    const message = `column '${odd.name}' of ${file} has a type that no column of a row has`
    throw new TidemarkError('invalid', message, { hint: `Leave it out: IGNORE (${odd.name}).` })
  }
}

function plannedColumns(
  file: string,
  columns: readonly TypedColumn[],
  { part, wanted }: { part: TypedPart; wanted: Wanted },
): readonly PlannedColumn[] {
  const known = columns.flatMap(({ name, type }, index) =>
    type === undefined || wanted.ignore.includes(name) ? [] : [{ name, from: type, index }],
  )
  const time = timeColumn(file, known, { part, wanted })
  const planned = known.map(({ name, from, index }): PlannedColumn => {
    if (index === time.index) return { ...time, role: 'time', type: 'i64' }
    const field = wanted.fields.find((each) => each.name === name)
    const shown = { name: name === TIME_COLUMN ? 'time_2' : name, from, index }
    if (field) return { ...shown, role: 'field', type: field.type }
    const isText = from === 'string' && isTag(sampleOf(part, index).map(String))
    if (wanted.tags.includes(name) || isText) return { ...shown, role: 'tag', type: 'string' }
    return { ...shown, role: 'field', type: from === 'time' ? 'i64' : from }
  })
  if (planned.some(({ role }) => role === 'field')) return planned
  throw new TidemarkError('invalid', `${file} has no column that could be a field`)
}

type KnownColumn = Pick<PlannedColumn, 'name' | 'from' | 'index'>

/** The column of times: the one that is named, else of those that are times the one that is called `time`, else the first. */
function timeColumn(
  file: string,
  columns: readonly KnownColumn[],
  { part, wanted }: { part: TypedPart; wanted: Wanted },
): KnownColumn & Required<Pick<PlannedColumn, 'timeOf'>> {
  const named = columns.filter(({ name }) => name === wanted.time)
  const candidates = (wanted.time === undefined ? columns : named).flatMap((column) => {
    const timeOf = timeReader(column, part)
    return timeOf ? [{ ...column, timeOf }] : []
  })
  const free = candidates.filter(
    ({ name }) => !wanted.tags.includes(name) && !wanted.fields.some((f) => f.name === name),
  )
  const found =
    free.find(({ name, from }) => from === 'time' && name === TIME_COLUMN) ??
    free.find(({ from }) => from === 'time') ??
    free.find(({ name }) => wanted.time !== undefined || TIME_NAME.test(name))
  if (found) return found
  const names = columns.map(({ name }) => name).join(', ')
  const what = wanted.time === undefined ? `no column of ${file}` : `the column '${wanted.time}' of ${file}`
  throw new TidemarkError('invalid', `${what} does not look like a time; name one with TIME (there are ${names})`)
}

/** How the cells of a column are times: as they are, or by the format in which a sample of them is written. */
function timeReader({ from, index }: KnownColumn, part: TypedPart): PlannedColumn['timeOf'] {
  if (from === 'time') return (cell) => (typeof cell === 'bigint' ? cell : undefined)
  if (from === 'bool') return undefined
  const format = guessTimeFormat(sampleOf(part, index).map(String))
  return format && ((cell) => parseCsvTime(String(cell), format))
}

function sampleOf({ rows, cells }: TypedPart, index: number): unknown[] {
  const sample: unknown[] = []
  for (let row = 0; row < Math.min(rows, SAMPLE_ROWS); row++) {
    const cell = cells[index]?.[row]
    if (cell !== undefined && cell !== null) sample.push(cell)
  }
  return sample
}

/** Makes rows of parts. */
class RowReader {
  readonly #time: PlannedColumn
  readonly #stored: readonly PlannedColumn[]
  readonly #batch: CsvBatch
  #rejected: RejectedRow[] = []
  #rowsBefore = 0

  constructor(columns: readonly PlannedColumn[], table: string) {
    const [time] = columns.filter(({ role }) => role === 'time')
    if (time === undefined) throw new Error('a file has a column of times')
    this.#time = time
    this.#stored = columns.filter(({ role }) => role !== 'time')
    this.#batch = new CsvBatch(table, this.#stored)
  }

  *read({ rows, cells }: TypedPart): Generator<FilePart> {
    for (let row = 0; row < rows; row++) {
      this.#take(row, cells)
      if (this.#batch.rows === BATCH_ROWS || this.#rejected.length === BATCH_ROWS) yield this.#part()
    }
    this.#rowsBefore += rows
    if (this.#batch.rows + this.#rejected.length > 0) yield this.#part()
  }

  #part(): FilePart {
    const rejected = this.#rejected
    this.#rejected = []
    return { rows: this.#batch.take(), rejected }
  }

  #take(row: number, cells: TypedPart['cells']): void {
    const odd = this.#append(row, cells)
    if (odd === undefined) return
    this.#rejected.push({ line: this.#rowsBefore + row + 1, column: odd.index + 1, reason: odd.reason, text: '' })
  }

  /** What is wrong with a row, and in which column. */
  #append(row: number, cells: TypedPart['cells']): { index: number; reason: string } | undefined {
    const { index, name, timeOf } = this.#time
    const cell = cells[index]?.[row] ?? undefined
    const time = cell === undefined ? undefined : timeOf?.(cell)
    if (time === undefined || time < MIN_TIME || time >= MAX_TIME) {
      return { index, reason: `expected a time in column '${name}' and found ${shown(cell)}` }
    }
    const values: CsvCell[] = []
    let hasField = false
    for (const column of this.#stored) {
      const found = cells[column.index]?.[row] ?? undefined
      const value = found === undefined ? undefined : converted(found, column)
      if (found !== undefined && value === undefined) return { index: column.index, reason: mismatch(column, found) }
      if (value !== undefined && column.role === 'field') hasField = true
      values.push(value)
    }
    if (!hasField) return { index, reason: 'no field has a value' }
    this.#batch.append(time, values)
    return undefined
  }
}

/** A value as one of the column's type; `undefined` where it is none. */
function converted(value: unknown, { from, type }: PlannedColumn): CsvCell {
  if (type === 'string') return from === 'time' && typeof value === 'bigint' ? printTimestamp(value) : String(value)
  if (type === 'bool') return typeof value === 'boolean' ? value : parseCsvBoolean(String(value))
  if (type === 'f64') return typeof value === 'number' ? value : parseCsvFloat(String(value))
  if (typeof value === 'boolean') return undefined
  return parseCsvInteger(String(value))
}

function mismatch({ name, type }: PlannedColumn, value: unknown): string {
  const expected = { f64: 'a number', i64: 'an integer of 64 bits', bool: 'true or false', string: 'a text' }[type]
  return `expected ${expected} in column '${name}' and found ${shown(value)}`
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : `'${String(value).slice(0, TEXT_CHARACTERS)}'`
}
