import type { TableInfo } from '../../core/plan.ts'
import { LEADING_WORDS } from '../parse/nearest-word.ts'
import type { NameSyntax } from '../parse/syntax.ts'
import { queryError, unknownName } from './query-error.ts'
import { type AroundMatch, columnReference, type Relation, type RelationColumn } from './relation.ts'
import type { ColumnExpression } from './scope.ts'

/** One table or query of FROM, as names see it. */
export interface Source {
  alias: string
  /** The table, where it is one. */
  table?: TableInfo
  columns: readonly SourceColumn[]
}

export interface SourceColumn {
  /** The name that a statement knows it by. */
  name: string
  /** The column of the relation that FROM makes. */
  column: RelationColumn
}

/** What FROM makes: a relation, and how names find its columns. */
export interface Sources {
  relation: Relation
  sources: readonly Source[]
  /** Columns that USING made one, by name. */
  merged: ReadonlyMap<string, RelationColumn>
  /** Rows of another source around each row, which only aggregates see. */
  around?: AroundRows
}

/** What WINDOW JOIN puts around a row. */
export interface AroundRows {
  sources: Sources
  match: AroundMatch
}

/** The column that a name means, where there is one. Throws `query` where it may mean more than one. */
export function findColumn(name: NameSyntax, from: Sources): ColumnExpression | undefined {
  const found = name.qualifier === undefined ? findBare(name, from) : findQualified(name.qualifier, name.name, from)
  return found && columnReference(found)
}

/** The column that a name means: a column, or a source and its column with a dot between. A whole name goes before one with a dot. */
export function resolveColumn(name: NameSyntax, from: Sources): ColumnExpression {
  const found = findColumn(name, from)
  if (found !== undefined) return found
  const [only, second] = from.sources
  if (only === undefined || only.columns.length === 0) {
    throw queryError(name.range, `there is no column '${name.name}': the query has no FROM`)
  }
  const what = only.table && !second ? 'tag or field' : 'column'
  const of = second || only.alias === '' ? {} : { of: only.table?.name ?? only.alias }
  const qualified = name.name.includes('.') || from.sources.length > 1
  throw unknownName(name.range, { what, wrong: name.name, ...of }, [...columnNames(from, qualified), ...LEADING_WORDS])
}

/** The names by which columns can be called. */
function columnNames({ sources }: Sources, qualified: boolean): string[] {
  const bare = sources.flatMap(({ columns }) => columns.map(({ name }) => name))
  if (!qualified) return bare
  return [...bare, ...sources.flatMap(({ alias, columns }) => columns.map(({ name }) => `${alias}.${name}`))]
}

function findBare({ name, range }: NameSyntax, from: Sources): RelationColumn | undefined {
  const merged = from.merged.get(name)
  if (merged !== undefined) return merged
  const found = from.sources.flatMap(({ alias, columns }) =>
    columns.filter((each) => each.name === name).map(({ column }) => ({ alias, column })),
  )
  const [first, second] = found
  if (second !== undefined) {
    const names = found.map(({ alias }) => `${alias}.${name}`)
    throw queryError(range, `'${name}' is in more than one source; expected ${names.join(' or ')}`, { expected: names })
  }
  if (first !== undefined) return first.column
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const column = findQualified(name.slice(0, dot), name.slice(dot + 1), from)
    if (column !== undefined) return column
  }
  return undefined
}

function findQualified(qualifier: string, name: string, { sources }: Sources): RelationColumn | undefined {
  const source = sources.find(({ alias }) => alias === qualifier)
  return source?.columns.find((each) => each.name === name)?.column
}

/** The name that a column has in an answer where the item is nothing but its name. */
export function visibleName(reference: ColumnExpression, { sources }: Sources): string | undefined {
  for (const { columns } of sources) {
    const found = columns.find(({ column }) => column.name === reference.name)
    if (found !== undefined) return found.name
  }
  return undefined
}
