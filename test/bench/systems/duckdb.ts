import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBResultReader, DuckDBValue } from '@duckdb/node-api'
import { BIGINT, DuckDBDataChunk, DuckDBInstance, DuckDBTimestampValue, INTEGER, TIMESTAMP } from '@duckdb/node-api'
import bindings from '@duckdb/node-bindings'
import { ownCpuSeconds } from '../process-usage.ts'
import { type ArrivalBatch, arrivalBatches, FIELDS } from '../tsbs-data.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { decodeSql, hostNumber, insertTags, SCHEMA, toSql } from '../tsbs-sql.ts'
import { type BenchContext, type BenchSystem, type LoadReport, type SystemDescription, timeEach } from './system.ts'

const ROW_TYPES = [TIMESTAMP, INTEGER, ...FIELDS.map(() => BIGINT)]

/** Whole columns are copied into DuckDB's vectors; its own appender takes value by value and is many times slower. */
async function append(
  connection: DuckDBConnection,
  columns: readonly (BigInt64Array<ArrayBuffer> | Int32Array<ArrayBuffer>)[],
): Promise<void> {
  const appender = await connection.createAppender('cpu')
  const rows = columns[0]?.length ?? 0
  const vectorRows = bindings.vector_size()
  for (let first = 0; first < rows; first += vectorRows) {
    const count = Math.min(vectorRows, rows - first)
    const chunk = DuckDBDataChunk.create(ROW_TYPES)
    for (const [i, { buffer, byteOffset, BYTES_PER_ELEMENT: width }] of columns.entries()) {
      const vector = bindings.data_chunk_get_vector(chunk.chunk, i)
      bindings.copy_data_to_vector(vector, 0, buffer, byteOffset + first * width, count * width)
    }
    chunk.rowCount = count
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

function toColumns(batch: ArrivalBatch): (BigInt64Array<ArrayBuffer> | Int32Array<ArrayBuffer>)[] {
  const micros = batch.time.map((nanos) => nanos / 1000n)
  return [micros, batch.hosts, ...batch.fields]
}

function toNumber(value: DuckDBValue | undefined): number {
  if (value instanceof DuckDBTimestampValue) return Number(value.micros / 1_000_000n)
  return typeof value === 'string' ? hostNumber(value) : Number(value)
}

class DuckDb implements BenchSystem {
  readonly version: string = bindings.library_version()
  readonly #context: BenchContext
  readonly #sorted: boolean
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection

  constructor(
    context: BenchContext,
    sorted: boolean,
    database: { instance: DuckDBInstance; connection: DuckDBConnection },
  ) {
    this.#context = context
    this.#sorted = sorted
    this.#instance = database.instance
    this.#connection = database.connection
  }

  /** Making the columns is not counted: they are what a program would have at hand. */
  async load(): Promise<readonly LoadReport[]> {
    const { data, folder } = this.#context
    const report = {
      how: 'columns, 100,000 rows a transaction, checkpoint',
      values: data.values,
      wallMs: 0,
      cpuSeconds: 0,
    }
    const timed = async (work: () => Promise<unknown>): Promise<void> => {
      const [begun, cpu] = [performance.now(), ownCpuSeconds()]
      await work()
      report.wallMs += performance.now() - begun
      report.cpuSeconds += ownCpuSeconds() - cpu
    }
    for (const batch of arrivalBatches(data)) {
      const columns = toColumns(batch)
      await timed(() => append(this.#connection, columns))
    }
    await timed(() => this.#connection.run('CHECKPOINT'))
    if (!this.#sorted) return [report]
    report.how += ', then rewritten by host and time'
    await timed(async () => {
      await this.#connection.run(`ATTACH '${join(folder, 'sorted.db')}' AS sorted`)
      await this.#connection.run('CREATE TABLE sorted.tags AS SELECT * FROM tags')
      await this.#connection.run('CREATE TABLE sorted.cpu AS SELECT * FROM cpu ORDER BY tags_id, time')
      await this.#connection.run('CHECKPOINT sorted')
      await this.#connection.run('USE sorted')
    })
    return [report]
  }

  async countRows(): Promise<number> {
    return Number((await this.#read('SELECT count(*) FROM cpu')).getRows()[0]?.[0])
  }

  async storedBytes(): Promise<number> {
    const sizes = await this.#read(
      'SELECT used_blocks * block_size FROM pragma_database_size() WHERE database_name = current_database()',
    )
    return Number(sizes.getRows()[0]?.[0])
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    const result = await this.#read(toSql(query))
    const names = result.columnNames()
    const rows = result.getRows()
    return decodeSql(query, {
      rows: rows.length,
      names,
      value: (name, row) => toNumber(rows[row]?.[names.indexOf(name)]),
    })
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return timeEach(queries, rounds, async (query) => (await this.#read(toSql(query))).currentRowCount)
  }

  cpuSeconds(): number {
    return ownCpuSeconds()
  }

  async close(): Promise<void> {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  #read(sql: string): Promise<DuckDBResultReader> {
    return this.#connection.runAndReadAll(sql)
  }
}

async function open(context: BenchContext, sorted: boolean): Promise<BenchSystem> {
  mkdirSync(context.folder, { recursive: true })
  const instance = await DuckDBInstance.create(join(context.folder, 'arrival.db'))
  const connection = await instance.connect()
  for (const statement of [...SCHEMA, insertTags(context.data)]) await connection.run(statement)
  return new DuckDb(context, sorted, { instance, connection })
}

/** DuckDB in process, rows in the order in which they arrived. */
export const duckdb: SystemDescription = {
  label: 'DuckDB',
  own: false,
  missing: () => undefined,
  open: (context) => open(context, false),
}

/** The same, rewritten in the order that suits these queries. */
export const duckdbSorted: SystemDescription = {
  label: 'DuckDB by host, time',
  own: false,
  missing: () => undefined,
  open: (context) => open(context, true),
}
