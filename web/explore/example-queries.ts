import type { Catalog, TableInfo } from '../../engine/core/plan.ts'
import { RESERVED_WORDS } from '../../engine/query/parse/token.ts'

export interface ExampleQuery {
  title: string
  query: string
}

/** A name as TSQL wants it: bare where it can be, else in double quotes. */
export function quoteName(name: string): string {
  const bare = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED_WORDS.has(name.toLowerCase())
  return bare ? name : `"${name.replaceAll('"', '""')}"`
}

/** Rows of a table as an import shows them first. */
export function firstRowsQuery(table: string): string {
  return `SELECT * FROM ${quoteName(table)} LIMIT 1000`
}

function examplesOf(table: TableInfo): ExampleQuery[] {
  const from = `FROM ${quoteName(table.name)}`
  const examples: ExampleQuery[] = [{ title: `${table.name}: first rows`, query: firstRowsQuery(table.name) }]
  const field = table.fields.find(({ type }) => type === 'f64' || type === 'i64')
  const [tag] = table.tags
  if (field !== undefined && table.name.startsWith('host_')) {
    const value = `avg(${quoteName(field.name)})`
    const by = tag === undefined ? '' : `, ${quoteName(tag)}`
    examples.push({
      title: `${table.name}: last hour by minute`,
      query: `SELECT ${value} ${from}\nWHERE time >= now() - 1h\nGROUP BY 1m${by}`,
    })
  } else if (field !== undefined) {
    const value = quoteName(field.name)
    const by = tag === undefined ? '' : `, ${quoteName(tag)}`
    examples.push({
      title: `${table.name}: ${field.name} by week`,
      query: `SELECT min(${value}), avg(${value}), max(${value}) ${from}\nGROUP BY 1w${by}`,
    })
  }
  if (tag !== undefined) {
    examples.push({
      title: `${table.name}: newest row of each ${tag}`,
      query: `SELECT * ${from}\nLATEST ON time PARTITION BY ${quoteName(tag)}`,
    })
  }
  return examples
}

/** Queries that give an answer on the tables that are there. */
export function exampleQueries(catalog: Catalog): ExampleQuery[] {
  return [{ title: 'all tables', query: 'SHOW TABLES' }, ...catalog.tables.flatMap(examplesOf)]
}
