import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from '@uwdata/flechette'
import { openEngine } from '../../../engine/engine.ts'
import { cpuSecondsOf, folderBytes } from '../process-usage.ts'
import { freePort, type HttpClient, httpClient, type ServerProcess, startServer } from '../server-process.ts'
import { FIELDS } from '../tsbs-data.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { hostNumber } from '../tsbs-sql.ts'
import { inlineParams, toTsql } from '../tsbs-tsql.ts'
import { measureVisibility } from '../visibility.ts'
import {
  type BenchContext,
  type BenchSystem,
  type LoadReport,
  measureLoad,
  type SystemDescription,
  sendAll,
  timeEach,
} from './system.ts'
import { CORE_PATH } from './tidemark.ts'

const IN_FLIGHT = 4
const CLI_PATH = join(import.meta.dirname, '..', '..', '..', 'relay', 'cli.ts')
const WRITE_PATH = '/api/v2/write?org=bench&bucket=bench&precision=ns'
const ARROW = 'application/vnd.apache.arrow.stream'

export interface Relay {
  process: ServerProcess
  http: HttpClient
  directory: string
  close(): Promise<void>
}

export interface RelayFlags {
  answerCacheMiB?: number
  /** As many threads as the relay chooses, or so many. */
  workers?: number
}

/** A relay over a folder; systems are compared without caches of answers. */
export async function startRelay(
  directory: string,
  log: string,
  { answerCacheMiB = 0, workers }: RelayFlags = {},
): Promise<Relay> {
  const port = await freePort()
  const http = httpClient(port)
  const cache = ['--answer-cache', String(answerCacheMiB)]
  const threads = workers === undefined ? [] : ['--workers', String(workers)]
  const options = ['--data', directory, '--port', String(port), '--no-host-metrics', ...cache, ...threads]
  const server = await startServer([process.execPath, CLI_PATH, 'serve', ...options], {
    log,
    ready: () => http.get('/health'),
  })
  const close = async (): Promise<void> => {
    http.close()
    await server.stop()
  }
  return { process: server, http, directory, close }
}

function ask(http: HttpClient, text: string): Promise<Buffer> {
  const headers = { 'content-type': 'application/json', accept: ARROW }
  return http.post('/api/query', JSON.stringify({ query: text }), headers)
}

export async function write(http: HttpClient, body: string | Uint8Array): Promise<void> {
  await http.post(WRITE_PATH, body)
}

interface ArrowColumns {
  rows: number
  names: readonly string[]
  /** Time in nanoseconds. */
  value(name: string, row: number): unknown
}

function readArrow(body: Buffer): ArrowColumns {
  const table = tableFromIPC(new Uint8Array(body), { useBigInt: true, useDate: false })
  return { rows: table.numRows, names: table.names.map(String), value: (name, row) => table.getChild(name)?.at(row) }
}

async function askNumber(http: HttpClient, text: string): Promise<number | undefined> {
  const { rows, names, value } = readArrow(await ask(http, text))
  return rows === 0 ? undefined : Number(value(names.at(-1) ?? '', 0))
}

export async function readProbe(http: HttpClient, least: number): Promise<number[]> {
  const { rows, value } = readArrow(await ask(http, `SELECT value FROM probe WHERE value >= ${least}`))
  return Array.from({ length: rows }, (_, row) => Number(value('value', row)))
}

function decode(query: TsbsQuery, body: Buffer): Answer {
  const { rows, names, value } = readArrow(body)
  const whole = query.kind === 'rows-above' || query.kind === 'newest-rows'
  const keys = ['time', 'hostname'].filter((name) => names.includes(name))
  const compared = [...keys, ...(whole ? FIELDS : names.filter((name) => !keys.includes(name)))]
  const toNumber = (name: string, row: number): number => {
    const cell = value(name, row)
    if (name === 'time') return Number(cell) / (typeof cell === 'bigint' ? 1e9 : 1e3)
    return typeof cell === 'string' ? hostNumber(cell) : Number(cell)
  }
  return Array.from({ length: rows }, (_, row) => compared.map((name) => toNumber(name, row)))
}

class TidemarkHttp implements BenchSystem {
  readonly version: string = `Node ${process.versions.node}`
  readonly #context: BenchContext
  readonly #flags: RelayFlags
  #relay: Relay

  constructor(context: BenchContext, { relay, flags }: { relay: Relay; flags: RelayFlags }) {
    this.#context = context
    this.#flags = flags
    this.#relay = relay
  }

  static async open(context: BenchContext, flags: RelayFlags): Promise<TidemarkHttp> {
    const { folder } = context
    return new TidemarkHttp(context, {
      relay: await startRelay(join(folder, 'data'), join(folder, 'log'), flags),
      flags,
    })
  }

  async load(): Promise<readonly LoadReport[]> {
    const batches = this.#context.lineBatches()
    const how = `line protocol over HTTP, ${IN_FLIGHT} requests in flight, each durable`
    const about = { how, values: this.#context.data.values, cpuSeconds: () => this.cpuSeconds() }
    return [await measureLoad(about, () => sendAll(batches, IN_FLIGHT, (batch) => write(this.#relay.http, batch)))]
  }

  async countRows(): Promise<number> {
    return (await askNumber(this.#relay.http, 'SELECT count(*) FROM cpu')) ?? 0
  }

  /** Stops the relay, compacts the store, so that all is at rest, and starts the relay again. */
  async storedBytes(): Promise<number> {
    await this.#relay.close()
    const engine = await openEngine({ store: { kind: 'files', directory: this.#relay.directory } })
    await engine.compact()
    await engine.close()
    const bytes = folderBytes(this.#relay.directory)
    this.#relay = await startRelay(this.#relay.directory, join(this.#context.folder, 'log'), this.#flags)
    return bytes
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    return decode(query, await ask(this.#relay.http, inlineParams(toTsql(query))))
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return timeEach(queries, rounds, async (query) => (await ask(this.#relay.http, inlineParams(toTsql(query)))).length)
  }

  cpuSeconds(): number | undefined {
    return cpuSecondsOf(this.#relay.process.pid)
  }

  async visibility(): Promise<number[]> {
    const { folder } = this.#context
    const relay = await startRelay(join(folder, 'visibility'), join(folder, 'visibility-log'), this.#flags)
    try {
      // The table has to exist before the first question.
      await write(relay.http, 'probe value=0i 1\n')
      return await measureVisibility({
        batches: this.#context.lineBatches(),
        inFlight: IN_FLIGHT,
        ingest: (batch) => write(relay.http, batch),
        write: (value) => write(relay.http, `probe value=${value}i ${value + 1}\n`),
        read: (least) => readProbe(relay.http, least),
      })
    } finally {
      await relay.close()
    }
  }

  close(): Promise<void> {
    return this.#relay.close()
  }
}

const missing = (): string | undefined => (existsSync(CORE_PATH) ? undefined : 'node scripts/run.mjs core')

/** Tidemark's relay over HTTP: line protocol in, Arrow out. */
export const tidemarkHttp: SystemDescription = {
  label: 'Tidemark over HTTP',
  own: true,
  missing,
  open: (context) => TidemarkHttp.open(context, {}),
}

/** The same without threads of its own: all is done in the one that serves. */
export const tidemarkHttpInline: SystemDescription = {
  label: "Tidemark over HTTP, in the relay's thread",
  own: true,
  missing,
  open: (context) => TidemarkHttp.open(context, { workers: 0 }),
}
