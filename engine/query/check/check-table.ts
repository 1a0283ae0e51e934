import type { FieldType } from '../../core/batch.ts'
import type { FieldDefinition, TableChange, TableDefinition } from '../../core/definition.ts'
import type { Catalog, TableInfo } from '../../core/plan.ts'
import { MAX_ROLLUPS, type RollupRule } from '../../core/rollup.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { parseDuration, printDuration } from '../../core/time.ts'
import { TYPE_NAMES } from '../../function/cast.ts'
import type { DurationSyntax, NameSyntax } from '../parse/syntax.ts'
import type {
  AlterationSyntax,
  ColumnSyntax,
  CreateTableStatement,
  DropTableStatement,
  RollupSyntax,
  TableStatement,
} from '../parse/table-syntax.ts'
import { findTable } from './check-source.ts'
import type { CheckedTable } from './checked.ts'
import { requireNoView, requireUnread } from './named-view.ts'
import { queryError, unknownName } from './query-error.ts'

const NS_PER_MS = 1_000_000n
/** Days of the longest unit of the calendar: what is kept for a month is never gone before the month is over. */
const LONGEST_DAYS: ReadonlyMap<string, number> = new Map([
  ['mo', 31],
  ['q', 92],
  ['y', 366],
])
const FIELD_TYPES: readonly FieldType[] = ['f64', 'i64', 'bool', 'string']

/** Checks a statement that says what a table is, against the tables that there are. */
export function checkTable(statement: TableStatement, catalog: Catalog): CheckedTable {
  const { range, table } = statement
  const change = changeOf(statement, catalog)
  return {
    kind: 'table',
    verb: statement.kind,
    range,
    table: table.name,
    tableRange: table.range,
    ...(change && { change }),
  }
}

/** `undefined` where the statement lets everything be as it is. */
function changeOf(statement: TableStatement, catalog: Catalog): TableChange | undefined {
  if (statement.kind === 'create table') return create(statement, catalog)
  if (statement.kind === 'drop table') return drop(statement, catalog)
  const table = findTable(catalog, statement.table)
  if (statement.alteration.kind === 'add column')
    requireNoView(catalog, statement.table, 'Its columns are those of its query.')
  return alter(statement.alteration, table)
}

function create(statement: CreateTableStatement, catalog: Catalog): TableChange | undefined {
  const { table, ifNotExists, columns, retention, rollups } = statement
  if (catalog.tables.some(({ name }) => name === table.name)) {
    if (ifNotExists) return undefined
    throw queryError(table.range, `there is a table '${table.name}' already`, {
      hint: 'CREATE TABLE IF NOT EXISTS lets it be; ALTER TABLE changes it.',
    })
  }
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name.name)) throw queryError(name.range, `column '${name.name}' is there twice`)
    seen.add(name.name)
  }
  const fields = columns.filter(({ type }) => type !== undefined).map(fieldOf)
  if (fields.length === 0) {
    const expected = ['a field']
    throw queryError(table.range, `a table of nothing but tags has no values; expected a field`, { expected })
  }
  const tags = columns.filter(({ type }) => type === undefined).map(({ name }) => tagOf(name))
  const definition: TableDefinition = {
    tags,
    fields,
    ...(retention && { retentionMs: keptMs(retention) }),
    rollups: rollups.map((rollup, at) => newRollup(rollup, rollups.slice(0, at).map(rollupOf))),
  }
  return { kind: 'create', definition }
}

function drop({ table, ifExists }: DropTableStatement, catalog: Catalog): TableChange | undefined {
  if (ifExists && catalog.tables.every(({ name }) => name !== table.name)) return undefined
  findTable(catalog, table)
  requireNoView(catalog, table, `Write DROP MATERIALIZED VIEW ${table.name}.`)
  requireUnread(catalog, table)
  return { kind: 'drop' }
}

function alter(alteration: AlterationSyntax, table: TableInfo): TableChange {
  switch (alteration.kind) {
    case 'add column':
      return addColumn(alteration.column, table)
    case 'set unit': {
      const { column, unit } = alteration
      const field = requireField(column, table)
      return { kind: 'set unit', field, ...(unit && { unit: unitOf(unit) }) }
    }
    case 'set retention':
      return { kind: 'set retention', retentionMs: keptMs(alteration.retention) }
    case 'drop retention':
      if (table.defined?.retentionMs !== undefined) return { kind: 'set retention' }
      throw notSaid(alteration.range, `RETENTION of '${table.name}'`, table.retentionMs !== undefined)
    case 'add rollup':
      return { kind: 'add rollup', rollup: newRollup(alteration.rollup, table.defined?.rollups ?? []) }
    case 'drop rollup':
      return dropRollup(alteration.width, table)
  }
}

