import {
  columnReference,
  type GroupKey,
  outputOf,
  type Relation,
  type RelationColumn,
  relationColumns,
} from './relation.ts'

/**
 * Each row of a relation once: where it came first or, where every column is a tag, as groups of these tags and in the
 * order of groups, for which no row of a table need be read.
 */
export function distinctRows(input: Relation): Relation {
  const columns = relationColumns(input)
  return areTags(columns) ? tagGroups(input, columns) : { kind: 'distinct', input }
}

/** An operand of UNION, INTERSECT or EXCEPT without ALL: rows of tags alone come once before they meet the others. */
export function distinctOperand(input: Relation): Relation {
  const columns = relationColumns(input)
  return areTags(columns) && !isGrouped(input) ? tagGroups(input, columns) : input
}

/** An answer of GROUP BY has all that it groups by among its columns. */
function isGrouped(input: Relation): boolean {
  return input.kind === 'project' && input.input.kind === 'aggregate'
}

function areTags(columns: readonly RelationColumn[]): boolean {
  return columns.length > 0 && columns.every(({ source }) => source === 'tag')
}

function tagGroups(input: Relation, columns: readonly RelationColumn[]): Relation {
  const groups = columns.map((column): GroupKey => {
    return { column: { ...column, key: true }, expression: columnReference(column), label: column.name }
  })
  const outputs = columns.map((column) => outputOf(column.name, columnReference(column), columns))
  return { kind: 'project', input: { kind: 'aggregate', input, groups, calls: [] }, outputs }
}
