import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Batch, StringColumn } from '../../../engine/core/batch.ts'
import type { ColumnRows } from '../../../engine/core/rows.ts'
import { type AppendInput, type Engine, type EngineOptions, openEngine } from '../../../engine/engine.ts'
import { folderBytes, ownCpuSeconds } from '../process-usage.ts'
import { type ArrivalBatch, arrivalBatches, FIELDS, TAGS, type TsbsData } from '../tsbs-data.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { collect, decodeBatches, toTsql } from '../tsbs-tsql.ts'
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

export const CORE_PATH: string = join(import.meta.dirname, '..', '..', '..', 'core.wasm')
const IN_FLIGHT = 4

/** Tags of a batch's rows as dictionary columns. */
function tagColumns(data: TsbsData, hosts: Int32Array): StringColumn[] {
  return TAGS.map((name, i) => {
    const dictionary = [...new Set(data.tags.map((tags) => tags[i] ?? ''))]
    const codeOfHost = data.tags.map((tags) => dictionary.indexOf(tags[i] ?? ''))
    return { name, type: 'string', dictionary, values: Uint32Array.from(hosts, (host) => codeOfHost[host] ?? 0) }
  })
}

export function toColumnRows(data: TsbsData, batch: ArrivalBatch): ColumnRows {
  const fields = FIELDS.map((name, i) => ({
    name,
    type: 'i64' as const,
    values: batch.fields[i] ?? new BigInt64Array(),
  }))
  return { table: 'cpu', time: batch.time, tags: tagColumns(data, batch.hosts), fields }
}

async function append(engine: Engine, input: AppendInput): Promise<void> {
  const { rejectedCount, rejected } = await engine.append(input)
  if (rejectedCount > 0) throw new Error(`${rejectedCount} rows rejected: ${rejected[0]?.reason}`)
}

const lines = (body: string | Uint8Array): AppendInput => ({ kind: 'line-protocol', body })

async function ask(engine: Engine, text: string, params: Readonly<Record<string, bigint>> = {}): Promise<Batch[]> {
  const { batches } = await engine.query(text, { params })
  return collect(batches)
}

async function askNumber(engine: Engine, text: string): Promise<number | undefined> {
  const [batch] = await ask(engine, text)
  const value = batch?.columns.at(-1)?.values[0]
  return value === undefined ? undefined : Number(value)
}

export async function readProbe(engine: Engine, least: number): Promise<number[]> {
  const batches = await ask(engine, `SELECT value FROM probe WHERE value >= ${least}`)
  return batches.flatMap((batch) => {
    const column = batch.columns.find(({ name }) => name === 'value')
    return column === undefined ? [] : Array.from(column.values, Number)
  })
}

/** As many threads as the engine chooses, or so many. */
type Workers = Pick<EngineOptions, 'workers'>

/** A store without answers kept, since systems are compared without. */
function openFolder({ folder }: BenchContext, { name, workers }: { name: string; workers: Workers }): Promise<Engine> {
  const store = { kind: 'files', directory: join(folder, name) } as const
  return openEngine({ store, answerCacheBytes: 0, ...workers })
}

class Tidemark implements BenchSystem {
  readonly version: string = `Node ${process.versions.node}`
  readonly #context: BenchContext
  readonly #workers: Workers
  #engine: Engine

  constructor(context: BenchContext, { engine, workers }: { engine: Engine; workers: Workers }) {
    this.#context = context
    this.#workers = workers
    this.#engine = engine
  }

  static async open(context: BenchContext, workers: Workers): Promise<Tidemark> {
    return new Tidemark(context, { engine: await openFolder(context, { name: 'lines', workers }), workers })
  }

  async load(): Promise<readonly LoadReport[]> {
    return [await this.#loadLines(), await this.#loadColumns()]
  }

  #loadLines(): Promise<LoadReport> {
    const batches = this.#context.lineBatches()
    const how = `line protocol, ${IN_FLIGHT} appends in flight, each durable`
    return measureLoad({ how, values: this.#context.data.values, cpuSeconds: ownCpuSeconds }, () =>
      sendAll(batches, IN_FLIGHT, (batch) => append(this.#engine, lines(batch))),
    )
  }

  /** Making the columns is not counted: they are what a program would have at hand. */
  async #loadColumns(): Promise<LoadReport> {
    const { data } = this.#context
    const engine = await openFolder(this.#context, { name: 'columns', workers: this.#workers })
    const batches = Array.from(arrivalBatches(data), (batch) => toColumnRows(data, batch))
    const how = `columns, 100,000 rows an append, ${IN_FLIGHT} in flight, each durable`
    try {
      return await measureLoad({ how, values: data.values, cpuSeconds: ownCpuSeconds }, () =>
        sendAll(batches, IN_FLIGHT, (rows) => append(engine, { kind: 'columns', rows })),
      )
    } finally {
      await engine.close()
    }
  }

  async countRows(): Promise<number> {
    return (await askNumber(this.#engine, 'SELECT count(*) FROM cpu')) ?? 0
  }

  /** Compacts and closes the store, so that all is at rest, and opens it again. */
  async storedBytes(): Promise<number> {
    await this.#engine.compact()
    await this.#engine.close()
    const bytes = folderBytes(join(this.#context.folder, 'lines'))
    this.#engine = await openFolder(this.#context, { name: 'lines', workers: this.#workers })
    return bytes
  }

  async answer(query: TsbsQuery): Promise<Answer> {
    const { text, params } = toTsql(query)
    return decodeBatches(query, await ask(this.#engine, text, params))
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return timeEach(queries, rounds, async (query) => {
      const { text, params } = toTsql(query)
      return (await ask(this.#engine, text, params)).reduce((sum, batch) => sum + batch.rows, 0)
    })
  }

  cpuSeconds(): number {
    return ownCpuSeconds()
  }

  async visibility(): Promise<number[]> {
    const engine = await openFolder(this.#context, { name: 'visibility', workers: this.#workers })
    try {
      // The table has to exist before the first question.
      await append(engine, lines('probe value=0i 1\n'))
      return await measureVisibility({
        batches: this.#context.lineBatches(),
        inFlight: IN_FLIGHT,
        ingest: (batch) => append(engine, lines(batch)),
        write: (value) => append(engine, lines(`probe value=${value}i ${value + 1}\n`)),
        read: (least) => readProbe(engine, least),
      })
    } finally {
      await engine.close()
    }
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }
}

const missing = (): string | undefined => (existsSync(CORE_PATH) ? undefined : 'node scripts/run.mjs core')

/** Tidemark in process over a folder of files. */
export const tidemark: SystemDescription = {
  label: 'Tidemark',
  own: true,
  missing,
  open: (context) => Tidemark.open(context, {}),
}

/** The same without threads of its own: all is done in the one that asks. */
export const tidemarkInline: SystemDescription = {
  label: "Tidemark, in the caller's thread",
  own: true,
  missing,
  open: (context) => Tidemark.open(context, { workers: 0 }),
}
