import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Context } from 'hono'
import { TidemarkError } from '../engine/core/errors.ts'
import { giveUp } from '../engine/core/given-up-memory.ts'
import type { RelayEnvironment } from './environment.ts'
import { RequestError } from './error-response.ts'

const inflate = promisify(gunzip)
const INFLATE_CHUNK_BYTES = 256 * 1024
/** Chunks of a body are freed when they are copied. Shorter ones may lie in memory of Node's with others. */
const LEAST_GIVEN_UP = 16 * 1024

/**
 * The body of a request, inflated, in a buffer of its own. Throws 408 where it takes longer than `timeoutMs`, 413 where it is over
 * `maxBytes` (as sent or inflated), 415 for an encoding other than gzip.
 */
export async function readBody(
  context: Context<RelayEnvironment>,
  maxBytes: number,
  timeoutMs: number,
): Promise<Uint8Array> {
  const encoding = (context.req.header('content-encoding') ?? 'identity').trim().toLowerCase()
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw new RequestError(415, 'invalid', `the content encoding '${encoding}' is not known; gzip and identity are`)
  }
  const announced = announcedBytes(context.req.header('content-length'))
  if (announced !== undefined && announced > maxBytes) throw tooLarge(maxBytes)
  const incoming = context.env?.incoming
  const body = incoming
    ? await readIncoming(incoming, { announced, maxBytes, timeoutMs })
    : await readStream(context.req.raw.body, { announced, maxBytes, timeoutMs })
  return encoding === 'identity' ? body : inflated(body, maxBytes)
}

/** What a body may take in memory: what it announces, or `maxBytes` where it announces nothing or is to be inflated. */
export function mostBytes(context: Context<RelayEnvironment>, maxBytes: number): number {
  if (context.req.header('content-encoding') !== undefined) return maxBytes
  return Math.min(announcedBytes(context.req.header('content-length')) ?? maxBytes, maxBytes)
}

interface ReadOptions {
  announced: number | undefined
  maxBytes: number
  timeoutMs: number
}

function announcedBytes(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(413, 'quota', `the body is over the limit of ${maxBytes} bytes; send it in parts`)
}

function tooSlow(): RequestError {
  return new RequestError(408, 'cancelled', 'the body did not arrive in time', { Connection: 'close' })
}

/** Gathers chunks in one buffer: of the announced size where there is one, else as large as it turns out. */
class BodyBuffer {
  readonly #maxBytes: number
  readonly #whole: Uint8Array | undefined
  readonly #chunks: Uint8Array[] = []
  #bytes = 0

  constructor({ announced, maxBytes }: ReadOptions) {
    this.#maxBytes = maxBytes
    // Not from Node's pool: the engine hands the memory to a worker, which takes the whole of it.
    this.#whole = announced === undefined ? undefined : Buffer.allocUnsafeSlow(announced)
  }

  add(chunk: Uint8Array): void {
    if (this.#bytes + chunk.length > this.#maxBytes) throw tooLarge(this.#maxBytes)
    if (this.#whole) this.#whole.set(chunk, this.#bytes)
    else this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#whole && chunk.length >= LEAST_GIVEN_UP) giveUp(chunk)
  }

  finish(): Uint8Array {
    if (this.#whole?.length === this.#bytes) return this.#whole
    if (this.#whole)
      throw new TidemarkError('truncated', `the body ends after ${this.#bytes} of ${this.#whole.length} bytes`)
    const whole = Buffer.allocUnsafeSlow(this.#bytes)
    let at = 0
    for (const chunk of this.#chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }
}

/** Reads Node's own stream: a Web stream around it costs a promise and a copy a chunk. */
function readIncoming(incoming: IncomingMessage, options: ReadOptions): Promise<Uint8Array> {
  const buffer = new BodyBuffer(options)
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      incoming.off('data', onData).off('end', onEnd).off('error', onFail).off('close', onFail)
      clearTimeout(timer)
      action()
    }
    const attempt = (action: () => void): void => {
      try {
        action()
      } catch (error) {
        incoming.pause()
        settle(() => reject(error))
      }
    }
    const onData = (chunk: Uint8Array): void => attempt(() => buffer.add(chunk))
    const onEnd = (): void =>
      attempt(() => {
        const whole = buffer.finish()
        settle(() => resolve(whole))
      })
    const onFail = (): void => settle(() => reject(new TidemarkError('cancelled', 'the client went away')))
    // A timer of its own is made in a tenth of the time that a signal takes.
    const timer = setTimeout(() => settle(() => reject(tooSlow())), options.timeoutMs)
    incoming.on('data', onData).on('end', onEnd).on('error', onFail).on('close', onFail)
  })
}

async function readStream(body: ReadableStream<Uint8Array> | null, options: ReadOptions): Promise<Uint8Array> {
  const buffer = new BodyBuffer(body === null ? { ...options, announced: undefined } : options)
  if (body !== null) {
    const end = performance.now() + options.timeoutMs
    for await (const chunk of body) {
      if (performance.now() > end) throw tooSlow()
      buffer.add(chunk)
    }
  }
  return buffer.finish()
}

async function inflated(body: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  try {
    return await inflate(body, { maxOutputLength: maxBytes, chunkSize: INFLATE_CHUNK_BYTES })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    if (code === 'Z_BUF_ERROR') throw new TidemarkError('truncated', 'the gzip body ends early', { cause: error })
    throw new TidemarkError('invalid', 'the body is not valid gzip', { cause: error })
  }
}
