import { collectRows, type Engine, type LiveUpdate, openEngine, TidemarkError, valueAt } from '../../engine/engine.ts'
import { generator } from './block-shapes.ts'
import { inputOf, requestRow, TABLES } from './crash-requests.ts'

/** What keeps the page's database. */
export type PageEngine = 'indexeddb' | 'opfs'

export interface AppendRun {
  seed: number
  /** Number of the first request. */
  first: number
  inFlight: number
  /** One acknowledgement in so many is followed by a flush; 0 never flushes. */
  flushEvery: number
}

export interface StoredRequests {
  /** Number of each stored request with how many of its rows are there. */
  rowsOfRequest: [request: number, rows: number][]
  /** Rows that no request has, or with other values than it gave them; the first of them. */
  wrong: string[]
  segments: number
  quarantined: string[]
}

/** What a page offers that is made to crash. */
export interface CrashPage {
  /** Opens the engine and gives the milliseconds it took, or the kind of the error. */
  open(workers: number, engine: PageEngine, replaceLost?: boolean): Promise<{ openMs: number; kind?: string }>
  stored(): Promise<StoredRequests>
  /** Appends until the page ends. */
  appendOn(run: AppendRun): void
  /** Appends requests, `atOnce` of them together, until one fails, and says with what kind of error. */
  appendUntilError(first: number, most: number): Promise<{ acknowledged: number; kind: string | undefined }>
  /** Appends rows without times until the page ends or `stop` is called, each of a series of its own. */
  appendUntimedOn(first: number): void
  /** Ends what appends on, and says what was acknowledged to this page: of untimed rows, and how long it waited at most. */
  stop(): Promise<{ untimed: number[]; longestWaitMs: number }>
  /** How often each untimed row is stored. */
  storedUntimed(): Promise<[row: number, times: number][]>
  /** Keeps the number of rows of the first table up to date. */
  watch(): void
  watched(): { rows: number; updates: number; error: string | undefined }
  flush(): Promise<void>
  /** Begins an append that keeps the worker busy for a second or so. */
  beginLongAppend(): void
  /** Milliseconds from the call of each of `count` appends to its acknowledgement, and to a query's answer that has it. */
  visibility(first: number, count: number): Promise<{ acknowledged: number[]; visible: number[] }>
  close(): Promise<void>
}

declare global {
  var crashPage: CrashPage | undefined
  /** Given by the test. */
  var reportAcknowledged: (request: number) => Promise<void>
  var reportFailure: (message: string) => Promise<void>
}

const DATABASE = 'crash'
const MOST_WRONG = 10
const LONG_ROWS = 400_000

class EnginePage implements CrashPage {
  #open: Engine | undefined
  #stopped = false
  readonly #running: Promise<void>[] = []
  readonly #untimed: number[] = []
  #longestWaitMs = 0
  #flushing: Promise<void> | undefined
  #watched: { rows: number; updates: number; error: string | undefined } = { rows: 0, updates: 0, error: undefined }

  get #engine(): Engine {
    if (this.#open === undefined) throw new Error('the engine is not open')
    return this.#open
  }

  async open(workers: number, engine: PageEngine, replaceLost = false): Promise<{ openMs: number; kind?: string }> {
    const begun = performance.now()
    const opening = openEngine({ store: { kind: 'browser', database: DATABASE, engine, replaceLost }, workers })
    const kind = await kindOf(opening)
    if (kind === undefined) this.#open = await opening
    return { openMs: performance.now() - begun, ...(kind !== undefined && { kind }) }
  }

  async stored(): Promise<StoredRequests> {
    const rowsOfRequest = new Map<number, number>()
    const wrong: string[] = []
    const { tables } = await this.#engine.catalog()
    for (const table of TABLES.filter((name) => tables.some((known) => known.name === name))) {
      for (const row of await this.#rows(table)) {
        const request = Number(row.request)
        rowsOfRequest.set(request, (rowsOfRequest.get(request) ?? 0) + 1)
        const expected = textOf({ ...requestRow(request, Number(row.place)) })
        const found = textOf({ ...row, table })
        if (found !== expected) wrong.push(`${found} in place of ${expected}`)
      }
    }
    const { segments, quarantined } = await this.#engine.statistics()
    return {
      rowsOfRequest: [...rowsOfRequest],
      wrong: wrong.slice(0, MOST_WRONG),
      segments,
      quarantined: quarantined.map(({ name, reason }) => `${name}: ${reason}`),
    }
  }

