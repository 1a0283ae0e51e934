import type { Batch } from '../engine/core/batch.ts'
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

/**
 * An answer as a stream of bytes. Its first batch is made before this resolves, so that an error on the way to it still
 * gets a status of its own; a later one goes to `fail`, which says whether it has ended the connection, and else breaks
 * the stream.
 */
export async function answerStream(
  result: QueryResult,
  format: AnswerFormat,
  fail: (error: unknown) => boolean,
): Promise<ReadableStream<Uint8Array>> {
  const batches = result.batches[Symbol.asyncIterator]()
  const first = await batches.next()
  const chunks = format.encode({ ...result, batches: resume(first, batches) })[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        if (!fail(error)) throw error
        controller.close()
      }
    },
    async cancel() {
      await chunks.return?.()
      // An encoder that had not come to the batches yet does not end them.
      await batches.return?.()
    },
  })
}

async function* resume(first: IteratorResult<Batch>, rest: AsyncIterator<Batch>): AsyncGenerator<Batch> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
