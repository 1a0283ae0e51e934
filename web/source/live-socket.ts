import { fromPlainError, type PlainError, TidemarkError } from '../../engine/core/errors.ts'
import type { LiveUpdate, ResultColumn, SubscribeOptions, Subscription } from '../../engine/engine.ts'
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
    const message = parseMessage(text)
    if (message === undefined) {
      for (const { observer } of this.#queries.values()) observer.error(damaged())
      return
    }
    const query = this.#queries.get(message.id)
    if (query === undefined) return
    const update = updateOf(query, message)
    if (update instanceof Error) query.observer.error(update)
    else query.observer.next(update)
  }
}

function parseMessage(text: string): LiveMessage | undefined {
  try {
    const message: unknown = JSON.parse(text)
    // A cast at the network's edge: what has another form is noticed as it is read.
    return typeof message === 'object' && message !== null ? (message as LiveMessage) : undefined
  } catch {
    return undefined
  }
}

/** What a message says, or the error that it is. A whole answer says how the deltas after it are to be read. */
function updateOf(query: LiveQuery, message: LiveMessage): LiveUpdate | Error {
  try {
    if ('error' in message) return fromPlainError(message.error)
    if (message.kind === 'result') {
      const { columns, keys, rows } = message
      const update = { kind: 'result', columns, keys, rows: batchOfRows(columns, rows) } as const
      query.columns = columns
      query.keyColumns = keys.flatMap((key) => columns.find(({ name }) => name === key) ?? [])
      return update
    }
    const changed = batchOfRows(query.columns, message.changed.rows)
    return { kind: 'delta', changed, removed: batchOfRows(query.keyColumns, message.removed.rows) }
  } catch (error) {
    return error instanceof TidemarkError ? error : damaged(error)
  }
}

function damaged(cause?: unknown): TidemarkError {
  return new TidemarkError('corrupt', 'what answers is not a relay of this version', { cause })
}
