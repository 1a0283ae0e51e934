import { type ArrivalBatch, FIELDS, TAGS, type TsbsData } from './tsbs-data.ts'
import type { Answer, TsbsQuery } from './tsbs-queries.ts'
import { decodeSql, hostNumber } from './tsbs-sql.ts'

/** TSBS' schema for ClickHouse, with the fields as the integers that they are. Both tables call the host's number `tags_id`. */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE cpu (time DateTime, tags_id UInt32, ${FIELDS.map((field) => `${field} Int64`).join(', ')}) ` +
    'ENGINE = MergeTree() PARTITION BY toYYYYMM(time) ORDER BY (tags_id, time)',
  `CREATE TABLE tags (tags_id UInt32, ${TAGS.map((tag) => `${tag} String`).join(', ')}) ENGINE = MergeTree() ORDER BY tags_id`,
]

/** What releases of ClickHouse say differently: since 20 an `ANY INNER JOIN` is something else, and was not meant here. */
export interface Dialect {
  join: 'ANY INNER JOIN' | 'INNER JOIN'
}

const bucket = (seconds: number): string => `${seconds === 60 ? 'toStartOfMinute' : 'toStartOfHour'}(time)`

const aggregates = (name: string, fields: readonly string[]): string =>
  fields.map((field) => `${name}(${field}) AS ${name}_${field}`).join(', ')

const window = (query: { start: number; end: number }): string =>
  `time >= toDateTime(${query.start}) AND time < toDateTime(${query.end})`

const onHosts = (hosts: readonly number[]): string =>
  `tags_id IN (SELECT tags_id FROM tags WHERE hostname IN (${hosts.map((host) => `'host_${host}'`).join(', ')}))`

/** The question in ClickHouse's SQL. */
export function toClickHouse(query: TsbsQuery, { join }: Dialect): string {
  switch (query.kind) {
    case 'max-by-time':
      return (
        `SELECT ${bucket(query.bucketSeconds)} AS b, ${aggregates('max', query.fields)} FROM cpu ` +
        `WHERE ${onHosts(query.hosts)} AND ${window(query)} GROUP BY b ORDER BY b`
      )
    case 'mean-by-time-and-host':
      return (
        `SELECT b, hostname, ${query.fields.map((field) => `avg_${field}`).join(', ')} FROM ` +
        `(SELECT ${bucket(query.bucketSeconds)} AS b, tags_id, ${aggregates('avg', query.fields)} FROM cpu ` +
        `WHERE ${window(query)} GROUP BY b, tags_id) AS means ${join} tags USING (tags_id) ORDER BY b, hostname`
      )
    case 'rows-above': {
      const hosts = query.hosts === undefined ? '' : ` AND ${onHosts(query.hosts)}`
      return `SELECT * FROM cpu WHERE usage_user > ${query.threshold}${hosts} AND ${window(query)}`
    }
    case 'newest-rows':
      return (
        'SELECT * FROM (SELECT * FROM cpu WHERE (tags_id, time) IN (SELECT tags_id, max(time) FROM cpu GROUP BY tags_id)) AS newest ' +
        `${join} (SELECT tags_id, hostname FROM tags) AS hosts USING (tags_id) ORDER BY hostname`
      )
    case 'newest-buckets':
      return (
        `SELECT ${bucket(query.bucketSeconds)} AS b, max(usage_user) AS m FROM cpu WHERE time < toDateTime(${query.end}) ` +
        `GROUP BY b ORDER BY b DESC LIMIT ${query.limit}`
      )
  }
}

/** Rows for `tags` as ClickHouse's TabSeparated. */
export function tagLines(data: TsbsData): string {
  return `${data.tags.map((tags, host) => [host, ...tags].join('\t')).join('\n')}\n`
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

function nativeText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(varint(bytes.length)), bytes])
}

/** Rows as one block of ClickHouse's Native format: for each column its name, its type and its values. */
export function nativeBlock(batch: ArrivalBatch): Buffer {
  const seconds = Uint32Array.from(batch.time, (nanos) => Number(nanos / 1_000_000_000n))
  const column = (name: string, type: string, values: Uint32Array | Int32Array | BigInt64Array): Buffer[] => [
    nativeText(name),
    nativeText(type),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]
  return Buffer.concat([
    Buffer.from([...varint(FIELDS.length + 2), ...varint(batch.rows)]),
    ...column('time', 'DateTime', seconds),
    ...column('tags_id', 'UInt32', batch.hosts),
    ...FIELDS.flatMap((name, i) => column(name, 'Int64', batch.fields[i] ?? new BigInt64Array())),
  ])
}

interface JsonCompact {
  meta: readonly { name: string }[]
  data: readonly (readonly (string | number)[])[]
}

/** An answer in ClickHouse's JSONCompact. Integers of 64 bits come as strings, times as `2016-01-01 00:00:00` in UTC. */
export function decodeJsonCompact(query: TsbsQuery, text: string): Answer {
  const { meta, data }: JsonCompact = JSON.parse(text)
  const names = meta.map(({ name }) => name.replace(/^.*\./, ''))
  const toNumber = (cell: string | number | undefined): number => {
    if (typeof cell !== 'string') return Number(cell)
    if (cell.startsWith('host_')) return hostNumber(cell)
    return /^\d{4}-/.test(cell) ? Date.parse(`${cell.replace(' ', 'T')}Z`) / 1000 : Number(cell)
  }
  const columns = {
    rows: data.length,
    names,
    value: (name: string, row: number) => toNumber(data[row]?.[names.indexOf(name)]),
  }
  return decodeSql(query, columns)
}
