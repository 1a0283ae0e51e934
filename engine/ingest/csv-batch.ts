import { type Column, emptyValidity, type FieldType, type StringColumn, setValid } from '../core/batch.ts'
import type { ColumnRows } from '../core/rows.ts'
import type { CsvColumn } from './csv-plan.ts'

/** Rows of a batch at most. */
export const BATCH_ROWS = 8192

export type CsvCell = bigint | number | boolean | string | undefined

/** Cells of one column of a batch, missing ones as `undefined`. */
type Cells = CsvCell[]

/** Gathers rows by column. */
export class CsvBatch {
  readonly #table: string
  readonly #columns: readonly CsvColumn[]
  #times: bigint[] = []
  #cells: Cells[]

  constructor(table: string, columns: readonly CsvColumn[]) {
    this.#table = table
    this.#columns = columns
    this.#cells = columns.map(() => [])
  }

  get rows(): number {
    return this.#times.length
  }

  /** Adds a row: a cell for each column, of the column's type. */
  append(time: bigint, cells: readonly CsvCell[]): void {
    this.#times.push(time)
    for (let i = 0; i < this.#cells.length; i++) this.#cells[i]?.push(cells[i])
  }

  /** The rows so far, and begins anew. */
  take(): ColumnRows {
    const columns = this.#columns.map((column, i) => ({ ...column, cells: this.#cells[i] ?? [] }))
    const rows: ColumnRows = {
      table: this.#table,
      time: BigInt64Array.from(this.#times),
      tags: columns.filter(({ role }) => role === 'tag').map(({ name, cells }) => stringColumn(name, cells)),
      fields: columns
        .filter(({ role }) => role === 'field')
        .map(({ name, type, cells }) => columnOf(name, type, cells)),
    }
    this.#times = []
    this.#cells = this.#columns.map(() => [])
    return rows
  }
}

function validityOf(cells: Cells): { validity?: Uint8Array } {
  if (!cells.includes(undefined)) return {}
  const validity = emptyValidity(cells.length)
  for (let i = 0; i < cells.length; i++) if (cells[i] !== undefined) setValid(validity, i)
  return { validity }
}

function columnOf(name: string, type: FieldType, cells: Cells): Column {
  switch (type) {
    case 'f64':
      return { name, type, values: Float64Array.from(cells, (cell) => Number(cell ?? 0)), ...validityOf(cells) }
    case 'i64':
      return { name, type, values: BigInt64Array.from(cells, (cell) => BigInt(cell ?? 0)), ...validityOf(cells) }
    case 'bool':
      return { name, type, values: Uint8Array.from(cells, (cell) => (cell === true ? 1 : 0)), ...validityOf(cells) }
    case 'string':
      return stringColumn(name, cells)
  }
}

function stringColumn(name: string, cells: Cells): StringColumn {
  const codes = new Map<string, number>()
  const values = Uint32Array.from(cells, (cell) => {
    if (cell === undefined) return 0
    const text = String(cell)
    const code = codes.get(text) ?? codes.size
    codes.set(text, code)
    return code
  })
  return { name, type: 'string', values, dictionary: [...codes.keys()], ...validityOf(cells) }
}
