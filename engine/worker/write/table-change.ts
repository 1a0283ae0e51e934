import type { FieldDefinition, TableChange, TableDefinition } from '../../core/definition.ts'
import { TidemarkError } from '../../core/errors.ts'
import { isReservedName, type RollupRule } from '../../core/rollup.ts'
import type { TableColumns } from '../../storage/manifest.ts'
import { checkRollups } from '../rollup/rollup-rules.ts'

/** Most columns that statements declare of one table. */
export const MAX_DEFINED_COLUMNS = 10_000
/** UTF-16 code units of a unit, and of a name. */
export const MAX_UNIT_LENGTH = 64
export const MAX_NAME_LENGTH = 1_024

/** What is known of the table that a statement changes. */
export interface KnownTable {
  name: string
  /** What statements have said of it. */
  definition: TableDefinition | undefined
  /** All its columns, wherever they came from; absent where there is no such table. */
  columns: TableColumns | undefined
}

const nothingSaid: TableDefinition = { tags: [], fields: [], rollups: [] }

/**
 * What statements say of a table after one more of them; the same object where that changes nothing, `undefined` where the table is
 * to go. Throws `invalid` where the change cannot be.
 */
export function changedDefinition(table: KnownTable, change: TableChange): TableDefinition | undefined {
  if (change.kind === 'drop') return undefined
  const { name, definition, columns } = table
  if (change.kind === 'create') return created(table, change.definition)
  if (columns === undefined) throw new TidemarkError('invalid', `there is no table '${name}'`)
  const before = definition ?? nothingSaid
  const after = altered(before, change, columns)
  if (isSame(after, before)) return definition
  checkTable(table, after)
  return after
}

type Alteration = Exclude<TableChange, { kind: 'create' | 'drop' }>

function altered(before: TableDefinition, change: Alteration, columns: TableColumns): TableDefinition {
  switch (change.kind) {
    case 'add tag':
      return columns.tags.includes(change.name) ? before : { ...before, tags: [...before.tags, change.name] }
    case 'add field':
      return withField(before, change.field)
    case 'set unit': {
      const type = columns.fields.get(change.field)
      if (type === undefined) throw new TidemarkError('invalid', `there is no field '${change.field}'`)
      return withField(before, { name: change.field, type, ...(change.unit !== undefined && { unit: change.unit }) })
    }
    case 'set retention': {
      const { retentionMs: _, ...rest } = before
      return change.retentionMs === undefined ? rest : { ...rest, retentionMs: change.retentionMs }
    }
    case 'add rollup':
      return { ...before, rollups: [...otherRollups(before, change.rollup.everyMs), change.rollup].sort(byWidth) }
    case 'drop rollup':
      return { ...before, rollups: otherRollups(before, change.everyMs) }
  }
}

function created(table: KnownTable, definition: TableDefinition): TableDefinition {
  const { name, columns } = table
  const sorted = { ...definition, rollups: [...definition.rollups].sort(byWidth) }
  if (columns !== undefined) {
    // The statement may be made again where nobody knows whether it has been.
    if (table.definition && isSame(table.definition, sorted)) return table.definition
    throw new TidemarkError('invalid', `there is a table '${name}' already`)
  }
  checkTable(table, sorted)
  return sorted
}

/** Throws `invalid` where a table cannot be defined so. */
function checkTable({ name, columns }: KnownTable, { tags, fields, rollups, retentionMs }: TableDefinition): void {
  checkName(name, 'table')
  const names = [...tags, ...fields.map((field) => field.name)]
  if (names.length > MAX_DEFINED_COLUMNS) {
    const message = `table '${name}' would have ${names.length} columns, at most ${MAX_DEFINED_COLUMNS} can be declared`
    throw new TidemarkError('invalid', message)
  }
  if (columns === undefined && fields.length === 0) throw new TidemarkError('invalid', 'a table needs a field')
  for (const [at, column] of names.entries()) {
    checkName(column, 'column')
    if (column === 'time') throw new TidemarkError('invalid', `'time' is the column of times and need not be declared`)
    if (names.indexOf(column) !== at) throw new TidemarkError('invalid', `column '${column}' is declared twice`)
  }
  for (const tag of tags) {
    if (columns?.fields.has(tag)) throw new TidemarkError('invalid', `'${tag}' is a field of table '${name}'`)
  }
  for (const field of fields) checkField(field, name, columns)
  checkRollups({ [name]: rollups })
  if (retentionMs !== undefined && !(Number.isSafeInteger(retentionMs) && retentionMs > 0)) {
    throw new TidemarkError('invalid', 'retentionMs is a whole number of milliseconds above 0')
  }
}

function checkField({ name, type, unit }: FieldDefinition, table: string, columns: TableColumns | undefined): void {
  if (columns?.tags.includes(name)) throw new TidemarkError('invalid', `'${name}' is a tag of table '${table}'`)
  const known = columns?.fields.get(name)
  if (known !== undefined && known !== type) {
    throw new TidemarkError('invalid', `field '${name}' of table '${table}' is ${known}, not ${type}`)
  }
  if (unit !== undefined && (unit === '' || unit.length > MAX_UNIT_LENGTH)) {
    throw new TidemarkError('invalid', `the unit of '${name}' has 1 to ${MAX_UNIT_LENGTH} characters`)
  }
}

function checkName(name: string, what: string): void {
  if (name === '' || name.length > MAX_NAME_LENGTH || isReservedName(name)) {
    const message = `a ${what}'s name has 1 to ${MAX_NAME_LENGTH} characters and no line break`
    throw new TidemarkError('invalid', message)
  }
}

function withField(before: TableDefinition, field: FieldDefinition): TableDefinition {
  const at = before.fields.findIndex(({ name }) => name === field.name)
  if (at < 0) return { ...before, fields: [...before.fields, field] }
  return { ...before, fields: before.fields.map((known, i) => (i === at ? field : known)) }
}

function otherRollups({ rollups }: TableDefinition, everyMs: number): readonly RollupRule[] {
  return rollups.filter((rule) => rule.everyMs !== everyMs)
}

function isSame(a: TableDefinition, b: TableDefinition): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function byWidth(a: RollupRule, b: RollupRule): number {
  return a.everyMs - b.everyMs
}
