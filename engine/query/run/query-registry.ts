import type { Batch } from '../../core/batch.ts'
import { cancellation, checkSignal } from '../../core/cancellation.ts'
import type { Clock } from '../../core/clock.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Queryable } from '../../core/plan.ts'
import { addCounts, noCounts } from '../../core/read-counts.ts'
import { systemTimers, type Timers } from '../../core/timers.ts'
import { FairLine } from './fair-line.ts'
import { QueryMemory } from './memory.ts'
import type { QueryLimits } from './query-limits.ts'
import type { QueryControl, QueryProgress, QueryState } from './query-progress.ts'
import { QueryReads } from './query-reads.ts'
import type { QueryResult } from './result.ts'

/** Answers that have begun and whose reader takes its time, which are listed; of more those not read for longest are not. */
export const MAX_LISTED_READING = 256
const NANOSECONDS_PER_MS = 1_000_000n

/** Whose queries are those that say nothing about it. */
const LOCAL_CLIENT = 'local'

export interface QueryRequest {
  text: string
  /** Who asks. Clients take turns where there are too many queries at once. */
  client?: string
  signal?: AbortSignal
  /**
   * How long it may take, waiting included: to the first rows, and from some rows to the next while these are asked for.
   * `undefined`: as long as it wants.
   */
  timeoutMs: number | undefined
  /** Most bytes that it holds, in the engine and on each host. */
  memoryBytes: number
}

export interface RegistryParts {
  limits: QueryLimits
  clock: Clock
  /** Tells the queries of this registry from those of others that read the same store. */
  name: string
  readCounts: NonNullable<Queryable['readCounts']>
  timers?: Timers
}

/** Every query of an engine: those that wait, those that run, those whose rows are being read. */
export class QueryRegistry implements QueryControl {
  readonly #parts: RegistryParts
  readonly #line: FairLine
  /** In the order of their coming, but those whose reader takes its time by when they were read last. */
  readonly #queries = new Map<number, RegisteredQuery>()
  #next = 1

  constructor(parts: RegistryParts) {
    this.#parts = parts
    this.#line = new FairLine(parts.limits)
  }

  /**
   * Runs a query when it is its turn. Throws `quota` where too many wait, and `cancelled` where its time is over, it was killed,
   * or its signal says so.
   */
  async run(request: QueryRequest, work: (query: RegisteredQuery) => Promise<QueryResult>): Promise<QueryResult> {
    const query = this.#register(request)
    try {
      const result = await this.#turn(query, () => work(query), false)
      if (result.isWhole) {
        this.#forget(query)
        return result
      }
      this.#park(query)
      return { ...result, batches: this.#batches(query, result.batches) }
    } catch (error) {
      this.#forget(query)
      throw query.signal.aborted ? cancellation(query.signal) : error
    }
  }

  /** Runs a query that was accepted before, so that it is never turned away, to its end. */
  async runAgain<T>(request: QueryRequest, work: (query: RegisteredQuery) => Promise<T>): Promise<T> {
    const query = this.#register(request)
    try {
      return await this.#turn(query, () => work(query), true)
    } catch (error) {
      throw query.signal.aborted ? cancellation(query.signal) : error
    } finally {
      this.#forget(query)
    }
  }

  /** Ends those that wait for their turn. */
  close(): void {
    for (const query of this.#queries.values()) {
      if (query.state === 'waiting') query.end(new TidemarkError('closed', 'the engine is closed'))
    }
  }

  #register(request: QueryRequest): RegisteredQuery {
    const { clock, name, timers = systemTimers } = this.#parts
    const query = new RegisteredQuery(this.#next++, request, { askedAt: clock.now(), registry: name, timers })
    this.#queries.set(query.id, query)
    return query
  }

  /** Ends a query; false where there is none of that number. */
  kill(id: number): boolean {
    const query = this.#queries.get(id)
    if (query === undefined) return false
    query.end(new TidemarkError('cancelled', `the query was ended by KILL ${id}`))
    // Its reader hears of it when it asks for more rows, if ever.
    if (query.state === 'reading') this.#forget(query)
    return true
  }

  /** The queries that there are now, in the order of their coming. */
  async list(): Promise<readonly QueryProgress[]> {
    const queries = [...this.#queries.values()].sort((a, b) => a.id - b.id)
    const counts = await this.#parts.readCounts(queries.flatMap(({ readers }) => readers))
    const now = this.#parts.clock.now()
    let at = 0
    return queries.map(({ id, text, client, state, askedAt, memory, readers }) => {
      const sum = noCounts()
      for (const _ of readers) for (const ofHost of counts[at++] ?? []) addCounts(sum, ofHost)
      const ageMs = Number((now - askedAt) / NANOSECONDS_PER_MS)
      return { id, text, client, state, ageMs, counts: sum, heldBytes: memory.held }
    })
  }

  /** Runs a part of a query inside the line and within its time. */
  async #turn<T>(query: RegisteredQuery, work: () => Promise<T>, hasBegun: boolean): Promise<T> {
    const stop = query.startTimer()
    try {
      query.state = 'waiting'
      await this.#line.enter({ client: query.client, signal: query.signal, hasBegun })
      query.state = 'running'
      try {
        checkSignal(query.signal)
        return await work()
      } finally {
        this.#line.leave()
      }
    } finally {
      query.state = 'reading'
      stop()
    }
  }

  /** The rows, each part in a turn of its own: a reader that takes its time keeps nobody waiting. */
  async *#batches(query: RegisteredQuery, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const iterator = batches[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await this.#turn(query, () => iterator.next(), true)
        if (done) return
        this.#park(query)
        yield value
      }
    } catch (error) {
      throw query.signal.aborted ? cancellation(query.signal) : error
    } finally {
      this.#forget(query)
      await iterator.return?.()
    }
  }

  /** Lists a query behind those that were read before; of very many that nobody reads on, the first is no longer listed. */
  #park(query: RegisteredQuery): void {
    this.#queries.delete(query.id)
    this.#queries.set(query.id, query)
    let reading = 0
    for (const { state } of this.#queries.values()) if (state === 'reading') reading++
    if (reading <= MAX_LISTED_READING) return
    for (const [id, { state }] of this.#queries) if (state === 'reading') return void this.#queries.delete(id)
  }

  #forget(query: RegisteredQuery): void {
    this.#queries.delete(query.id)
    query.close()
  }
}

