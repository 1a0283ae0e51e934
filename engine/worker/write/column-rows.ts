import { type BoolColumn, type Column, isValid, type StringColumn } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { type ColumnRows, type ResolvedRows, sliceRows, type TableRows } from '../../core/rows.ts'
import { canonicalTags, encodeSeriesKey, type Series } from '../../core/series.ts'
import type { Schemas } from '../../index/table-schema.ts'
import { repeatedCodes } from '../../kernel/code-repeats.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { packKeys } from '../../kernel/key-batch.ts'
import { numberCombinations } from './code-combinations.ts'

/** Rows of a part: what is encoded at once, within a millisecond or two; others get a turn then. A multiple of 8. */
export const PART_ROWS: number = 1 << 13
/** An append of fewer parts is not tried as groups. */
export const LEAST_GROUPED_PARTS = 2

/**
 * Tells the series of rows apart, with a core sooner. Throws `invalid` where columns have another length, repeat a name, or have a value that their
 * type does not have.
 */
export function resolveRows(rows: ColumnRows, kernel?: Kernel): ResolvedRows {
  checkShape(rows)
  const { table, time, tags, fields } = rows
  const { distinct, series } = resolveColumns(rows, kernel)
  return {
    table,
    tags: tags
      .map(({ name }) => name)
      .filter((name) => distinct.some((each) => each.tags.some(([tag]) => tag === name))),
    keys: packKeys(distinct.map(encodeSeriesKey)),
    groups: [],
    parts: sliceRows({ table, series, time, fields }, PART_ROWS),
  }
}

function checkShape(rows: ColumnRows): void {
  const count = rows.time.length
  if (rows.table === '') throw new TidemarkError('invalid', 'rows need the name of a table')
  if (rows.fields.length === 0)
    throw new TidemarkError('invalid', `rows of table '${rows.table}' need at least one field`)
  const names = new Set<string>()
  for (const column of [...rows.tags, ...rows.fields]) {
    const { name, values, validity } = column
    if (name === '') throw new TidemarkError('invalid', `a column of table '${rows.table}' has no name`)
    if (names.has(name)) throw new TidemarkError('invalid', `column '${name}' is there twice`)
    names.add(name)
    if (values.length !== count || (validity && validity.length < (count + 7) >> 3)) {
      throw new TidemarkError('invalid', `column '${name}' has ${values.length} values for ${count} times`)
    }
  }
  for (const column of rows.fields) checkValues(column)
}

/**
 * The parts of rows with their fields as the table has them: integers become doubles where it has doubles. Throws `invalid` where
 * columns disagree with the table.
 */
export function fittingParts({ table, tags, parts }: ResolvedRows, schemas: Schemas): TableRows[] {
  for (const name of tags) refuse(schemas.tagProblem(table, name))
  return parts.map((part) => ({ ...part, fields: part.fields.map((column) => fittingField(table, column, schemas)) }))
}

/** Whether groups have the types that the table has. Throws `invalid` where a column disagrees with it. */
export function groupsFit({ table, groups }: ResolvedRows, schemas: Schemas): boolean {
  let fits = true
  for (const { name, type } of groups[0]?.fields ?? []) {
    const isWidened = type === 'i64' && schemas.fieldType(table, name) === 'f64'
    if (isWidened) fits = false
    else refuse(schemas.fieldProblem(table, name, type))
  }
  return fits
}

/** Codes have a text, booleans are 0 or 1, where the row has a value. */
function checkValues(column: Column): void {
  const { values, validity } = column
  if (column.type !== 'string' && column.type !== 'bool') return
  const limit = limitOf(column)
  for (let row = 0; row < values.length; row++) {
    if ((values[row] as number) >= limit && isValid(validity, row)) throw wrongValue(column, row)
  }
}

function limitOf(column: StringColumn | BoolColumn): number {
  return column.type === 'string' ? column.dictionary.length : 2
}

function wrongValue(column: StringColumn | BoolColumn, row: number): TidemarkError {
  const { name, type, values } = column
  const expected = type === 'string' ? `a code below ${limitOf(column)}, the length of its dictionary` : '0 or 1'
  return new TidemarkError('invalid', `column '${name}' has ${values[row]} in row ${row}, expected ${expected}`)
}

function fittingField(table: string, column: Column, schemas: Schemas): Column {
  if (column.type === 'time')
    throw new TidemarkError('invalid', `field '${column.name}' has type time, expected f64, i64, bool or string`)
  const isWidened = column.type === 'i64' && schemas.fieldType(table, column.name) === 'f64'
  refuse(schemas.fieldProblem(table, column.name, isWidened ? 'f64' : column.type))
  if (!isWidened) return column
  const { name, validity } = column
  return { name, type: 'f64', values: Float64Array.from(column.values, Number), ...(validity && { validity }) }
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new TidemarkError('invalid', problem)
}

/**
 * The distinct series of rows, and which of them each row is of. Throws `invalid` where a tag's code has no text.
 */
export function resolveColumns(rows: ColumnRows, kernel?: Kernel): { distinct: Series[]; series: Uint32Array } {
  const columns = rows.tags.map(codesOf)
  const core = kernel?.instance
  const repeats = core && ((codes: Uint32Array, distance: number) => repeatedCodes(core, codes, distance))
  const { numbers: series, firstRows } = numberCombinations(columns, rows.time.length, repeats)
  const distinct = Array.from(firstRows, (row): Series => {
    const pairs = rows.tags.map((column, i): [string, string] => [column.name, tagText(column, columns[i], row)])
    return { table: rows.table, tags: canonicalTags(pairs) }
  })
  return { distinct, series }
}

/** The codes of a tag, a missing one being the length of the dictionary. */
function codesOf({ values, validity, dictionary }: StringColumn): Uint32Array {
  if (validity === undefined) return values
  const codes = values.slice()
  for (let row = 0; row < codes.length; row++) if (!isValid(validity, row)) codes[row] = dictionary.length
  return codes
}

function tagText(column: StringColumn, codes: Uint32Array | undefined, row: number): string {
  const code = codes?.[row] ?? 0
  const text = column.dictionary[code]
  if (text !== undefined) return text
  if (code === column.dictionary.length && !isValid(column.validity, row)) return ''
  throw wrongValue(column, row)
}

/** Bytes of the keys, values and times of some rows, about; of those that are encoded, as they are. */
export function bytesOfRows({ keys, groups, parts }: ResolvedRows): number {
  const encoded = groups.reduce(
    (bytes, { headers, payloads }) => bytes + headers.length + payloads.length,
    keys.bytes.length,
  )
  return parts.reduce((bytes, { time, fields }) => bytes + time.byteLength * (1 + fields.length), encoded)
}
