import { printQuery, type QueryTree } from './query-tree.ts'

/**
 * What an expression gives. `small` are integers and `exact` doubles of which no sum of a test's size is rounded; `wide` and `odd`
 * are any. `tag` is a column of a tag, of which an absent value is NULL in an answer and `''` in tests.
 */
export type SqlType = 'exact' | 'odd' | 'small' | 'wide' | 'text' | 'tag' | 'bool' | 'time'

export type Dialect = 'ours' | 'theirs'

/** An expression in both dialects: `{0}` stands for its first part, `{q0}` for its first query. */
export interface Sql {
  type: SqlType
  ours: string
  theirs: string
  parts: readonly Sql[]
  queries: readonly QueryTree[]
  /** It is no constant, whatever its parts are. */
  varies?: true
}

export function sql(type: SqlType, ours: string, parts: readonly Sql[] = [], theirs: string = ours): Sql {
  return { type, ours, theirs, parts, queries: [] }
}

export function printSql(node: Sql, dialect: Dialect): string {
  return node[dialect].replaceAll(/\{(q?)(\d+)\}/g, (_, isQuery: string, digits: string) => {
    const at = Number(digits)
    const query = node.queries[at]
    if (isQuery !== '' && query) return printQuery(query, dialect)
    const part = node.parts[at]
    if (part === undefined) throw new Error(`${node.ours} has no part ${digits}`)
    return printSql(part, dialect)
  })
}
