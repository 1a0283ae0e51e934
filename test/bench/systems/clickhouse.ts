import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJsonCompact, nativeBlock, SCHEMA, tagLines, toClickHouse } from '../clickhouse-sql.ts'
import { cpuSecondsOf } from '../process-usage.ts'
import {
  freePort,
  type HttpClient,
  httpClient,
  isInstalled,
  type ServerProcess,
  startServer,
} from '../server-process.ts'
import { arrivalBatches } from '../tsbs-data.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import {
  type BenchContext,
  type BenchSystem,
  type LoadReport,
  measureLoad,
  type SystemDescription,
  sendAll,
  timeEach,
} from './system.ts'

const PROGRAM = 'clickhouse-server'
const OLD = { join: 'ANY INNER JOIN' } as const
const MAX_MEMORY_BYTES = 8_000_000_000

interface Ports {
  http: number
  tcp: number
  interserver: number
}

/** One user without a password on the loopback interface, no log of queries, times in UTC. */
function writeConfiguration(folder: string, ports: Ports): string {
  const users = `<yandex>
  <profiles><default><max_memory_usage>${MAX_MEMORY_BYTES}</max_memory_usage><log_queries>0</log_queries></default></profiles>
  <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
  <quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors><result_rows>0</result_rows>
    <read_rows>0</read_rows><execution_time>0</execution_time></interval></default></quotas>
</yandex>`
  const server = `<yandex>
  <logger><level>warning</level><log>${folder}/server.log</log><errorlog>${folder}/errors.log</errorlog></logger>
  <http_port>${ports.http}</http_port><tcp_port>${ports.tcp}</tcp_port><interserver_http_port>${ports.interserver}</interserver_http_port>
  <listen_host>127.0.0.1</listen_host><max_connections>64</max_connections><timezone>UTC</timezone>
  <uncompressed_cache_size>0</uncompressed_cache_size><mark_cache_size>1073741824</mark_cache_size>
  <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path><users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
</yandex>`
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'users.xml'), users)
  writeFileSync(join(folder, 'config.xml'), server)
  return join(folder, 'config.xml')
}

class ClickHouse implements BenchSystem {
  readonly version: string
  readonly #context: BenchContext
  readonly #server: ServerProcess
  readonly #http: HttpClient

  constructor(context: BenchContext, server: { process: ServerProcess; http: HttpClient; version: string }) {
    this.#context = context
    this.#server = server.process
    this.#http = server.http
    this.version = server.version
  }

  /** Making the blocks is not counted: they are what a program would have at hand. */
  async load(): Promise<readonly LoadReport[]> {
    const { data } = this.#context
    const blocks = Array.from(arrivalBatches(data), nativeBlock)
    const about = {
      how: 'Native blocks of 100,000 rows over HTTP, one in flight, merged',
      values: data.values,
      cpuSeconds: () => this.cpuSeconds(),
    }
    const report = await measureLoad(about, async () => {
      await sendAll(blocks, 1, async (block) => void (await this.#run('INSERT INTO cpu FORMAT Native', block)))
      await this.#run('OPTIMIZE TABLE cpu FINAL')
    })
    return [report]
  }

  async countRows(): Promise<number> {
    return Number(await this.#run('SELECT count(*) FROM cpu'))
  }

  async storedBytes(): Promise<number> {
    return Number(await this.#run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'cpu'"))
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    const text = await this.#run(`${toClickHouse(query, OLD)} FORMAT JSONCompact`)
    return decodeJsonCompact(query, text.toString())
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    const ask = async (query: TsbsQuery): Promise<number> =>
      (await this.#run(`${toClickHouse(query, OLD)} FORMAT Native`)).length
    return timeEach(queries, rounds, ask)
  }

  cpuSeconds(): number | undefined {
    return cpuSecondsOf(this.#server.pid)
  }

  async close(): Promise<void> {
    this.#http.close()
    await this.#server.stop()
  }

  #run(sql: string, body: string | Uint8Array = ''): Promise<Buffer> {
    return this.#http.post(`/?${new URLSearchParams({ query: sql })}`, body)
  }
}

/** ClickHouse's server over HTTP, in its own binary format. */
export const clickhouse: SystemDescription = {
  label: 'ClickHouse',
  own: false,
  missing: () => (isInstalled(PROGRAM) ? undefined : 'apt-get install clickhouse-server'),
  open: async (context) => {
    const ports = { http: await freePort(), tcp: await freePort(), interserver: await freePort() }
    const configuration = writeConfiguration(context.folder, ports)
    const http = httpClient(ports.http)
    const process = await startServer([PROGRAM, `--config-file=${configuration}`], {
      log: join(context.folder, 'log'),
      ready: () => http.get('/ping'),
      cwd: context.folder,
    })
    const ask = (sql: string, body: string | Uint8Array = ''): Promise<Buffer> =>
      http.post(`/?${new URLSearchParams({ query: sql })}`, body)
    for (const statement of SCHEMA) await ask(statement)
    await ask('INSERT INTO tags FORMAT TabSeparated', tagLines(context.data))
    const version = (await ask('SELECT version()')).toString().trim()
    return new ClickHouse(context, { process, http, version })
  },
}
