import type { Catalog, TableInfo } from '../../core/plan.ts'
import type { NameSyntax, SourceRange, SourceSyntax } from '../parse/syntax.ts'
import { checkJoin } from './check-join.ts'
import type { Output } from './checked.ts'
import { queryError, unknownName } from './query-error.ts'
import { columnReference, outputOf, type Relation, relationColumns, relationInputs, tableColumns } from './relation.ts'
import type { Environment } from './scope.ts'
import type { Sources } from './sources.ts'

/** Most relations of one source, counting the queries of WITH as often as they are named. */
export const MAX_RELATIONS = 1_000

export function findTable(catalog: Catalog, name: NameSyntax): TableInfo {
  const table = catalog.tables.find((each) => each.name === name.name)
  if (table !== undefined) return table
  throw unknownTable(name, catalog, [])
}

function unknownTable(name: NameSyntax, catalog: Catalog, queries: readonly string[]): Error {
  const names = [...queries, ...catalog.tables.map((each) => each.name)]
  return unknownName(name.range, { what: 'table', wrong: name.name }, names)
}

/** What FROM a table makes. */
export function tableSources(table: TableInfo, alias: string = table.name): Sources {
  const columns = tableColumns(table)
  const source = { alias, table, columns: columns.map((column) => ({ name: column.name, column })) }
  return { relation: { kind: 'scan', table, columns }, sources: [source], merged: new Map() }
}

/** The columns of a relation under one alias; `''` where it has none. */
export function relationSources(relation: Relation, alias: string): Sources {
  const columns = relationColumns(relation).map((column) => ({ name: column.name, column }))
  return { relation, sources: [{ alias, columns }], merged: new Map() }
}

/** The columns of an answer, for the clauses behind it. */
export function answerSources(relation: Relation): Sources {
  return relationSources(relation, '')
}

/** Checks what stands behind FROM. */
export function checkSource(source: SourceSyntax, environment: Environment): Sources {
  switch (source.kind) {
    case 'table':
      return checkTable(source, environment)
    case 'query': {
      const relation = renameColumns(
        environment.checkQuery(source.query, environment),
        source.columns,
        source.alias?.name ?? 'the query',
      )
      return counted(relationSources(relation, source.alias?.name ?? ''), source.range)
    }
    case 'join':
      return checkJoin(
        source,
        checkSource(source.left, environment),
        checkSource(source.right, environment),
        environment,
      )
  }
}

function checkTable({ name, alias }: Extract<SourceSyntax, { kind: 'table' }>, environment: Environment): Sources {
  const { catalog, queries } = environment
  const query = queries.get(name.name)
  if (query !== undefined) return counted(relationSources(query, alias?.name ?? name.name), name.range)
  const table = catalog.tables.find((each) => each.name === name.name)
  if (table === undefined) throw unknownTable(name, catalog, [...queries.keys()])
  return counted(tableSources(table, alias?.name), name.range)
}

/** Refuses what is too large, before more is made of it: queries of WITH can double with each name. */
function counted(sources: Sources, range: SourceRange): Sources {
  if (relationCount(sources.relation) <= MAX_RELATIONS) return sources
  throw queryError(range, `a query may be made of ${MAX_RELATIONS} relations, counting what WITH names each time`)
}

function relationCount(relation: Relation): number {
  return relationInputs(relation).reduce((count, input) => count + relationCount(input), 1)
}

/** A relation with other names for its first columns. */
export function renameColumns(relation: Relation, names: readonly NameSyntax[], of: string): Relation {
  if (names.length === 0) return relation
  const columns = relationColumns(relation)
  const surplus = names[columns.length]
  if (surplus) throw queryError(surplus.range, `'${of}' has ${columns.length} columns; expected no more names`)
  const outputs = columns.map((column, at): Output => {
    return outputOf(names[at]?.name ?? column.name, columnReference(column), columns)
  })
  const seen = new Set<string>()
  outputs.forEach(({ name }, at) => {
    const range = names[at]?.range ?? names[0]?.range ?? { offset: 0, length: 0 }
    if (seen.has(name)) throw queryError(range, `two columns would have the name '${name}'`)
    seen.add(name)
  })
  return { kind: 'project', input: relation, outputs }
}
