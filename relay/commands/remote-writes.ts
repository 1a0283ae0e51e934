import { setTimeout as sleep } from 'node:timers/promises'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { AppendResult, Precision } from '../../engine/engine.ts'
import { rejectionSchema, WRITTEN_ROWS_HEADER } from '../api-schemas.ts'
import { DUPLICATE_HEADER, PRODUCER_HEADER, SEQUENCE_HEADER } from '../producer-headers.ts'

/** How often a write is made that the relay has no place for, or whose answer does not come. */
const TRIES = 10
const LINE_FEED = 10

export type Fetch = (path: string, init: RequestInit) => Promise<Response>

/** Writes one after the other to a relay, as one producer: whatever has become of a request, to repeat it stores it once. */
export class RemoteWrites {
  readonly #fetch: Fetch
  readonly #producer: string
  readonly #retryMs: number
  #sequence = 0
  #isAnswered = false
  #last: Promise<unknown> = Promise.resolve()

  /** `producer` is an id that nobody else uses. */
  constructor(fetch: Fetch, producer: string, retryMs = 1000) {
    this.#fetch = fetch
    this.#producer = producer
    this.#retryMs = retryMs
  }

  /**
   * Stores line protocol. Where the answer is neither yes nor rejected rows, what `fail` makes of it is thrown.
   * Throws `io` where no answer comes.
   */
  append(lines: Uint8Array, precision: Precision, fail: (response: Response) => Promise<Error>): Promise<AppendResult> {
    const done = this.#last.then(() => this.#append(lines, precision, fail))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #append(
    lines: Uint8Array,
    precision: Precision,
    fail: (response: Response) => Promise<Error>,
  ): Promise<AppendResult> {
    const init = {
      method: 'POST',
      headers: { [PRODUCER_HEADER]: this.#producer, [SEQUENCE_HEADER]: String(++this.#sequence) },
      body: new Uint8Array(lines),
    }
    for (let tries = 1; ; tries++) {
      const response = await this.#ask(`/api/v2/write?precision=${precision}`, init, tries)
      const result = response && (await resultOf(response, lines))
      if (result) return result
      if (response && (response.status !== 503 || tries === TRIES)) throw await fail(response)
      await sleep(this.#retryMs * Number(response?.headers.get('retry-after') ?? 1))
    }
  }

  /** `undefined` where no answer comes of a relay that has answered before: it may be back in a moment. */
  async #ask(path: string, init: RequestInit, tries: number): Promise<Response | undefined> {
    try {
      const response = await this.#fetch(path, init)
      this.#isAnswered = true
      return response
    } catch (error) {
      if (!(error instanceof TidemarkError) || !this.#isAnswered || tries === TRIES) throw error
      return undefined
    }
  }
}

async function resultOf(response: Response, lines: Uint8Array): Promise<AppendResult | undefined> {
  if (response.status === 204) {
    const isRepeat = response.headers.get(DUPLICATE_HEADER) === 'true'
    // The answer with the number is the one that was lost.
    const rows = isRepeat ? countLines(lines) : Number(response.headers.get(WRITTEN_ROWS_HEADER) ?? 0)
    return { rows, rejectedCount: 0, rejected: [], warnings: [], ...(isRepeat && { duplicate: true as const }) }
  }
  if (response.status !== 400) return undefined
  const parsed = rejectionSchema.safeParse(await response.clone().json())
  return parsed.success ? { ...parsed.data, warnings: [] } : undefined
}

function countLines(bytes: Uint8Array): number {
  let lines = bytes.at(-1) === LINE_FEED || bytes.length === 0 ? 0 : 1
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}
