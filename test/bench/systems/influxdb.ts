import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSecondsOf, folderBytes } from '../process-usage.ts'
import {
  freePort,
  type HttpClient,
  httpClient,
  isInstalled,
  packageVersion,
  type ServerProcess,
  settled,
  startServer,
} from '../server-process.ts'
import { FIELDS } from '../tsbs-data.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { hostNumber } from '../tsbs-sql.ts'
import {
  type BenchContext,
  type BenchSystem,
  type LoadReport,
  measureLoad,
  type SystemDescription,
  sendAll,
  timeEach,
} from './system.ts'

const IN_FLIGHT = 4
/** It writes its cache out after 5 s without writes and compacts fully after 10 s, as configured below. */
const SETTLED_MS = 12_000

function configuration(folder: string, port: number, rpcPort: number): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  cache-snapshot-write-cold-duration = "5s"
  compact-full-write-cold-duration = "10s"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  max-body-size = 0
`
}

const at = (second: number): string => `'${new Date(second * 1000).toISOString()}'`

const window = (query: { start: number; end: number }): string =>
  `time >= ${at(query.start)} AND time < ${at(query.end)}`

const onHosts = (hosts: readonly number[]): string =>
  `(${hosts.map((host) => `hostname = 'host_${host}'`).join(' OR ')}) AND `

const aggregates = (name: string, fields: readonly string[]): string =>
  fields.map((field) => `${name}(${field})`).join(', ')

/** The question in InfluxQL. */
function toInfluxQl(query: TsbsQuery): string {
  switch (query.kind) {
    case 'max-by-time':
      return (
        `SELECT ${aggregates('max', query.fields)} FROM cpu WHERE ${onHosts(query.hosts)}${window(query)} ` +
        `GROUP BY time(${query.bucketSeconds}s)`
      )
    case 'mean-by-time-and-host':
      return (
        `SELECT ${aggregates('mean', query.fields)} FROM cpu WHERE ${window(query)} ` +
        `GROUP BY time(${query.bucketSeconds}s), hostname`
      )
    case 'rows-above': {
      const hosts = query.hosts === undefined ? '' : onHosts(query.hosts)
      return `SELECT * FROM cpu WHERE usage_user > ${query.threshold} AND ${hosts}${window(query)}`
    }
    case 'newest-rows':
      return 'SELECT * FROM cpu GROUP BY hostname ORDER BY time DESC LIMIT 1'
    case 'newest-buckets':
      // TSBS' own text lacks ORDER BY and so asks for the oldest buckets.
      return (
        `SELECT max(usage_user) FROM cpu WHERE time < ${at(query.end)} ` +
        `GROUP BY time(${query.bucketSeconds}s) ORDER BY time DESC LIMIT ${query.limit}`
      )
  }
}

interface Series {
  tags?: Record<string, string>
  columns: string[]
  values: (number | string | null)[][]
}
interface InfluxAnswer {
  results: { error?: string; series?: Series[] }[]
}

function decodeRow(query: TsbsQuery, series: Series, row: readonly (number | string | null)[]): number[] | undefined {
  const cell = (name: string): number | string | null | undefined => row[series.columns.indexOf(name)]
  if (query.kind === 'rows-above' || query.kind === 'newest-rows') {
    const host = series.tags?.hostname ?? String(cell('hostname'))
    return [Number(row[0]), hostNumber(host), ...FIELDS.map((field) => Number(cell(field)))]
  }
  // Empty buckets inside the window come back as nulls.
  if (row[1] === null) return undefined
  const numbers = row.map(Number)
  if (query.kind === 'mean-by-time-and-host') numbers.splice(1, 0, hostNumber(series.tags?.hostname ?? ''))
  return numbers
}

function decode(query: TsbsQuery, body: Buffer): Answer {
  const parsed: InfluxAnswer = JSON.parse(body.toString())
  const result = parsed.results[0]
  if (result?.error !== undefined) throw new Error(result.error)
  const rows = (result?.series ?? []).flatMap((series) => series.values.map((row) => decodeRow(query, series, row)))
  return rows.filter((row) => row !== undefined)
}

class InfluxDb implements BenchSystem {
  readonly version: string = packageVersion('influxdb')
  readonly #context: BenchContext
  readonly #server: ServerProcess
  readonly #http: HttpClient

  constructor(context: BenchContext, server: ServerProcess, http: HttpClient) {
    this.#context = context
    this.#server = server
    this.#http = http
  }

  async load(): Promise<readonly LoadReport[]> {
    await this.#http.post(`/query?q=${encodeURIComponent('CREATE DATABASE tsbs')}`, '')
    const batches = this.#context.lineBatches()
    const about = {
      how: `line protocol over HTTP, ${IN_FLIGHT} requests in flight`,
      values: this.#context.data.values,
      cpuSeconds: () => this.cpuSeconds(),
    }
    const report = await measureLoad(about, () =>
      sendAll(batches, IN_FLIGHT, async (batch) => {
        await this.#http.post('/write?db=tsbs&precision=ns', batch)
      }),
    )
    return [report]
  }

  async countRows(): Promise<number> {
    const answer: InfluxAnswer = JSON.parse((await this.#query('SELECT count(usage_user) FROM cpu')).toString())
    return Number(answer.results[0]?.series?.[0]?.values[0]?.[1])
  }

  async storedBytes(): Promise<number> {
    const { folder } = this.#context
    await sleep(SETTLED_MS)
    return settled(() => folderBytes(join(folder, 'data')) + folderBytes(join(folder, 'wal')), SETTLED_MS)
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    return decode(query, await this.#query(toInfluxQl(query)))
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return timeEach(queries, rounds, async (query) => (await this.#query(toInfluxQl(query))).length)
  }

  cpuSeconds(): number | undefined {
    return cpuSecondsOf(this.#server.pid)
  }

  async close(): Promise<void> {
    this.#http.close()
    await this.#server.stop()
  }

  #query(text: string): Promise<Buffer> {
    return this.#http.get(`/query?db=tsbs&epoch=s&q=${encodeURIComponent(text)}`)
  }
}

/** InfluxDB 1.x over HTTP. */
export const influxdb: SystemDescription = {
  label: 'InfluxDB',
  own: false,
  missing: () => (isInstalled('influxd') ? undefined : 'apt-get install influxdb'),
  open: async (context) => {
    const port = await freePort()
    const path = join(context.folder, 'influxdb.conf')
    writeFileSync(path, configuration(context.folder, port, await freePort()))
    const http = httpClient(port)
    const server = await startServer(['influxd', '-config', path], {
      log: join(context.folder, 'log'),
      ready: () => http.get('/ping'),
    })
    return new InfluxDb(context, server, http)
  },
}
