import type { ColumnType } from '../../core/batch.ts'
import type { Literal } from '../../core/expression.ts'
import type { TableInfo } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import type { InsertStatement, SelectStatement, SourceRange, ValuesSyntax } from '../parse/syntax.ts'
import { checkExpression } from './check-expression.ts'
import type { CheckedInsert, InsertTarget } from './checked.ts'
import { fitted, type Ranged, unify } from './coerce.ts'
import { requireWritable } from './named-view.ts'
import { queryError } from './query-error.ts'
import { columnReference, outputOf, type Relation, type RelationColumn, relationColumns } from './relation.ts'
import { constantScope } from './row-scope.ts'
import type { Environment } from './scope.ts'

/** A column that is to be filled; of one that is new the values say the type. */
interface Wanted extends Omit<InsertTarget, 'type'> {
  type: ColumnType | undefined
  range: SourceRange
}

/** Checks INSERT: what columns there are to fill, and that the values fit them. */
export function checkInsert(statement: InsertStatement, environment: Environment): CheckedInsert {
  const { range, table, query } = statement
  requireWritable(environment.catalog, table)
  const values = constantsOf(query)
  const { relation, targets } = values
    ? fillWithConstants(statement, values, environment)
    : fillWithQuery(statement, environment)
  if (targets.every(({ kind }) => kind !== 'field')) {
    throw queryError(query.range, 'INSERT expected a value of a field: rows of nothing but tags are not kept')
  }
  return { kind: 'insert', range, table: table.name, targets, relation }
}

type Filled = Pick<CheckedInsert, 'relation' | 'targets'>

/** The rows of a query that is VALUES and nothing else: there a constant takes the type of its column. */
function constantsOf({ body, tables, orderBy, limit }: SelectStatement): ValuesSyntax | undefined {
  return body.kind === 'values' && tables.length + orderBy.length === 0 && limit === undefined ? body : undefined
}

function fillWithConstants(
  statement: InsertStatement,
  { rows, range }: ValuesSyntax,
  environment: Environment,
): Filled {
  const { columns, table } = statement
  if (columns.length === 0) {
    const expected = ['names of columns']
    throw queryError(range, 'VALUES expected names of columns before it, as (time, host, usage)', { expected })
  }
  const known = environment.catalog.tables.find(({ name }) => name === table.name)
  const wanted = columns.map(({ name, tag }) => wantedColumn({ name: name.name, tag, range: name.range }, known))
  requireColumns(wanted, range)
  const scope = constantScope(environment, 'VALUES', 'a constant')
  const checked = rows.map((row) => {
    const odd = row[wanted.length] ?? row[0]
    if (row.length !== wanted.length && odd) {
      throw queryError(odd.range, `VALUES expected ${wanted.length} values in each row, but this has ${row.length}`)
    }
    return row.map((syntax): Ranged => [checkExpression(syntax, scope), syntax.range])
  })
  const filled = wanted.flatMap(
    (column, at) =>
      constantColumn(
        column,
        checked.map((row) => row[at] as Ranged),
      ) ?? [],
  )
  const relation: Relation = {
    kind: 'values',
    columns: filled.map(({ target }) => relationColumn(target)),
    rows: rows.map((_, row) => filled.map(({ literals }) => literals[row] ?? null)),
  }
  return { relation, targets: filled.map(({ target }) => target) }
}

/** The constants of one column; `undefined` where a new field has no value that would say its type. */
function constantColumn(
  { name, kind, type }: Wanted,
  cells: readonly Ranged[],
): { target: InsertTarget; literals: readonly Literal[] } | undefined {
  const what = `column '${name}'`
  const fitting = type ? { type, all: cells.map((cell) => fitted(cell, type, what)) } : unify(cells, what)
  if (fitting === undefined) return undefined
  const literals = fitting.all.map((expression, row): Literal => {
    if (expression.kind === 'literal') return expression.value
    throw queryError(cells[row]?.[1] ?? { offset: 0, length: 0 }, 'VALUES expected a constant')
  })
  return { target: { name, kind, type: fieldType(fitting.type, kind) }, literals }
}

/** A field holds a time as nanoseconds. */
function fieldType(type: ColumnType, kind: InsertTarget['kind']): ColumnType {
  return kind === 'field' && type === 'time' ? 'i64' : type
}

function fillWithQuery({ table, columns, query }: InsertStatement, environment: Environment): Filled {
  const relation = environment.checkQuery(query, environment)
  const own = relationColumns(relation)
  const odd = columns[own.length]
  if (odd) throw queryError(odd.name.range, `the query has ${own.length} columns; expected no more names`)
  if (columns.length > 0 && own.length > columns.length) {
    throw queryError(query.range, `INSERT expected ${columns.length} columns, but the query has ${own.length}`)
  }
  const known = environment.catalog.tables.find(({ name }) => name === table.name)
  const wanted = own.map((column, at) => {
    const { name, tag } = columns[at] ?? {}
    const isTag = tag || (columns.length === 0 && column.source === 'tag')
    return wantedColumn({ name: name?.name ?? column.name, tag: isTag, range: name?.range ?? query.range }, known)
  })
  requireColumns(wanted, query.range)
  const targets = wanted.map((column, at): InsertTarget => {
    const { name, kind } = column
    return { name, kind, type: column.type ?? fieldType(own[at]?.type ?? 'f64', kind) }
  })
  const outputs = own.map((column, at) => {
    const { name, type } = targets[at] ?? column
    const isTimeField = column.type === 'time' && type === 'i64'
    const place: Ranged = [columnReference(column), wanted[at]?.range ?? query.range]
    return outputOf(name, isTimeField ? place[0] : fitted(place, type, `column '${name}'`), own)
  })
  return { targets, relation: { kind: 'project', input: relation, outputs } }
}

interface NamedColumn {
  name: string
  tag: boolean
  range: SourceRange
}

/** What a column is by the table, or by what is said of it where the table does not have it. */
function wantedColumn({ name, tag, range }: NamedColumn, known: TableInfo | undefined): Wanted {
  if (name === TIME_COLUMN) {
    if (tag) throw queryError(range, `'${name}' is the time of a row and no tag`)
    return { name, kind: 'time', type: 'time', range }
  }
  const field = known?.fields.find((each) => each.name === name)
  if (field && tag) throw queryError(range, `'${name}' is a field of '${known?.name}' and no tag`)
  if (field) return { name, kind: 'field', type: field.type, range }
  const isTag = tag || known?.tags.includes(name)
  return { name, kind: isTag ? 'tag' : 'field', type: isTag ? 'string' : undefined, range }
}

function requireColumns(wanted: readonly Wanted[], range: SourceRange): void {
  const names = new Set<string>()
  for (const column of wanted) {
    if (names.has(column.name)) throw queryError(column.range, `column '${column.name}' is there twice`)
    names.add(column.name)
  }
  if (names.has(TIME_COLUMN)) return
  const details = { expected: [TIME_COLUMN], hint: 'now() is the time of the statement.' }
  throw queryError(
    wanted[0]?.range ?? range,
    `INSERT expected a column '${TIME_COLUMN}' among those that it fills`,
    details,
  )
}

function relationColumn({ name, kind, type }: InsertTarget): RelationColumn {
  return { name, type, source: kind, key: kind !== 'field' }
}
