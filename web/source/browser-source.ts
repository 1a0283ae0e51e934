import { systemClock } from '../../engine/core/clock.ts'
import type { Catalog } from '../../engine/core/plan.ts'
import type {
  AppendInput,
  AppendResult,
  Engine,
  QueryOptions,
  QueryResult,
  RejectedRows,
  SubscribeOptions,
  Subscription,
} from '../../engine/engine.ts'
import type { LiveObserver, Source } from './source.ts'
import { chunksOf } from './stream-chunks.ts'

/** The name of the app's database in IndexedDB. */
export const APP_DATABASE = 'tidemark'

/** What reads or writes a file; all else is refused one anyway. */
const TRANSFERS = /\b(?:import|export)\b/i

const NANOSECONDS_PER_MS = 1_000_000n

/** The engine of this browser; its data lies in IndexedDB and stays over a reload. */
export class BrowserSource implements Source {
  readonly kind = 'browser'
  readonly #engine: Engine
  readonly #database: string

  private constructor(engine: Engine, database: string) {
    this.#engine = engine
    this.#database = database
  }

  /** Loads the engine and opens a database. Throws `locked` where another tab has it open. */
  static async open(database: string): Promise<BrowserSource> {
    const { openEngine } = await import('../../engine/engine.ts')
    return new BrowserSource(await openEngine({ store: { kind: 'browser', database } }), database)
  }

  async query(text: string, options: QueryOptions = {}): Promise<QueryResult> {
    if (!TRANSFERS.test(text) || options.readOnly === true) return this.#engine.query(text, options)
    const { pageFiles } = await import('../import/page-files.ts')
    return this.#engine.query(text, { ...options, files: pageFiles() })
  }

  subscribe(text: string, observer: LiveObserver, options?: SubscribeOptions): Subscription {
    return this.#engine.subscribe(text, observer, options)
  }

  catalog(): Promise<Catalog> {
    return this.#engine.catalog()
  }

  /** Resolves once the rows are durable in this browser. */
  append(input: AppendInput): Promise<AppendResult> {
    return this.#engine.append(input)
  }

  rejectedRows(): Promise<RejectedRows> {
    return this.#engine.rejectedRows()
  }

  backup(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#engine.backup()
  }

  async restore(file: Blob): Promise<void> {
    const { restoreStore } = await import('../../engine/engine.ts')
    await this.#engine.close()
    await restoreStore({ kind: 'browser', database: this.#database }, chunksOf(file.stream()), { replace: true })
  }

  nowMs(): number {
    return Number(systemClock.now() / NANOSECONDS_PER_MS)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }
}
