import { type Column, type ColumnType, emptyValidity, isValid, setValid } from './batch.ts'

/** A place for `gatherColumn` that has no row: its value is missing. */
export const NO_ROW = 0xffffffff

export interface ColumnPart {
  rows: number
  /** Absent where none of the rows has a value. */
  column: Column | undefined
}

/** A column of no values for each type; strings get codes into a dictionary that is put together. */
function blankColumn(
  name: string,
  type: Exclude<Column['type'], 'string'>,
  rows: number,
): Exclude<Column, { type: 'string' }> {
  if (type === 'f64') return { name, type, values: new Float64Array(rows) }
  if (type === 'bool') return { name, type, values: new Uint8Array(rows) }
  return { name, type, values: new BigInt64Array(rows) }
}

/** A column without one value. */
export function missingColumn(name: string, type: ColumnType, rows: number): Column {
  const validity = emptyValidity(rows)
  if (type === 'string') return { name, type, values: new Uint32Array(rows), dictionary: [], validity }
  return { ...blankColumn(name, type, rows), validity }
}

/** Parts of one column one after the other; `undefined` where no part has a value. All parts have the type of the first. */
export function concatColumns(name: string, parts: readonly ColumnPart[]): Column | undefined {
  const type = parts.find((part) => part.column)?.column?.type
  if (type === undefined) return undefined
  const rows = parts.reduce((total, part) => total + part.rows, 0)
  const complete = parts.every((part) => part.column && part.column.validity === undefined)
  const validity = complete ? undefined : emptyValidity(rows)
  if (validity) markValid(validity, parts)
  const joined = type === 'string' ? joinStrings(name, parts, rows) : joinValues(blankColumn(name, type, rows), parts)
  return validity ? { ...joined, validity } : joined
}

function joinValues(out: Exclude<Column, { type: 'string' }>, parts: readonly ColumnPart[]): Column {
  let at = 0
  for (const { rows, column } of parts) {
    if (column && column.type === out.type) copyValues(out.values, column.values, at)
    at += rows
  }
  return out
}

/** One `set` whatever the arrays' type: the two have the same, which the types cannot say. */
function copyValues(out: Column['values'], from: Column['values'], at: number): void {
  if (out instanceof BigInt64Array) {
    if (from instanceof BigInt64Array) out.set(from, at)
  } else if (!(from instanceof BigInt64Array)) out.set(from, at)
}

function joinStrings(name: string, parts: readonly ColumnPart[], rows: number): Column {
  const dictionary: string[] = []
  const codes = new Map<string, number>()
  const values = new Uint32Array(rows)
  let at = 0
  for (const part of parts) {
    if (part.column?.type === 'string') {
      const recode = part.column.dictionary.map((text) => {
        const known = codes.get(text)
        if (known !== undefined) return known
        codes.set(text, dictionary.length)
        return dictionary.push(text) - 1
      })
      for (let i = 0; i < part.rows; i++) values[at + i] = recode[part.column.values[i] as number] ?? 0
    }
    at += part.rows
  }
  return { name, type: 'string', values, dictionary }
}

function markValid(validity: Uint8Array, parts: readonly ColumnPart[]): void {
  let at = 0
  for (const { rows, column } of parts) {
    if (column) for (let i = 0; i < rows; i++) if (isValid(column.validity, i)) setValid(validity, at + i)
    at += rows
  }
}

/** The values of some rows of a column, in their order; a place `NO_ROW` becomes a missing value. */
export function gatherColumn(column: Column, places: Uint32Array): Column {
  const rows = places.length
  const complete = column.validity === undefined && !places.includes(NO_ROW)
  const validity = complete ? undefined : emptyValidity(rows)
  if (validity) {
    for (let k = 0; k < rows; k++) {
      const place = places[k] as number
      if (place !== NO_ROW && isValid(column.validity, place)) setValid(validity, k)
    }
  }
  const gathered = gatherValues(column, places)
  return validity ? { ...gathered, validity } : gathered
}

function gatherValues(column: Column, places: Uint32Array): Column {
  const rows = places.length
  const { name } = column
  const unit = column.unit === undefined ? {} : { unit: column.unit }
  if (column.type === 'string') {
    const values = new Uint32Array(rows)
    for (let k = 0; k < rows; k++) values[k] = column.values[places[k] as number] ?? 0
    return { name, ...unit, type: 'string', values, dictionary: column.dictionary }
  }
  if (column.type === 'f64') {
    const values = new Float64Array(rows)
    for (let k = 0; k < rows; k++) values[k] = column.values[places[k] as number] ?? 0
    return { name, ...unit, type: 'f64', values }
  }
  if (column.type === 'bool') {
    const values = new Uint8Array(rows)
    for (let k = 0; k < rows; k++) values[k] = column.values[places[k] as number] ?? 0
    return { name, ...unit, type: 'bool', values }
  }
  const values = new BigInt64Array(rows)
  for (let k = 0; k < rows; k++) values[k] = column.values[places[k] as number] ?? 0n
  return { name, ...unit, type: column.type, values }
}

/** Rows `[from, to)` of a column, as a view where that is possible. */
export function sliceColumn(column: Column, from: number, to: number): Column {
  if (from === 0 && to === column.values.length) return column
  const { validity, ...rest } = column
  const part = { ...rest, values: column.values.subarray(from, to) } as Column // one type for both, which spreading loses
  if (validity === undefined) return part
  const bits = emptyValidity(to - from)
  for (let i = from; i < to; i++) if (isValid(validity, i)) setValid(bits, i - from)
  return { ...part, validity: bits }
}
