import { fromPlainError, type PlainError, TidemarkError } from '../../engine/core/errors.ts'
import type { ResultColumn, SubscribeOptions, Subscription } from '../../engine/engine.ts'
import { batchOfRows } from './json-rows.ts'
import type { LiveObserver } from './source.ts'

type JsonRows = readonly (readonly unknown[])[]

/** What the relay says about one subscription. `removed` has the key columns alone. */
type LiveMessage =
  | { id: string; kind: 'result'; columns: ResultColumn[]; keys: string[]; rows: JsonRows }
  | { id: string; kind: 'delta'; changed: { rows: JsonRows }; removed: { rows: JsonRows } }
  | { id: string; error: PlainError }

interface LiveQuery {
  text: string
  options: SubscribeOptions | undefined
  observer: LiveObserver
  columns: readonly ResultColumn[]
  keyColumns: readonly ResultColumn[]
}

export type SocketState = 'connecting' | 'open' | 'waiting'

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 10_000

/** BigInt parameters travel as strings of digits. */
const plainParams = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/** One WebSocket to a relay for all subscriptions; opens with the first, comes back by itself and subscribes anew. */
export class LiveSocket {
  readonly #url: string
  readonly #onState: (state: SocketState) => void
  readonly #queries = new Map<string, LiveQuery>()
  #socket: WebSocket | undefined
  #retryMs = FIRST_RETRY_MS
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #nextId = 1

  constructor(url: string, onState: (state: SocketState) => void) {
    this.#url = url
    this.#onState = onState
  }

  subscribe(text: string, observer: LiveObserver, options?: SubscribeOptions): Subscription {
    const id = String(this.#nextId++)
    const query: LiveQuery = { text, options, observer, columns: [], keyColumns: [] }
    this.#queries.set(id, query)
    if (this.#socket?.readyState === WebSocket.OPEN) this.#send(id, query)
    else this.#connect()
    return { unsubscribe: () => this.#unsubscribe(id) }
  }

  close(): void {
    this.#queries.clear()
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    this.#socket?.close()
    this.#socket = undefined
  }

  #unsubscribe(id: string): void {
    if (!this.#queries.delete(id)) return
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ id, unsubscribe: true }))
  }

  #send(id: string, { text, options }: LiveQuery): void {
    const message = { id, subscribe: text, params: options?.params, minIntervalMs: options?.minIntervalMs }
    this.#socket?.send(JSON.stringify(message, plainParams))
  }

  #connect(): void {
    if (this.#socket !== undefined || this.#retryTimer !== undefined) return
    this.#onState('connecting')
    const socket = new WebSocket(this.#url)
    this.#socket = socket
    socket.addEventListener('open', () => {
      this.#retryMs = FIRST_RETRY_MS
      this.#onState('open')
      for (const [id, query] of this.#queries) this.#send(id, query)
    })
    socket.addEventListener('message', (event) => this.#receive(String(event.data)))
    socket.addEventListener('close', () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      if (this.#queries.size === 0) return
      this.#onState('waiting')
      this.#retryTimer = setTimeout(() => {
        this.#retryTimer = undefined
        this.#connect()
      }, this.#retryMs)
      this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS)
    })
  }

  #receive(text: string): void {
    // A cast at the network's edge: rows are checked value by value in `batchOfRows`.
    const message = JSON.parse(text) as LiveMessage
    const query = this.#queries.get(message.id)
    if (query === undefined) return
    try {
      this.#deliver(query, message)
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
      query.observer.error(error)
    }
  }

  #deliver(query: LiveQuery, message: LiveMessage): void {
    if ('error' in message) {
      query.observer.error(fromPlainError(message.error))
    } else if (message.kind === 'result') {
      const { columns, keys, rows } = message
      query.columns = columns
      query.keyColumns = keys.flatMap((key) => columns.find(({ name }) => name === key) ?? [])
      query.observer.next({ kind: 'result', columns, keys, rows: batchOfRows(columns, rows) })
    } else {
      const changed = batchOfRows(query.columns, message.changed.rows)
      const removed = batchOfRows(query.keyColumns, message.removed.rows)
      query.observer.next({ kind: 'delta', changed, removed })
    }
  }
}
