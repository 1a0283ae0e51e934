import { setImmediate } from 'node:timers/promises'
import type { Batch } from '../engine/core/batch.ts'
import { giveUp } from '../engine/core/given-up-memory.ts'
import { joinBytes } from '../engine/core/join-bytes.ts'
import type { QueryResult } from '../engine/engine.ts'
import { ARROW_STREAM_TYPE, toArrowStream } from '../engine/query/formats/arrow.ts'
import { toCsv } from '../engine/query/formats/csv.ts'
import { toJson } from '../engine/query/formats/json.ts'

/** A form in which answers are sent, in pieces. */
export interface AnswerFormat {
  contentType: string
  encode(result: QueryResult): AsyncIterable<Uint8Array>
}

/** Formats by media type. */
export const ANSWER_FORMATS: ReadonlyMap<string, AnswerFormat> = new Map([
  ['application/json', { contentType: 'application/json', encode: (result) => utf8(toJson(result)) }],
  ['text/csv', { contentType: 'text/csv; charset=utf-8', encode: (result) => utf8(toCsv(result)) }],
  [ARROW_STREAM_TYPE, { contentType: ARROW_STREAM_TYPE, encode: toArrowStream }],
])

async function* utf8(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of pieces) yield encoder.encode(piece)
}

/** Answers that are ready are sent whole up to so many bytes. */
const WHOLE_BYTES: number = 256 * 1024

/** An answer that is large, or not all there yet. */
export interface AnswerPieces {
  pieces: AsyncGenerator<Uint8Array>
  /** Lets go of what the pieces are made of. */
  end(): Promise<void>
}

/** Where pieces go that need not be copied for it. */
export interface PieceTarget {
  /** Resolves with whether nothing reads the pieces any more that came so far. */
  areRead(): Promise<boolean>
}

/**
 * An answer as bytes, where it is not large and all of it is there; else as pieces. The first batch is made before this resolves, so that
 * an error on the way to it still gets a status of its own. With `target` the next batch is made while one is sent, whose memory is
 * given up then where nobody else has it.
 */
export async function readAnswer(
  result: QueryResult,
  format: AnswerFormat,
  target?: PieceTarget,
): Promise<Uint8Array<ArrayBuffer> | AnswerPieces> {
  const batches = result.batches[Symbol.asyncIterator]()
  const { isWhole = false, ownsBatches = false } = result
  const givesUp = ownsBatches ? target : undefined
  const read = isWhole ? { [Symbol.asyncIterator]: () => batches } : resume(await batches.next(), batches, givesUp)
  const chunks = format.encode({ ...result, batches: read })[Symbol.asyncIterator]()
  const ready: Uint8Array[] = []
  let bytes = 0
  let next = chunks.next()
  while (bytes <= WHOLE_BYTES) {
    const chunk = await (isWhole ? next : withinTurn(next))
    if (chunk === undefined) break
    if (chunk.done) return joinBytes(ready)
    ready.push(chunk.value)
    bytes += chunk.value.length
    next = chunks.next()
  }
  const pieces = resumeChunks(ready, next, chunks)
  const end = async (): Promise<void> => {
    await pieces.return(undefined)
    // An encoder that had not come to the batches yet does not end them.
    await batches.return?.()
  }
  return { pieces, end }
}

/** What a promise resolves with where it needs nothing but this thread, `undefined` where it waits. */
function withinTurn<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, setImmediate(undefined)])
}

/** Pieces as a stream. An error goes to `fail`, which says whether it has ended the connection, and else breaks the stream. */
export function streamOf({ pieces, end }: AnswerPieces, fail: (error: unknown) => boolean): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        if (!fail(error)) throw error
        controller.close()
      }
    },
    cancel: end,
  })
}

async function* resumeChunks(
  ready: readonly Uint8Array[],
  next: Promise<IteratorResult<Uint8Array>>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* ready
    for (let chunk = await next; !chunk.done; chunk = await rest.next()) yield chunk.value
  } finally {
    await rest.return?.()
  }
}

async function* resume(
  first: IteratorResult<Batch>,
  rest: AsyncIterator<Batch>,
  givesUp: PieceTarget | undefined,
): AsyncGenerator<Batch> {
  try {
    for (let next = first; !next.done; ) {
      const batch = next.value
      yield batch
      const following = rest.next()
      if (givesUp) {
        // It is waited for below; until then its failure is nobody's.
        following.catch(() => undefined)
        if (await givesUp.areRead()) giveUpColumns(batch)
      }
      next = await following
    }
  } finally {
    await rest.return?.()
  }
}

function giveUpColumns({ columns }: Batch): void {
  for (const { values, validity } of columns) {
    giveUp(values)
    if (validity) giveUp(validity)
  }
}
