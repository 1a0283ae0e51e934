import { FIELDS, TAGS, type TsbsData } from './tsbs-data.ts'
import type { Answer, TsbsQuery } from './tsbs-queries.ts'

/**
 * TSBS' schema for SQL systems, a table of rows and a table of hosts. TSBS makes the fields DOUBLE; as the integers that
 * they are, DuckDB answers as fast or faster.
 */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE cpu (time TIMESTAMP, tags_id INTEGER, ${FIELDS.map((field) => `${field} BIGINT`).join(', ')})`,
  `CREATE TABLE tags (id INTEGER, ${TAGS.map((tag) => `${tag} VARCHAR`).join(', ')})`,
]

export function insertTags(data: TsbsData): string {
  const rows = data.tags.map((tags, host) => `(${host}, ${tags.map((tag) => `'${tag}'`).join(', ')})`)
  return `INSERT INTO tags VALUES ${rows.join(', ')}`
}

const bucket = (seconds: number): string => `date_trunc('${seconds === 60 ? 'minute' : 'hour'}', time)`

const at = (second: number): string =>
  `TIMESTAMP '${new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ')}'`

const aggregates = (name: string, fields: readonly string[]): string =>
  fields.map((field) => `${name}(${field}) AS ${name}_${field}`).join(', ')

const window = (query: { start: number; end: number }): string =>
  `time >= ${at(query.start)} AND time < ${at(query.end)}`

const onHosts = (hosts: readonly number[]): string =>
  `tags_id IN (SELECT id FROM tags WHERE hostname IN (${hosts.map((host) => `'host_${host}'`).join(', ')}))`

/** The question in DuckDB's SQL. */
export function toSql(query: TsbsQuery): string {
  switch (query.kind) {
    case 'max-by-time':
      return (
        `SELECT ${bucket(query.bucketSeconds)} AS b, ${aggregates('max', query.fields)} FROM cpu ` +
        `WHERE ${onHosts(query.hosts)} AND ${window(query)} GROUP BY b ORDER BY b`
      )
    case 'mean-by-time-and-host':
      return (
        `SELECT b, hostname, ${query.fields.map((field) => `avg_${field}`).join(', ')} FROM ` +
        `(SELECT ${bucket(query.bucketSeconds)} AS b, tags_id AS id, ${aggregates('avg', query.fields)} FROM cpu ` +
        `WHERE ${window(query)} GROUP BY b, id) JOIN tags USING (id) ORDER BY b, hostname`
      )
    case 'rows-above': {
      const hosts = query.hosts === undefined ? '' : ` AND ${onHosts(query.hosts)}`
      return `SELECT * FROM cpu WHERE usage_user > ${query.threshold}${hosts} AND ${window(query)}`
    }
    case 'newest-rows':
      return (
        'SELECT cpu.*, hostname FROM cpu JOIN tags ON tags_id = id ' +
        'WHERE (tags_id, time) IN (SELECT tags_id, max(time) FROM cpu GROUP BY tags_id) ORDER BY hostname'
      )
    case 'newest-buckets':
      return (
        `SELECT ${bucket(query.bucketSeconds)} AS b, max(usage_user) AS m FROM cpu WHERE time < ${at(query.end)} ` +
        `GROUP BY b ORDER BY b DESC LIMIT ${query.limit}`
      )
  }
}

/** Columns of an answer: their names, their values as numbers with times in seconds, and hosts by their numbers. */
export interface SqlColumns {
  rows: number
  names: readonly string[]
  value(column: string, row: number): number
}

/** The number of a host by its name: 17 of `host_17`. */
export const hostNumber = (name: string): number => Number(name.slice('host_'.length))

export function decodeSql(query: TsbsQuery, columns: SqlColumns): Answer {
  const whole = query.kind === 'rows-above' || query.kind === 'newest-rows'
  const names = whole ? ['time', 'tags_id', ...FIELDS] : columns.names
  return Array.from({ length: columns.rows }, (_, row) => names.map((name) => columns.value(name, row)))
}