interface QueryPlace {
  askedAt: bigint
  registry: string
  timers: Timers
}

/** One query that the registry knows. */
export class RegisteredQuery {
  readonly id: number
  readonly text: string
  readonly client: string
  readonly askedAt: bigint
  readonly memory: QueryMemory
  /** Names under which hosts count what they do for it. */
  readonly readers: string[] = []
  state: QueryState = 'waiting'
  readonly #abort = new AbortController()
  readonly #name: string
  readonly #timers: Timers
  readonly #timeoutMs: number | undefined
  readonly #outer: AbortSignal | undefined
  readonly #follow = (): void => this.#abort.abort(this.#outer?.reason)

  constructor(id: number, request: QueryRequest, { askedAt, registry, timers }: QueryPlace) {
    this.id = id
    this.text = request.text
    this.client = request.client ?? LOCAL_CLIENT
    this.askedAt = askedAt
    this.memory = new QueryMemory(request.memoryBytes)
    this.#name = `${registry}-${id}`
    this.#timers = timers
    this.#timeoutMs = request.timeoutMs
    this.#outer = request.signal
    if (this.#outer?.aborted) this.#follow()
    else this.#outer?.addEventListener('abort', this.#follow, { once: true })
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The same queryable; what is read through it counts as this query's. */
  over(inner: Queryable): QueryReads {
    const id = this.readers.length === 0 ? this.#name : `${this.#name}.${this.readers.length}`
    this.readers.push(id)
    return new QueryReads(inner, { id, maxBytes: this.memory.most })
  }

  end(reason: TidemarkError): void {
    this.#abort.abort(reason)
  }

  /** Ends the query when its time is over, unless what this returns is called before. */
  startTimer(): () => void {
    const timeoutMs = this.#timeoutMs
    if (timeoutMs === undefined) return () => undefined
    return this.#timers.setTimer(() => this.end(this.#tooLong(timeoutMs)), timeoutMs)
  }

  close(): void {
    this.#outer?.removeEventListener('abort', this.#follow)
  }

  #tooLong(timeoutMs: number): TidemarkError {
    const where = this.state === 'waiting' ? ', waiting for its turn at the end' : ''
    return new TidemarkError('cancelled', `the query took longer than ${timeoutMs} ms${where}`, {
      hint: 'Narrow the time range, use wider windows, or give it more time.',
    })
  }
}
