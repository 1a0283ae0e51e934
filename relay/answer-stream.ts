import type { QueryResult } from '../engine/engine.ts'
import { jsonRows } from './json-rows.ts'

/** A form in which answers are sent. */
export interface AnswerFormat {
  contentType: string
  encode(result: QueryResult): AsyncIterable<Uint8Array>
}

async function* encodeJson(result: QueryResult): AsyncIterable<Uint8Array> {
  const rows = []
  for await (const batch of result.batches) rows.push(...jsonRows(batch))
  yield new TextEncoder().encode(JSON.stringify({ columns: result.columns, rows }))
}

/** Formats by media type; the first is the default. */
export const ANSWER_FORMATS: ReadonlyMap<string, AnswerFormat> = new Map([
  ['application/json', { contentType: 'application/json', encode: encodeJson }],
])

/**
 * The chunks as a stream. The first is made before this resolves, so that an error on the way to it still gets a status of
 * its own; a later one breaks the connection. `done` is called once, when the stream has ended in whichever way.
 */
export async function answerStream(
  chunks: AsyncIterable<Uint8Array>,
  done: () => void,
): Promise<ReadableStream<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<Uint8Array>> | undefined = Promise.resolve(await iterator.next())
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const pending = next ?? iterator.next()
      next = undefined
      try {
        const { done: ended, value } = await pending
        if (!ended) return controller.enqueue(value)
        controller.close()
        done()
      } catch (error) {
        done()
        throw error
      }
    },
    async cancel() {
      await iterator.return?.()
      done()
    },
  })
}
