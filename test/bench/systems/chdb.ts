import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { decodeJsonCompact, nativeBlock, SCHEMA, tagLines, toClickHouse } from '../clickhouse-sql.ts'
import { ownCpuSeconds } from '../process-usage.ts'
import { arrivalBatches, FIELDS, TAGS } from '../tsbs-data.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { type BenchContext, type BenchSystem, type LoadReport, type SystemDescription, timeEach } from './system.ts'

const require = createRequire(import.meta.url)
const CURRENT = { join: 'INNER JOIN' } as const
const COLUMNS = `time DateTime, tags_id UInt32, ${FIELDS.map((field) => `${field} Int64`).join(', ')}`

/** What is used of the package, which is too large to be one of this project's. */
interface Session {
  query(sql: string, format: string): string
  close(): void
}

class Chdb implements BenchSystem {
  readonly version: string
  readonly #context: BenchContext
  readonly #session: Session

  constructor(context: BenchContext, session: Session) {
    this.#context = context
    this.#session = session
    this.version = session.query('SELECT version()', 'TabSeparated').trim()
  }

  /** Making the files of rows is not counted. */
  async load(): Promise<readonly LoadReport[]> {
    const { data, folder } = this.#context
    const report = {
      how: 'Native files of 100,000 rows, merged',
      values: data.values,
      wallMs: 0,
      cpuSeconds: 0,
    }
    const timed = (work: () => unknown): void => {
      const [begun, cpu] = [performance.now(), ownCpuSeconds()]
      work()
      report.wallMs += performance.now() - begun
      report.cpuSeconds += ownCpuSeconds() - cpu
    }
    const file = join(folder, 'rows.native')
    for (const batch of arrivalBatches(data)) {
      writeFileSync(file, nativeBlock(batch))
      timed(() => this.#run(`INSERT INTO cpu SELECT * FROM file('${file}', Native, '${COLUMNS}')`))
    }
    timed(() => this.#run('OPTIMIZE TABLE cpu FINAL'))
    rmSync(file)
    return [report]
  }

  async countRows(): Promise<number> {
    return Number(this.#run('SELECT count(*) FROM cpu'))
  }

  async storedBytes(): Promise<number> {
    return Number(this.#run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'cpu'"))
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    return decodeJsonCompact(query, this.#session.query(toClickHouse(query, CURRENT), 'JSONCompact'))
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    const ask = async (query: TsbsQuery): Promise<number> =>
      this.#session.query(toClickHouse(query, CURRENT), 'Native').length
    return timeEach(queries, rounds, ask)
  }

  cpuSeconds(): number {
    return ownCpuSeconds()
  }

  async close(): Promise<void> {
    this.#session.close()
  }

  #run(sql: string): string {
    return this.#session.query(sql, 'TabSeparated')
  }
}

function isThere(): boolean {
  try {
    require.resolve('chdb')
    return true
  } catch {
    return false
  }
}

/** Today's ClickHouse as a library in the own process. */
export const chdb: SystemDescription = {
  label: 'chDB',
  own: false,
  missing: () => (isThere() ? undefined : 'npm install --no-save chdb@3.4.0 (half a gigabyte)'),
  open: async (context) => {
    process.env.TZ = 'UTC'
    mkdirSync(context.folder, { recursive: true })
    const { Session } = require('chdb') as { Session: new (folder: string) => Session } // a package that may not be there
    const session = new Session(join(context.folder, 'data'))
    for (const statement of ['CREATE DATABASE tsbs', 'USE tsbs', ...SCHEMA]) session.query(statement, 'TabSeparated')
    const tags = join(context.folder, 'tags.tsv')
    writeFileSync(tags, tagLines(context.data))
    const columns = `tags_id UInt32, ${TAGS.map((tag) => `${tag} String`).join(', ')}`
    session.query(`INSERT INTO tags SELECT * FROM file('${tags}', TabSeparated, '${columns}')`, 'TabSeparated')
    return new Chdb(context, session)
  },
}