function addColumn(column: ColumnSyntax, table: TableInfo): TableChange {
  const { name, type } = column
  if (table.tags.includes(name.name) || table.fields.some((field) => field.name === name.name)) {
    const hint = 'ALTER TABLE ... SET UNIT gives a field a unit.'
    throw queryError(name.range, `'${table.name}' has a column '${name.name}' already`, { hint })
  }
  return type === undefined ? { kind: 'add tag', name: tagOf(name) } : { kind: 'add field', field: fieldOf(column) }
}

function dropRollup(width: DurationSyntax, table: TableInfo): TableChange {
  const everyMs = widthMs(width)
  const has = (rules: readonly RollupRule[] = []): boolean => rules.some((rule) => rule.everyMs === everyMs)
  if (has(table.defined?.rollups)) return { kind: 'drop rollup', everyMs }
  throw notSaid(
    width.range,
    `ROLLUP ${printDuration(BigInt(everyMs) * NS_PER_MS)} of '${table.name}'`,
    has(table.rollups),
  )
}

function notSaid(range: DurationSyntax['range'], what: string, byOptions: boolean): Error {
  if (!byOptions) return queryError(range, `there is no ${what}`)
  return queryError(range, `no statement has said ${what}: the store was opened with it`, {
    hint: 'Open the store without it.',
  })
}

/** The field that a column declares. */
export function fieldOf({ name, type, unit }: ColumnSyntax): FieldDefinition {
  requireNotTime(name)
  const known = type && TYPE_NAMES.get(type.name.toLowerCase())
  const fieldType = FIELD_TYPES.find((each) => each === known)
  if (type && fieldType === undefined) {
    if (known === 'time') {
      const hint = 'Declare i64, which holds nanoseconds since 1970.'
      throw queryError(type.range, `'${name.name}' cannot be a time: a row has one time`, { hint })
    }
    throw unknownName(type.range, { what: 'type', wrong: type.name }, [...FIELD_TYPES, 'TAG'])
  }
  return { name: name.name, type: fieldType ?? 'f64', ...(unit && { unit: unitOf(unit) }) }
}

function tagOf(name: NameSyntax): string {
  requireNotTime(name)
  return name.name
}

function requireNotTime({ name, range }: NameSyntax): void {
  if (name !== TIME_COLUMN) return
  throw queryError(range, `every table has the column '${TIME_COLUMN}'; it is not declared`)
}

function requireField({ name, range }: NameSyntax, table: TableInfo): string {
  if (table.fields.some((field) => field.name === name)) return name
  if (table.tags.includes(name)) throw queryError(range, `'${name}' is a tag and has no unit`)
  const names = table.fields.map((field) => field.name)
  throw unknownName(range, { what: 'field', wrong: name, of: table.name }, names)
}

function unitOf({ text, range }: NonNullable<ColumnSyntax['unit']>): string {
  if (text === '') throw queryError(range, 'a unit is not empty', { hint: 'DROP UNIT takes one away.' })
  return text
}

function rollupOf({ width, retention }: RollupSyntax): RollupRule {
  return { everyMs: widthMs(width), ...(retention && { keepMs: keptMs(retention) }) }
}

/** A rollup beside others. Throws where there is one of its width, or where they are too many. */
function newRollup(syntax: RollupSyntax, others: readonly RollupRule[]): RollupRule {
  const rule = rollupOf(syntax)
  const { range } = syntax.width
  if (others.some(({ everyMs }) => everyMs === rule.everyMs)) {
    const width = printDuration(BigInt(rule.everyMs) * NS_PER_MS)
    throw queryError(range, `there is a rollup of ${width} already`, {
      hint: 'ALTER TABLE ... DROP ROLLUP takes it away.',
    })
  }
  if (others.length >= MAX_ROLLUPS) throw queryError(range, `a table has ${MAX_ROLLUPS} rollups at most`)
  return rule
}

/** The width of windows: they begin at multiples of it, so that units of the calendar have none. */
function widthMs(syntax: DurationSyntax): number {
  const width = parseDuration(syntax.text)
  if (width === undefined) {
    const hint = 'Windows of a rollup are of ms, s, m, h, d or w, in UTC.'
    throw queryError(syntax.range, `'${syntax.text}' is no fixed width`, { hint })
  }
  return wholeMs(width, syntax)
}

/** How long something is kept; units of the calendar count as long as the longest of them. */
export function keptMs(syntax: DurationSyntax): number {
  const text = syntax.text.replaceAll(/(\d+)(mo|q|y)/g, (_, count: string, unit: string) => {
    return `${BigInt(count) * BigInt(LONGEST_DAYS.get(unit) ?? 0)}d`
  })
  const kept = parseDuration(text)
  if (kept === undefined) throw queryError(syntax.range, `'${syntax.text}' is longer than there are times`)
  return wholeMs(kept, syntax)
}

function wholeMs(nanoseconds: bigint, { text, range }: DurationSyntax): number {
  if (nanoseconds > 0n && nanoseconds % NS_PER_MS === 0n) return Number(nanoseconds / NS_PER_MS)
  throw queryError(range, `'${text}' is not a whole number of milliseconds above 0`)
}