  appendOn({ seed, first, inFlight, flushEvery }: AppendRun): void {
    const random = generator(seed)
    let next = first
    const send = async (): Promise<void> => {
      while (!this.#stopped) {
        const request = next++
        await this.#timed(this.#engine.append(inputOf(request)))
        void reportAcknowledged(request)
        if (flushEvery > 0 && random() % flushEvery === 0) this.#flushOnce()
      }
    }
    for (let i = 0; i < inFlight; i++) this.#running.push(send().catch(complain))
  }

  /** A flush while none of this page is under way. */
  #flushOnce(): void {
    this.#flushing ??= this.#engine
      .flush()
      .catch(complain)
      .finally(() => {
        this.#flushing = undefined
      })
  }

  appendUntimedOn(first: number): void {
    const send = async (): Promise<void> => {
      for (let row = first; !this.#stopped; row++) {
        await this.#timed(this.#engine.append({ kind: 'line-protocol', body: `untimed,row=r${row} value=${row}i` }))
        this.#untimed.push(row)
      }
    }
    this.#running.push(send().catch(complain))
  }

  async stop(): Promise<{ untimed: number[]; longestWaitMs: number }> {
    this.#stopped = true
    await Promise.all(this.#running)
    await this.#flushing
    return { untimed: this.#untimed, longestWaitMs: this.#longestWaitMs }
  }

  async storedUntimed(): Promise<[row: number, times: number][]> {
    const times = new Map<number, number>()
    for (const { value } of await this.#rows('untimed')) times.set(Number(value), (times.get(Number(value)) ?? 0) + 1)
    return [...times]
  }

  watch(): void {
    const observer = {
      next: (update: LiveUpdate) => {
        const { columns } = update.kind === 'result' ? update.rows : update.changed
        this.#watched.updates += 1
        this.#watched.rows = Number(columns[0]?.values[0] ?? this.#watched.rows)
      },
      error: (error: Error) => {
        this.#watched.error = String(error)
      },
    }
    this.#engine.subscribe('SELECT count(*) FROM crash_a', observer, { minIntervalMs: 20 })
  }

  watched(): { rows: number; updates: number; error: string | undefined } {
    return this.#watched
  }

  async #timed(work: Promise<unknown>): Promise<void> {
    const begun = performance.now()
    await work
    this.#longestWaitMs = Math.max(this.#longestWaitMs, performance.now() - begun)
  }

  async appendUntilError(first: number, most: number): Promise<{ acknowledged: number; kind: string | undefined }> {
    for (let acknowledged = 0; acknowledged < most; acknowledged++) {
      const kind = await kindOf(this.#engine.append(inputOf(first + acknowledged)))
      if (kind !== undefined) return { acknowledged, kind }
    }
    return { acknowledged: most, kind: undefined }
  }

  flush(): Promise<void> {
    return this.#engine.flush()
  }

  beginLongAppend(): void {
    const lines = Array.from(
      { length: LONG_ROWS },
      (_, i) => `long,series=s${i % 100} a=${i / 7},b=${i / 11},c="${i}" ${i}`,
    )
    this.#engine.append({ kind: 'line-protocol', body: lines.join('\n') }).catch(complain)
  }

  async visibility(first: number, count: number): Promise<{ acknowledged: number[]; visible: number[] }> {
    const acknowledged: number[] = []
    const visible: number[] = []
    for (let request = first; request < first + count; request++) {
      const begun = performance.now()
      await this.#engine.append(inputOf(request))
      acknowledged.push(performance.now() - begun)
      const { batches } = await this.#engine.query('SELECT count(*) FROM crash_a WHERE request = $request', {
        params: { request: BigInt(request) },
      })
      for await (const { columns } of batches) if (columns[0]?.values[0] === 0n) throw new Error('it is not visible')
      visible.push(performance.now() - begun)
    }
    return { acknowledged, visible }
  }

  async close(): Promise<void> {
    await this.#engine.close()
    this.#open = undefined
  }

  async #rows(table: string): Promise<Record<string, unknown>[]> {
    const batch = await collectRows(await this.#engine.query(`SELECT * FROM ${table}`))
    return Array.from({ length: batch.rows }, (_, row) =>
      Object.fromEntries(batch.columns.map((column) => [column.name, valueAt(column, row)])),
    )
  }
}

function textOf(row: Record<string, unknown>): string {
  const cells = Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return cells.map(([name, value]) => `${name}=${String(value)}`).join(' ')
}

function complain(error: unknown): void {
  void reportFailure(String(error))
}

async function kindOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return error instanceof TidemarkError ? error.kind : String(error)
  }
}

globalThis.crashPage = new EnginePage()
