import { systemClock } from '../../engine/core/clock.ts'
import { type ErrorKind, fromPlainError, type PlainError, TidemarkError } from '../../engine/core/errors.ts'
import type { Catalog } from '../../engine/core/plan.ts'
import { parseTimestamp } from '../../engine/core/time.ts'
import type { QueryOptions, QueryResult, RejectedRows, SubscribeOptions, Subscription } from '../../engine/engine.ts'
import { LiveSocket, type SocketState } from './live-socket.ts'
import type { LiveObserver, Source } from './source.ts'
import { chunksOf } from './stream-chunks.ts'

const ARROW_STREAM = 'application/vnd.apache.arrow.stream'
const NANOSECONDS_PER_MS = 1_000_000n
/** A relay that has not answered by then is taken to be away. */
const PROBE_MS = 1500
/** The `Date` header has whole seconds; a smaller difference says nothing. */
const SKEW_NOISE_MS = 2000

const localNowMs = (): number => Number(systemClock.now() / NANOSECONDS_PER_MS)

const kindOfStatus = (status: number): ErrorKind =>
  status === 401 || status === 403 ? 'auth' : status === 429 || status === 503 ? 'quota' : 'io'

async function errorOf(response: Response): Promise<TidemarkError> {
  const text = await response.text()
  try {
    // A cast at the network's edge; what has no kind falls through to the status.
    const { error } = JSON.parse(text) as { error?: PlainError }
    if (error?.kind !== undefined) return fromPlainError(error)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return new TidemarkError(
    kindOfStatus(response.status),
    `the relay answered ${response.status} ${response.statusText}`,
  )
}

type PlainRejection = Omit<RejectedRows['rows'][number], 'time'>

/** A relay over HTTP, with its live answers over one WebSocket. */
export class RelaySource implements Source {
  readonly kind = 'relay'
  readonly #base: URL
  readonly #socket: LiveSocket
  #skewMs = 0
  /** Names of tags in the newest catalog. */
  #tags: ReadonlySet<string> = new Set()

  /** `base` is the address that the relay's `api/` lies below. */
  constructor(base: URL, onState: (state: SocketState) => void) {
    this.#base = base
    const live = new URL('api/live', base)
    live.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:'
    this.#socket = new LiveSocket(live.href, onState)
  }

  /** True where a relay answers; throws `auth` where one answers but wants a token. */
  async probe(): Promise<boolean> {
    try {
      await this.#fetchCatalog(AbortSignal.timeout(PROBE_MS))
      return true
    } catch (error) {
      if (error instanceof TidemarkError && error.kind === 'auth') throw error
      return false
    }
  }

  async query(text: string, options: QueryOptions = {}): Promise<QueryResult> {
    const { readArrowResult } = await import('./arrow-batches.ts')
    const { params, readOnly } = options
    const response = await this.#fetch('api/query', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: ARROW_STREAM },
      body: JSON.stringify({ query: text, params, readOnly }, (_key, value) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
      ...(options.signal && { signal: options.signal }),
    })
    if (response.body === null) throw new TidemarkError('io', 'the relay answered without a body')
    return readArrowResult(chunksOf(response.body), (name) => this.#tags.has(name))
  }

  subscribe(text: string, observer: LiveObserver, options?: SubscribeOptions): Subscription {
    return this.#socket.subscribe(text, observer, options)
  }

  catalog(): Promise<Catalog> {
    return this.#fetchCatalog()
  }

  get backupUrl(): string {
    return new URL('api/admin/backup', this.#base).href
  }

  async rejectedRows(): Promise<RejectedRows> {
    const response = await this.#fetch('api/rejected', { headers: { Accept: 'application/json' } })
    // A cast at the network's edge: the relay's route is typed by the same interface, but for times as texts.
    const { total, rows } = (await response.json()) as { total: number; rows: (PlainRejection & { time: string })[] }
    return { total, rows: rows.map(({ time, ...row }) => ({ ...row, time: parseTimestamp(time) ?? 0n })) }
  }

  nowMs(): number {
    return localNowMs() + this.#skewMs
  }

  async close(): Promise<void> {
    this.#socket.close()
  }

  async #fetchCatalog(signal?: AbortSignal): Promise<Catalog> {
    const response = await this.#fetch('api/catalog', {
      headers: { Accept: 'application/json' },
      ...(signal && { signal }),
    })
    const date = Date.parse(response.headers.get('Date') ?? '')
    const skewMs = date - localNowMs()
    if (Math.abs(skewMs) > SKEW_NOISE_MS) this.#skewMs = skewMs
    const catalog: unknown = await response.json()
    if (typeof catalog !== 'object' || catalog === null || !('tables' in catalog)) {
      throw new TidemarkError('io', 'what answers here is not a Tidemark relay')
    }
    // A cast at the network's edge: the relay's catalog route is typed by the same interface.
    const checked = catalog as Catalog
    this.#tags = new Set(checked.tables.flatMap(({ tags }) => tags))
    return checked
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    let response: Response
    try {
      response = await fetch(new URL(path, this.#base), { credentials: 'same-origin', ...init })
    } catch (cause) {
      if (init.signal?.aborted === true) throw new TidemarkError('cancelled', 'the query was stopped', { cause })
      throw new TidemarkError('io', 'the relay does not answer', { cause, hint: 'Is it still running?' })
    }
    if (!response.ok) throw await errorOf(response)
    return response
  }
}
