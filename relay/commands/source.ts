import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Catalog } from '../../engine/core/plan.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import type {
  AppendResult,
  BackupOptions,
  DeleteOptions,
  Engine,
  Precision,
  ResultColumn,
  StoreStatistics,
} from '../../engine/engine.ts'
import { ANSWER_FORMATS } from '../answer-stream.ts'
import { type JsonValue, jsonRows } from '../json-rows.ts'
import type { AdminTask } from '../routes/admin.ts'
import { type RejectedAnswer, rejectedAnswer } from '../routes/rejected.ts'
import type { ColdFlags } from './cold-tier.ts'
import { type LiveReader, liveRows } from './live-answer.ts'
import { localFiles } from './local-files.ts'
import { fileProgress } from './progress.ts'
import { openStore, tellFaults } from './store.ts'

/** An answer by rows, in parts as they come. */
export interface AnswerRows {
  columns: readonly ResultColumn[]
  parts: AsyncIterable<readonly JsonValue[][]>
}

/** How long a query may take to its first rows, and from some rows to the next. Default: as the folder's engine or the relay has it. */
export interface QueryTime {
  timeoutMs?: number
}

/** What a command works on: a folder of data or a relay. */
export interface Source {
  rows(text: string, time?: QueryTime): Promise<AnswerRows>
  /** Passes on what a SUBSCRIBE says until it is stopped, by what this returns, or ends with an error. */
  live(text: string, reader: LiveReader): () => void
  /** The answer in a format of `ANSWER_FORMATS`. */
  bytes(text: string, mediaType: string, time?: QueryTime): Promise<AsyncIterable<Uint8Array>>
  catalog(): Promise<Catalog>
  /** Stores line protocol. */
  append(lines: Uint8Array, precision: Precision): Promise<AppendResult>
  appendRows(rows: ColumnRows): Promise<AppendResult>
  delete(options: DeleteOptions): Promise<void>
  rejected(): Promise<RejectedAnswer>
  /** All data as one file. */
  backup(options: BackupOptions): Promise<AsyncIterable<Uint8Array>>
  statistics(): Promise<StoreStatistics>
  /** Does a task to its end and resolves with what is true then. */
  reorganise(task: AdminTask): Promise<StoreStatistics>
  close(): Promise<void>
}

export interface SourceFlags extends Pick<ColdFlags, 'cold' | 'coldEndpoint' | 'coldKept'> {
  data: string
  url?: string
  token?: string
}

/** Opens the relay at `--url`, or else the folder at `--data`, which must be there unless `create` says otherwise. */
export async function openSource(
  { data, url, token, ...cold }: SourceFlags,
  { create }: { create: boolean },
): Promise<Source> {
  if (url !== undefined) {
    const { RemoteSource } = await import('./remote-source.ts')
    return new RemoteSource(url, token)
  }
  if (!create && !existsSync(data)) {
    throw new TidemarkError(
      'invalid',
      `there is no data folder ${resolve(data)}; name it with --data, or a relay with --url`,
    )
  }
  return new FolderSource(await openStore(data, cold))
}

class FolderSource implements Source {
  readonly #engine: Engine
  readonly #files = localFiles(fileProgress(process.stderr, () => performance.now()))

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async rows(text: string, time: QueryTime = {}): Promise<AnswerRows> {
    const { columns, batches } = await this.#engine.query(text, { ...time, files: this.#files })
    async function* parts(): AsyncGenerator<JsonValue[][]> {
      for await (const batch of batches) yield jsonRows(batch)
    }
    return { columns, parts: parts() }
  }

  async bytes(text: string, mediaType: string, time: QueryTime = {}): Promise<AsyncIterable<Uint8Array>> {
    const format = ANSWER_FORMATS.get(mediaType)
    if (!format) throw new Error(`no format ${mediaType}`)
    return format.encode(await this.#engine.query(text, { ...time, files: this.#files }))
  }

  live(text: string, { next, error }: LiveReader): () => void {
    const subscription = this.#engine.subscribe(text, { next: (update) => next(liveRows(update)), error })
    return () => subscription.unsubscribe()
  }

  catalog(): Promise<Catalog> {
    return this.#engine.catalog()
  }

  append(lines: Uint8Array, precision: Precision): Promise<AppendResult> {
    return this.#engine.append({ kind: 'line-protocol', body: lines, precision })
  }

  appendRows(rows: ColumnRows): Promise<AppendResult> {
    return this.#engine.append({ kind: 'columns', rows })
  }

  delete(options: DeleteOptions): Promise<void> {
    return this.#engine.delete(options)
  }

  rejected(): Promise<RejectedAnswer> {
    return rejectedAnswer(this.#engine)
  }

  async backup(options: BackupOptions): Promise<AsyncIterable<Uint8Array>> {
    return this.#engine.backup(options)
  }

  statistics(): Promise<StoreStatistics> {
    return this.#engine.statistics()
  }

  async reorganise(task: AdminTask): Promise<StoreStatistics> {
    await this.#engine[task]()
    return this.#engine.statistics()
  }

  async close(): Promise<void> {
    try {
      tellFaults((await this.#engine.statistics()).quarantined, (line) => process.stderr.write(`tidemark: ${line}\n`))
    } finally {
      await this.#engine.close()
    }
  }
}
