import { type Column, emptyValidity, isValid, type StringColumn, setValid, valueAt } from '../core/batch.ts'
import { canonicalTags, type Tags } from '../core/series.ts'

/** The series of rows by number, and the tags of each number. */
export interface RowSeries {
  series: Uint32Array
  tagSets: readonly Tags[]
}

/** A column for each tag, all of the same codes: the numbers of the series, of which several may have the same value of a tag. */
export function tagColumns(names: readonly string[], tagSets: readonly Tags[], series: Uint32Array): StringColumn[] {
  return names.map((name) => tagColumn(name, tagSets, series))
}

function tagColumn(name: string, tagSets: readonly Tags[], values: Uint32Array): StringColumn {
  // Most series of a table have the same tags, and so this one at the same place.
  let place = 0
  const dictionary = tagSets.map((tags) => {
    if (tags[place]?.[0] !== name) place = tags.findIndex(([key]) => key === name)
    return tags[place]?.[1] ?? ''
  })
  if (!dictionary.includes('')) return { name, type: 'string', values, dictionary }
  const validity = emptyValidity(values.length)
  for (let row = 0; row < values.length; row++) if (dictionary[values[row] as number] !== '') setValid(validity, row)
  return { name, type: 'string', values, dictionary, validity }
}

/** The series of rows with some columns of tags. */
export function seriesOfRows(columns: readonly Column[], rows: number): RowSeries {
  return sharedSeries(columns, rows) ?? distinctSeries(columns, rows)
}

/** Where all columns have the same codes, these are the numbers; `undefined` where they have not. */
function sharedSeries(columns: readonly Column[], rows: number): RowSeries | undefined {
  const [first] = columns
  if (first?.type !== 'string' || columns.some(({ values }) => values !== first.values)) return undefined
  const series = first.values
  const sparse = columns.filter(({ validity }) => validity !== undefined)
  const firstRows = new Int32Array(first.dictionary.length).fill(-1)
  for (let row = 0; row < rows; row++) {
    const code = series[row] as number
    const before = firstRows[code] as number
    if (before < 0) firstRows[code] = row
    else if (sparse.some(({ validity }) => isValid(validity, row) !== isValid(validity, before))) return undefined
  }
  return { series, tagSets: Array.from(firstRows, (row) => (row < 0 ? [] : tagsOf(columns, row))) }
}

function distinctSeries(columns: readonly Column[], rows: number): RowSeries {
  const series = new Uint32Array(rows)
  const numbers = new Map<string, number>()
  const tagSets: Tags[] = []
  for (let row = 0; row < rows; row++) {
    const key = columns.map(({ values, validity }) => (isValid(validity, row) ? values[row] : '')).join()
    let number = numbers.get(key)
    if (number === undefined) {
      number = tagSets.push(tagsOf(columns, row)) - 1
      numbers.set(key, number)
    }
    series[row] = number
  }
  return { series, tagSets }
}

function tagsOf(columns: readonly Column[], row: number): Tags {
  return canonicalTags(columns.map((column) => [column.name, String(valueAt(column, row) ?? '')]))
}
