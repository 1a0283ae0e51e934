import { z } from '@hono/zod-openapi'
import { TidemarkError, toPlainError } from '../engine/core/errors.ts'
import type { Literal } from '../engine/core/expression.ts'
import type { Engine, LiveUpdate, Subscription } from '../engine/engine.ts'
import { jsonRows } from './json-rows.ts'
import type { RelayLimits } from './limits.ts'
import { describeIssues, parametersSchema } from './query-parameters.ts'

/** How often a slow socket is looked at again. */
const DRAIN_POLL_MS = 100

/** Rows of one update; who wants more of an answer asks `/api/query`. */
export const LIVE_ROWS = 100_000

const idSchema = z.union([z.string().max(128), z.number()])
const requestSchema = z.union([
  z.strictObject({
    id: idSchema,
    subscribe: z.string(),
    params: parametersSchema.optional(),
    minIntervalMs: z.number().int().min(0).max(3_600_000).optional(),
  }),
  z.strictObject({ id: idSchema, unsubscribe: z.literal(true) }),
])

/** The socket as a session needs it. */
export interface LiveSocket {
  send(text: string): void
  /** Bytes that were sent and that the client has not read. */
  bufferedBytes(): number
}

export interface LiveSessionOptions {
  engine: Pick<Engine, 'subscribe'>
  socket: LiveSocket
  limits: Pick<RelayLimits, 'socketSubscriptions' | 'socketBufferBytes'>
  /** The address that asks. */
  client?: string | undefined
}

type Id = string | number

interface Subscribed {
  id: Id
  text: string
  options: { params?: Record<string, Literal>; minIntervalMs?: number }
  /** Absent while the client is too slow: then nothing is computed for it. */
  subscription?: Subscription
}

/**
 * What one WebSocket is subscribed to. A client that does not keep up loses deltas, never order: its subscriptions stop, and
 * start over with the whole answer once it has read what was sent.
 */
export class LiveSession {
  readonly #options: LiveSessionOptions
  readonly #subscribed = new Map<Id, Subscribed>()
  #drainTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: LiveSessionOptions) {
    this.#options = options
  }

  /** Takes one message of the client. Whatever is wrong with it is answered, never thrown. */
  receive(text: string): void {
    let id: Id | undefined
    try {
      const content = parseJson(text)
      id = idOf(content)
      this.#handle(content)
    } catch (error) {
      this.#fail(id, error)
    }
  }

  /** Ends everything; nothing is sent afterwards. */
  close(): void {
    this.#closed = true
    clearInterval(this.#drainTimer)
    for (const { subscription } of this.#subscribed.values()) subscription?.unsubscribe()
    this.#subscribed.clear()
  }

  #handle(content: unknown): void {
    const parsed = requestSchema.safeParse(content)
    if (!parsed.success) {
      const expected = '{id, subscribe, params?, minIntervalMs?} or {id, unsubscribe: true}'
      throw new TidemarkError('invalid', `expected ${expected}; ${describeIssues(parsed.error)}`)
    }
    const { id, ...request } = parsed.data
    if ('unsubscribe' in request) this.#unsubscribe(id)
    else {
      const { subscribe, params, minIntervalMs } = request
      const options = { ...(params && { params }), ...(minIntervalMs !== undefined && { minIntervalMs }) }
      this.#subscribe({ id, text: subscribe, options })
    }
  }

  #subscribe(entry: Subscribed): void {
    const { socketSubscriptions } = this.#options.limits
    if (this.#subscribed.has(entry.id)) {
      throw new TidemarkError('invalid', `'${entry.id}' is subscribed already; unsubscribe it first`)
    }
    if (this.#subscribed.size >= socketSubscriptions) {
      const message = `a socket can have ${socketSubscriptions} subscriptions; end one or open another socket`
      throw new TidemarkError('quota', message)
    }
    this.#subscribed.set(entry.id, entry)
    this.#start(entry)
  }

  #client(): { client?: string } {
    const { client } = this.#options
    return client === undefined ? {} : { client }
  }

  #unsubscribe(id: Id): void {
    this.#subscribed.get(id)?.subscription?.unsubscribe()
    this.#subscribed.delete(id)
  }

  #start(entry: Subscribed): void {
    const isCurrent = (): boolean => !this.#closed && this.#subscribed.get(entry.id) === entry
    let paused = false
    const observer = {
      next: (update: LiveUpdate) => {
        if (!isCurrent() || paused) return
        paused = this.#isBehind()
        if (paused) this.#pause(entry)
        else this.#send(entry, update)
      },
      error: (error: Error) => {
        if (!isCurrent() || paused) return
        this.#subscribed.delete(entry.id)
        this.#fail(entry.id, error)
      },
    }
    try {
      const subscription = this.#options.engine.subscribe(entry.text, observer, { ...entry.options, ...this.#client() })
      if (paused || !isCurrent()) subscription.unsubscribe()
      else entry.subscription = subscription
    } catch (error) {
      this.#subscribed.delete(entry.id)
      this.#fail(entry.id, error)
    }
  }

  #send(entry: Subscribed, update: LiveUpdate): void {
    const { id } = entry
    const rows = update.kind === 'result' ? update.rows.rows : update.changed.rows + update.removed.rows
    if (rows > LIVE_ROWS) {
      this.#unsubscribe(id)
      const hint = 'Narrow it with WHERE, GROUP BY or LIMIT.'
      this.#fail(id, new TidemarkError('quota', `a live answer can have ${LIVE_ROWS} rows`, { hint }))
    } else this.#options.socket.send(JSON.stringify({ id, ...jsonUpdate(update) }))
  }

  #isBehind(): boolean {
    return this.#options.socket.bufferedBytes() > this.#options.limits.socketBufferBytes
  }

  #pause(entry: Subscribed): void {
    entry.subscription?.unsubscribe()
    delete entry.subscription
    this.#drainTimer ??= setInterval(() => this.#resume(), DRAIN_POLL_MS).unref()
  }

  #resume(): void {
    if (this.#isBehind()) return
    clearInterval(this.#drainTimer)
    this.#drainTimer = undefined
    for (const entry of this.#subscribed.values()) if (!entry.subscription) this.#start(entry)
  }

  #fail(id: Id | undefined, error: unknown): void {
    const known = error instanceof TidemarkError ? error : new TidemarkError('io', 'the relay failed; its log says why')
    this.#options.socket.send(JSON.stringify({ ...(id !== undefined && { id }), error: toPlainError(known) }))
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TidemarkError('invalid', 'the message is not JSON', { cause: error })
  }
}

function jsonUpdate(update: LiveUpdate): object {
  if (update.kind === 'delta') {
    return {
      kind: update.kind,
      changed: { rows: jsonRows(update.changed) },
      removed: { rows: jsonRows(update.removed) },
    }
  }
  return { kind: update.kind, columns: update.columns, keys: update.keys, rows: jsonRows(update.rows) }
}

/** The id of a message that is otherwise wrong, so that the client can tell which one it was. */
function idOf(content: unknown): Id | undefined {
  if (typeof content !== 'object' || content === null || !('id' in content)) return undefined
  const parsed = idSchema.safeParse(content.id)
  return parsed.success ? parsed.data : undefined
}
