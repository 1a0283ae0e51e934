import { join } from 'node:path'
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
import { FIELDS, INTERVAL_SECONDS, type TsbsData } from '../tsbs-data.ts'
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
const SETTLED_MS = 6000
/** A range query looks at (t - step, t]; a millisecond before a bucket's end makes that the bucket. */
const BEFORE_END = 0.001

/** Rewritten queries: VictoriaMetrics has series of single values, `cpu_usage_user` and so on. */
function selector(fields: readonly string[], hosts?: readonly number[]): string {
  const matchers: string[] = []
  const every = fields.length === FIELDS.length
  if (fields.length > 1) matchers.push(`__name__=~"${every ? 'cpu_usage_.*' : `cpu_(${fields.join('|')})`}"`)
  if (hosts?.length === 1) matchers.push(`hostname="host_${hosts[0]}"`)
  else if (hosts !== undefined) matchers.push(`hostname=~"${hosts.map((host) => `host_${host}`).join('|')}"`)
  return `${fields.length === 1 ? `cpu_${fields[0]}` : ''}{${matchers.join(',')}}`
}

/** Without its result cache, which answers a repeated question from memory. */
function rangeQuery(query: string, [start, end]: [number, number], step: number): string {
  const times = { start: start.toFixed(3), end: end.toFixed(3), step: String(step) }
  return `/api/v1/query_range?${new URLSearchParams({ query, ...times, nocache: '1' })}`
}

function byBucket(query: string, window: { start: number; end: number }, step: number): string {
  return rangeQuery(query, [window.start + step - BEFORE_END, window.end - BEFORE_END], step)
}

/** The question as a path of its HTTP interface, in MetricsQL. */
function toPath(query: TsbsQuery, data: TsbsData): string {
  switch (query.kind) {
    case 'max-by-time': {
      const maxima = `max_over_time(${selector(query.fields, query.hosts)}[${query.bucketSeconds}s])`
      return byBucket(`max(${maxima}) by (__name__)`, query, query.bucketSeconds)
    }
    case 'mean-by-time-and-host': {
      const means = `avg_over_time(${selector(query.fields)}[${query.bucketSeconds}s])`
      return byBucket(`avg(${means}) by (__name__, hostname)`, query, query.bucketSeconds)
    }
    case 'rows-above': {
      // One evaluation per row: every field where usage_user is above the threshold at that time.
      const above = `${selector(['usage_user'], query.hosts)} > ${query.threshold}`
      const first = Math.ceil(query.start / INTERVAL_SECONDS) * INTERVAL_SECONDS
      const text = `${selector(FIELDS, query.hosts)} and on(hostname) (${above})`
      return rangeQuery(text, [first, query.end - BEFORE_END], INTERVAL_SECONDS)
    }
    case 'newest-rows': {
      const text = `last_over_time(${selector(FIELDS)}[${data.end - data.start}s])`
      return `/api/v1/query?${new URLSearchParams({ query: text, time: String(data.end), nocache: '1' })}`
    }
    case 'newest-buckets': {
      // It reads the last buckets only, which presumes that none of them is empty.
      const start = query.end - query.limit * query.bucketSeconds
      const maxima = `max_over_time(cpu_usage_user[${query.bucketSeconds}s])`
      return byBucket(`max(${maxima})`, { start, end: query.end }, query.bucketSeconds)
    }
  }
}

interface PromAnswer {
  status: string
  error?: string
  data: { result: { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] }[] }
}

