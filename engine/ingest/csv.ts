import Papa from 'papaparse'
import { TidemarkError } from '../core/errors.ts'
import { type ColumnRows, type RejectedRow, TIME_COLUMN } from '../core/rows.ts'
import { type ByteSource, byteChunks } from './byte-source.ts'
import { BATCH_ROWS, CsvBatch, type CsvCell } from './csv-batch.ts'
import type { CsvColumn, CsvPlan } from './csv-plan.ts'
import { parseCsvTime } from './csv-time.ts'
import { isMissing, parseCsvBoolean, parseCsvFloat, parseCsvInteger } from './csv-value.ts'
import { type GunzipOptions, gunzipped } from './gzip.ts'

export interface ReadCsvOptions extends GunzipOptions {
  /** Called as the source is read, with its bytes so far: compressed ones, where it is. */
  onProgress?: (bytes: number) => void
}

/** At most 8192 rows that are good, and the bad ones among them. */
export interface CsvRows {
  rows: ColumnRows
  rejected: RejectedRow[]
}

/** A row that a quote left open has made this long is not one. */
const ROW_CHARACTERS = 1 << 20
const TEXT_CHARACTERS = 200

/**
 * Reads CSV, gzip or not, as the plan says. A cell that does not fit its column, and a row with more or fewer cells than the
 * plan has columns, reject the row; an empty cell is a missing value. Throws `invalid` where the plan cannot be followed.
 */
export async function* readCsv(
  source: ByteSource,
  plan: CsvPlan,
  options: ReadCsvOptions = {},
): AsyncGenerator<CsvRows, void, undefined> {
  const reader = new CsvReader(plan)
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of gunzipped(counted(source, options.onProgress), options)) {
    text = withoutReturns(text + decoder.decode(chunk, { stream: true }))
    const cut = yield* reader.read(text, false)
    text = text.slice(cut)
    if (text.length > ROW_CHARACTERS) {
      throw new TidemarkError('invalid', `line ${reader.line}: a row has more than ${ROW_CHARACTERS} characters`, {
        hint: 'a quote may be left open',
      })
    }
  }
  yield* reader.read(withoutReturns(text + decoder.decode()), true)
  yield* reader.rest()
}

/** One kind of line end, since files have both. A return at the end stays until what follows it is there. */
function withoutReturns(text: string): string {
  return text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
}

async function* counted(
  source: ByteSource,
  onProgress: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0
  for await (const chunk of byteChunks(source)) {
    bytes += chunk.length
    onProgress?.(bytes)
    yield chunk
  }
}

/** A cell that its column cannot take. */
interface CellError {
  index: number
  reason: string
}

class CsvReader {
  /** Number of the line at which the next row begins. */
  line = 1
  readonly #plan: CsvPlan
  readonly #timeIndex: number
  /** The columns of a batch with their places in a row. */
  readonly #stored: readonly { index: number; column: CsvColumn }[]
  readonly #batch: CsvBatch
  #rejected: RejectedRow[] = []
  #needsHeader: boolean

  constructor(plan: CsvPlan) {
    checkPlan(plan)
    this.#plan = plan
    this.#timeIndex = plan.columns.findIndex(({ role }) => role === 'time')
    this.#stored = plan.columns
      .map((column, index) => ({ index, column }))
      .filter(({ column }) => column.role === 'tag' || column.role === 'field')
    const columns = this.#stored.map(({ column }) => column)
    this.#batch = new CsvBatch(plan.table, columns)
    this.#needsHeader = plan.hasHeader
  }

