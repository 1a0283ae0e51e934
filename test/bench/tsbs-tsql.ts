import { type Batch, type Column, isValid } from '../../engine/core/batch.ts'
import { FIELDS } from './tsbs-data.ts'
import type { Answer, TsbsQuery } from './tsbs-queries.ts'
import { hostNumber } from './tsbs-sql.ts'

export interface TsqlStatement {
  text: string
  /** Nanoseconds. */
  params: Readonly<Record<string, bigint>>
}

const nanos = (second: number): bigint => BigInt(second) * 1_000_000_000n

const WINDOW = 'time >= $start AND time < $end'

const windowParams = (query: { start: number; end: number }): Record<string, bigint> => ({
  start: nanos(query.start),
  end: nanos(query.end),
})

const duration = (seconds: number): string => (seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds / 60}m`)

const aggregates = (name: string, fields: readonly string[]): string =>
  fields.map((field) => `${name}(${field})`).join(', ')

function onHosts(hosts: readonly number[]): string {
  const names = hosts.map((host) => `'host_${host}'`)
  return `${names.length === 1 ? `hostname = ${names[0]}` : `hostname IN (${names.join(', ')})`} AND `
}

/** The question in TSQL. */
export function toTsql(query: TsbsQuery): TsqlStatement {
  switch (query.kind) {
    case 'max-by-time': {
      const select = `SELECT ${aggregates('max', query.fields)} FROM cpu`
      const text = `${select} WHERE ${onHosts(query.hosts)}${WINDOW} GROUP BY ${duration(query.bucketSeconds)}`
      return { text, params: windowParams(query) }
    }
    case 'mean-by-time-and-host': {
      const select = `SELECT ${aggregates('avg', query.fields)} FROM cpu`
      const text = `${select} WHERE ${WINDOW} GROUP BY ${duration(query.bucketSeconds)}, hostname`
      return { text, params: windowParams(query) }
    }
    case 'rows-above': {
      const hosts = query.hosts === undefined ? '' : onHosts(query.hosts)
      const text = `SELECT * FROM cpu WHERE usage_user > ${query.threshold} AND ${hosts}${WINDOW}`
      return { text, params: windowParams(query) }
    }
    case 'newest-rows':
      return { text: 'SELECT * FROM cpu LATEST ON time PARTITION BY hostname', params: {} }
    case 'newest-buckets': {
      const bucket = duration(query.bucketSeconds)
      const select = `SELECT max(usage_user) FROM cpu WHERE time < $end`
      const text = `${select} GROUP BY ${bucket} ORDER BY time DESC LIMIT ${query.limit}`
      return { text, params: { end: nanos(query.end) } }
    }
  }
}

/** The statement with its parameters written into the text, for a transport that has no 64-bit integers. */
export function inlineParams({ text, params }: TsqlStatement): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => String(params[name]))
}

function numberAt(column: Column, row: number): number {
  const value = isValid(column.validity, row) ? column.values[row] : undefined
  if (value === undefined) return NaN
  if (column.type === 'time') return Number(BigInt(value) / 1_000_000_000n)
  return column.type === 'string' ? hostNumber(column.dictionary[Number(value)] ?? '') : Number(value)
}

/** Columns of the answer in the order in which answers are compared: time, host, then values in theirs. */
function comparedColumns(query: TsbsQuery, columns: readonly Column[]): Column[] {
  const whole = query.kind === 'rows-above' || query.kind === 'newest-rows'
  const keys = ['time', 'hostname']
  const found = keys.flatMap((name) => columns.find((column) => column.name === name) ?? [])
  if (!whole) return [...found, ...columns.filter((column) => !keys.includes(column.name))]
  return [...found, ...FIELDS.flatMap((name) => columns.find((column) => column.name === name) ?? [])]
}

export async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const collected: Batch[] = []
  for await (const batch of batches) collected.push(batch)
  return collected
}

export function decodeBatches(query: TsbsQuery, batches: readonly Batch[]): Answer {
  return batches.flatMap((batch) => {
    const columns = comparedColumns(query, batch.columns)
    return Array.from({ length: batch.rows }, (_, row) => columns.map((column) => numberAt(column, row)))
  })
}
