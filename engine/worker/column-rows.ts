import { type Column, isValid, type StringColumn } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { ColumnRows } from '../core/rows.ts'
import { canonicalTags, type Series } from '../core/series.ts'
import type { Schemas } from '../index/table-schema.ts'

/**
 * The fields of rows as the table has them: integers become doubles where it has doubles. Throws `invalid` where columns
 * have another length, repeat a name, or disagree with the table.
 */
export function checkColumns(rows: ColumnRows, schemas: Schemas): Column[] {
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
    checkValues(column)
  }
  for (const { name } of rows.tags) refuse(schemas.tagProblem(rows.table, name))
  return rows.fields.map((column) => fittingField(rows.table, column, schemas))
}

/** Codes have a text, booleans are 0 or 1, where the row has a value. */
function checkValues({ name, validity, ...column }: Column): void {
  if (column.type !== 'string' && column.type !== 'bool') return
  const limit = column.type === 'string' ? column.dictionary.length : 2
  const wrong = column.values.findIndex((value, row) => value >= limit && isValid(validity, row))
  if (wrong < 0) return
  const expected = column.type === 'string' ? `a code below ${limit}, the length of its dictionary` : '0 or 1'
  throw new TidemarkError(
    'invalid',
    `column '${name}' has ${column.values[wrong]} in row ${wrong}, expected ${expected}`,
  )
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

/** The distinct series of rows, and which of them each row is of. */
export function resolveColumns(rows: ColumnRows): { distinct: Series[]; series: Uint32Array } {
  let numbers: Uint32Array = new Uint32Array(rows.time.length)
  let combinations: [string, string][][] = [[]]
  for (const column of rows.tags) [numbers, combinations] = combineTag(numbers, combinations, column)
  const distinct = combinations.map((pairs): Series => ({ table: rows.table, tags: canonicalTags(pairs) }))
  return { distinct, series: numbers }
}

/** Tells combinations of tags further apart by the values of one more tag. */
function combineTag(
  numbers: Uint32Array,
  combinations: readonly [string, string][][],
  column: StringColumn,
): [Uint32Array, [string, string][][]] {
  const texts = column.dictionary.length
  const met = new Map<number, number>()
  const next: [string, string][][] = []
  const combined = numbers.map((number, row) => {
    const code = isValid(column.validity, row) ? (column.values[row] as number) : texts
    const key = number * (texts + 1) + code
    const known = met.get(key)
    if (known !== undefined) return known
    met.set(key, next.length)
    next.push([...(combinations[number] ?? []), [column.name, column.dictionary[code] ?? '']])
    return next.length - 1
  })
  return [combined, next]
}