  /** Takes the whole rows of a text; yields full batches and returns how many characters were taken. */
  *read(text: string, isLast: boolean): Generator<CsvRows, number, undefined> {
    if (text === '') return 0
    const parser = new Papa.Parser({ delimiter: this.#plan.delimiter })
    const { data, meta }: { data: string[][]; meta: { cursor: number } } = parser.parse(text, 0, !isLast)
    for (const cells of data) {
      this.#take(cells)
      if (this.#batch.rows === BATCH_ROWS || this.#rejected.length === BATCH_ROWS) yield this.#flush()
    }
    return meta.cursor
  }

  /** What is left at the end. */
  *rest(): Generator<CsvRows, void, undefined> {
    if (this.#batch.rows > 0 || this.#rejected.length > 0) yield this.#flush()
  }

  #flush(): CsvRows {
    const rejected = this.#rejected
    this.#rejected = []
    return { rows: this.#batch.take(), rejected }
  }

  #take(row: readonly string[]): void {
    const line = this.line
    this.line += row.reduce((lines, cell) => lines + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 1)
    if (row.every((cell) => cell.trim() === '')) return
    if (this.#needsHeader) {
      this.#needsHeader = false
      return
    }
    const error = this.#append(row)
    if (error) {
      const text = Papa.unparse([[...row]], { delimiter: this.#plan.delimiter })
      const column = columnOf(row, error.index, this.#plan.delimiter)
      this.#rejected.push({ line, column, reason: error.reason, text: text.slice(0, TEXT_CHARACTERS) })
    }
  }

  #append(row: readonly string[]): CellError | undefined {
    const { columns, timeFormat } = this.#plan
    if (row.length < columns.length || row.slice(columns.length).some((cell) => cell.trim() !== '')) {
      const index = Math.min(row.length - 1, columns.length)
      return { index, reason: `expected ${columns.length} cells and found ${row.length}` }
    }
    const timeText = row[this.#timeIndex]?.trim() ?? ''
    const time = parseCsvTime(timeText, timeFormat)
    if (time === undefined) {
      return { index: this.#timeIndex, reason: `expected a time as ${timeFormat} and found '${timeText}'` }
    }
    const cells: CsvCell[] = []
    for (const { index, column } of this.#stored) {
      const parsed = parseCell(row[index]?.trim() ?? '', column)
      if (parsed === null) return { index, reason: mismatch(column, row[index] ?? '') }
      cells.push(parsed)
    }
    const hasField = this.#stored.some(({ column }, i) => column.role === 'field' && cells[i] !== undefined)
    if (!hasField) return { index: 0, reason: 'no field has a value' }
    this.#batch.append(time, cells)
    return undefined
  }
}

function checkPlan({ columns, table }: CsvPlan): void {
  const stored = columns.filter(({ role }) => role === 'tag' || role === 'field')
  const problem =
    (table === '' && 'the table has no name') ||
    (columns.filter(({ role }) => role === 'time').length !== 1 && 'exactly one column has to be the time') ||
    (!stored.some(({ role }) => role === 'field') && 'at least one column has to be a field') ||
    (stored.some(({ name }) => name === TIME_COLUMN) && `'${TIME_COLUMN}' cannot be the name of a tag or field`) ||
    (stored.some(({ name }) => name === '') && 'a column has no name') ||
    (new Set(stored.map(({ name }) => name)).size < stored.length && 'two columns have the same name')
  if (problem) throw new TidemarkError('invalid', problem)
}

/** A cell's value, `undefined` where it is missing, `null` where it does not fit. */
function parseCell(cell: string, { role, type }: CsvColumn): CsvCell | null {
  if (cell === '') return undefined
  if (role === 'tag' || type === 'string') return cell
  const parsed = type === 'f64' ? parseCsvFloat(cell) : type === 'i64' ? parseCsvInteger(cell) : parseCsvBoolean(cell)
  if (parsed === undefined) return isMissing(cell) ? undefined : null
  return parsed
}

function mismatch({ name, type }: CsvColumn, cell: string): string {
  const expected = { f64: 'a number', i64: 'an integer of 64 bits', bool: 'true or false', string: 'a string' }[type]
  return `expected ${expected} in column '${name}' and found '${cell.slice(0, TEXT_CHARACTERS)}'`
}

/** The 1-based place of a cell in its line, as it is written with as few quotes as possible. */
function columnOf(row: readonly string[], index: number, delimiter: string): number {
  const before = Papa.unparse([row.slice(0, index)], { delimiter })
  return index <= 0 ? 1 : before.length + delimiter.length + 1
}
