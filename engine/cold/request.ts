import { TidemarkError } from '../core/errors.ts'
import type { Traffic } from './object-store.ts'

/** A request is made so often at most. */
export const MAX_ATTEMPTS = 5
/** Pause before the second attempt; it doubles for each further one. */
export const FIRST_PAUSE_MS = 100
/** A place that asks to wait longer than this is not waited for. */
export const MAX_PAUSE_MS = 10_000
/** An attempt that takes longer is given up. */
export const ATTEMPT_TIMEOUT_MS = 60_000
/** An object that is asked for as a whole has so many bytes at most. */
export const MAX_OBJECT_BYTES: number = 1 << 30
/** Of answers that are errors no more is read. */
export const MAX_ERROR_BYTES: number = 64 << 10

/** What requests go through; a test brings its own. */
export interface Transport {
  fetch(request: Request): Promise<Response>
  wait(ms: number): Promise<void>
}

export const systemTransport: Transport = {
  fetch: (request) => fetch(request),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

/** An answer whose body has arrived whole. */
export interface Answer {
  status: number
  headers: Headers
  body: Uint8Array<ArrayBuffer>
  /** How many attempts it took: after more than one an earlier one may have been carried out too. */
  attempts: number
}

export interface Exchange {
  /** Made anew for each attempt, since a signature has a time in it. */
  makeRequest(signal: AbortSignal): Promise<Request>
  sentBytes: number
  /** What is asked for of an object. */
  range?: { start: number; end: number } | { last: number } | undefined
  /** Most bytes of an answer that has no range. Default `MAX_OBJECT_BYTES`. */
  maxBytes?: number
  /** What is done to what, for messages: `get s3://bucket/key`. */
  what: string
}

/**
 * Has a request answered: repeats it where the network fails or the place says that it is busy or broken (408, 429, 5xx), with
 * pauses that double. Throws `io` where the last attempt fails too, or where an answer is longer than it may be. Answers of any
 * other status are the caller's to read; of an error only the beginning.
 */
export async function exchange(
  { makeRequest, sentBytes, what, range, maxBytes = MAX_OBJECT_BYTES }: Exchange,
  { transport, traffic }: { transport: Transport; traffic: Traffic },
): Promise<Answer> {
  let failure: unknown
  for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts++) {
    let pauseMs = FIRST_PAUSE_MS * 2 ** (attempts - 1)
    traffic.requests++
    traffic.sentBytes += sentBytes
    try {
      const request = await makeRequest(AbortSignal.timeout(ATTEMPT_TIMEOUT_MS))
      const response = await transport.fetch(request)
      const limit = response.status === 206 && range ? lengthOf(range) : maxBytes
      const body = response.ok ? await readBody(response, limit) : await readBeginning(response, MAX_ERROR_BYTES)
      if (body === undefined) throw new TidemarkError('io', `cannot ${what}: the answer has more than ${limit} bytes`)
      traffic.receivedBytes += body.length
      if (!isPassing(response.status)) return { status: response.status, headers: response.headers, body, attempts }
      failure = new Error(`it answers ${response.status}${quoted(body)}`)
      pauseMs = Math.max(pauseMs, retryAfterMs(response.headers))
    } catch (error) {
      if (error instanceof TidemarkError) throw error
      failure = error
    }
    if (attempts === MAX_ATTEMPTS || pauseMs > MAX_PAUSE_MS) break
    await transport.wait(pauseMs)
  }
  throw new TidemarkError('io', `cannot ${what}: ${reasonOf(failure)}`, { cause: failure })
}

/** The whole body; `undefined` where it is longer. */
async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const body = await readBeginning(response, maxBytes + 1)
  return body.length > maxBytes ? undefined : body
}

/** A body, or so many bytes of it; the rest is not waited for. */
async function readBeginning(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let bytes = 0
  // Safari before 26 has no loop over a stream.
  const reader = response.body?.getReader()
  while (reader && bytes < maxBytes) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    bytes += value.length
  }
  if (bytes >= maxBytes) await reader?.cancel()
  const body = new Uint8Array(Math.min(bytes, maxBytes))
  let at = 0
  for (const part of parts) {
    body.set(part.subarray(0, body.length - at), at)
    at += part.length
  }
  return body
}

function lengthOf(range: { start: number; end: number } | { last: number }): number {
  return 'last' in range ? range.last : range.end - range.start
}

function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get('Retry-After') ?? 0)
  return Number.isFinite(seconds) ? seconds * 1000 : 0
}

/** The message of `fetch` is only "fetch failed"; what it was is in its cause. */
function reasonOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  return failure.cause instanceof Error ? `${failure.message} (${failure.cause.message})` : failure.message
}

const QUOTED_CHARACTERS = 200

/** The beginning of an answer's text, for a message. */
export function quoted(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, 4 * QUOTED_CHARACTERS)).trim()
  return text === '' ? '' : `: ${text.slice(0, QUOTED_CHARACTERS)}`
}

/** The header that asks for a part of an object. */
export function rangeHeader(range: { start: number; end: number } | { last: number }): string {
  return 'last' in range ? `bytes=-${range.last}` : `bytes=${range.start}-${range.end - 1}`
}

/**
 * The part that was asked for out of an answer of status 200 (a place that knows no ranges sends all) or 206. Throws
 * `truncated` where it is shorter.
 */
export function partOf(
  { status, body }: Answer,
  range: { start: number; end: number } | { last: number } | undefined,
  what: string,
): Uint8Array<ArrayBuffer> {
  if (range === undefined) return body
  const part = status === 206 ? body : body.slice(...boundsOf(range, body.length))
  const expected = 'last' in range ? part.length : lengthOf(range)
  if (part.length !== expected) {
    throw new TidemarkError('truncated', `cannot ${what}: ${expected} bytes were asked for, ${part.length} came`)
  }
  return part
}

function boundsOf(range: { start: number; end: number } | { last: number }, bytes: number): [number, number] {
  return 'last' in range ? [Math.max(0, bytes - range.last), bytes] : [range.start, range.end]
}