/** Puts series of single values together to rows. */
function decode(query: TsbsQuery, data: TsbsData, body: Buffer): Answer {
  const parsed: PromAnswer = JSON.parse(body.toString())
  if (parsed.status !== 'success') throw new Error(parsed.error)
  const rows = new Map<string, number[]>()
  const isWhole = query.kind === 'rows-above' || query.kind === 'newest-rows'
  const withHost = isWhole || query.kind === 'mean-by-time-and-host'
  const step = 'bucketSeconds' in query ? query.bucketSeconds : 0
  for (const { metric, values, value } of parsed.data.result) {
    const name = metric.__name__ ?? 'cpu_usage_user'
    const host = withHost ? [hostNumber(metric.hostname ?? '')] : []
    for (const [second, text] of values ?? (value === undefined ? [] : [value])) {
      // The newest value's own time is not part of the answer, so it is filled in and not compared.
      const time = query.kind === 'newest-rows' ? data.end - INTERVAL_SECONDS : Math.round(second + BEFORE_END) - step
      const key = `${time} ${host.join()}`
      const row = rows.get(key) ?? [time, ...host]
      rows.set(key, row)
      row[1 + host.length + FIELDS.indexOf(name.slice('cpu_'.length))] = Number(text)
    }
  }
  return [...rows.values()]
}

class VictoriaMetrics implements BenchSystem {
  readonly version: string = packageVersion('victoria-metrics')
  readonly #context: BenchContext
  readonly #server: ServerProcess
  readonly #http: HttpClient

  constructor(context: BenchContext, server: ServerProcess, http: HttpClient) {
    this.#context = context
    this.#server = server
    this.#http = http
  }

  async load(): Promise<readonly LoadReport[]> {
    const batches = this.#context.lineBatches()
    const about = {
      how: `line protocol over HTTP, ${IN_FLIGHT} requests in flight, force_flush`,
      values: this.#context.data.values,
      cpuSeconds: () => this.cpuSeconds(),
    }
    const report = await measureLoad(about, async () => {
      await sendAll(batches, IN_FLIGHT, async (batch) => {
        await this.#http.post('/write?precision=ns', batch)
      })
      await this.#http.get('/internal/force_flush')
    })
    return [report]
  }

  async countRows(): Promise<number> {
    const { start, end } = this.#context.data
    const query = `sum(count_over_time(cpu_usage_user[${end - start}s]))`
    const path = `/api/v1/query?${new URLSearchParams({ query, time: (end - BEFORE_END).toFixed(3), nocache: '1' })}`
    const answer: PromAnswer = JSON.parse((await this.#http.get(path)).toString())
    return Number(answer.data.result[0]?.value?.[1])
  }

  async storedBytes(): Promise<number> {
    await this.#http.get('/internal/force_flush')
    await this.#http.get('/internal/force_merge')
    const folder = join(this.#context.folder, 'data')
    const bytes = (): number => folderBytes(join(folder, 'data')) + folderBytes(join(folder, 'indexdb'))
    return settled(bytes, SETTLED_MS)
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    const { data } = this.#context
    return decode(query, data, await this.#http.get(toPath(query, data)))
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return timeEach(queries, rounds, async (query) => (await this.#http.get(toPath(query, this.#context.data))).length)
  }

  cpuSeconds(): number | undefined {
    return cpuSecondsOf(this.#server.pid)
  }

  async close(): Promise<void> {
    this.#http.close()
    await this.#server.stop()
  }
}

/** VictoriaMetrics, single node, over HTTP. */
export const victoriametrics: SystemDescription = {
  label: 'VictoriaMetrics',
  own: false,
  alignedOnly: 'its steps begin where the window begins, so it has no partial buckets at the ends',
  missing: () => (isInstalled('victoria-metrics') ? undefined : 'apt-get install victoria-metrics'),
  open: async (context) => {
    const port = await freePort()
    const http = httpClient(port)
    const server = await startServer(
      [
        'victoria-metrics',
        `-storageDataPath=${join(context.folder, 'data')}`,
        `-httpListenAddr=127.0.0.1:${port}`,
        '-retentionPeriod=100y',
        '-search.maxUniqueTimeseries=1000000',
        '-search.maxSamplesPerQuery=2000000000',
        '-selfScrapeInterval=0',
      ],
      { log: join(context.folder, 'log'), ready: () => http.get('/health') },
    )
    return new VictoriaMetrics(context, server, http)
  },
}
