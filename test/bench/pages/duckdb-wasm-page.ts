import * as duckdb from '@duckdb/duckdb-wasm'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { decodeSql, hostNumber, toSql } from '../tsbs-sql.ts'
import { type BenchPage, fetchBatches, timeInPage } from './bench-page.ts'

/** DuckDB-WASM in a worker over the origin's private file system, as a web application would run it. */
class DuckDbWasmPage implements BenchPage {
  #database: duckdb.AsyncDuckDB | undefined
  #open: duckdb.AsyncDuckDBConnection | undefined

  get #connection(): duckdb.AsyncDuckDBConnection {
    if (this.#open === undefined) throw new Error('the database is not open')
    return this.#open
  }

  async open(): Promise<string> {
    const worker = new Worker('/duckdb/duckdb-browser-eh.worker.js')
    this.#database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker)
    await this.#database.instantiate(`${location.origin}/duckdb/duckdb-eh.wasm`)
    await this.#database.open({ path: 'opfs://cpu.db', accessMode: duckdb.DuckDBAccessMode.READ_WRITE })
    this.#open = await this.#database.connect()
    const statements: string[] = await (await fetch('/setup.json')).json()
    for (const statement of statements) await this.#connection.query(statement)
    return this.#database.getVersion()
  }

  async load(): Promise<number> {
    let elapsed = 0
    for await (const batch of fetchBatches()) {
      const begun = performance.now()
      await this.#connection.insertArrowFromIPCStream(batch, { name: 'cpu', create: false })
      elapsed += performance.now() - begun
    }
    const begun = performance.now()
    await this.#connection.query('CHECKPOINT')
    return elapsed + performance.now() - begun
  }

  countRows(): Promise<number> {
    return this.#number('SELECT count(*) FROM cpu')
  }

  storedBytes(): Promise<number> {
    return this.#number('SELECT used_blocks * block_size FROM pragma_database_size()')
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    const table = await this.#connection.query(toSql(query))
    const value = (name: string, row: number): number => {
      const cell: unknown = table.getChild(name)?.get(row)
      if (typeof cell === 'string') return hostNumber(cell)
      // Times come as milliseconds.
      return name === 'b' || name === 'time' ? Number(cell) / 1000 : Number(cell)
    }
    return decodeSql(query, { rows: table.numRows, names: table.schema.fields.map((field) => field.name), value })
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return timeInPage(queries, rounds, async (query) => (await this.#connection.query(toSql(query))).numRows)
  }

  async close(): Promise<void> {
    await this.#connection.close()
    await this.#database?.terminate()
  }

  async #number(sql: string): Promise<number> {
    return Number((await this.#connection.query(sql)).getChildAt(0)?.get(0))
  }
}

globalThis.benchPage = new DuckDbWasmPage()
