import type { Batch } from '../../core/batch.ts'
import { columnAt, emptyColumn, type QueryResult, type ResultColumn } from '../run/result.ts'
import { type ArrowMessage, dictionaryMessage, messagePieces, rowsMessage, schemaMessage } from './arrow-message.ts'

/** The media type of what `toArrowStream` makes. */
export const ARROW_STREAM_TYPE = 'application/vnd.apache.arrow.stream'

/**
 * A result in Arrow's IPC stream format: the schema once, then a record batch for each batch of the result. Times are
 * nanoseconds in UTC, strings are dictionary-coded (a changed dictionary replaces the former), a unit is metadata of its
 * field under `unit`. Large columns are pieces of their own in the memory of the batch; others are copied once.
 */
export async function* toArrowStream(result: QueryResult): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { columns } = result
  const sent: (readonly string[] | undefined)[] = []
  let started = false
  for await (const batch of result.batches) {
    yield* messagePieces([...(started ? [] : [schemaOf(columns)]), ...batchMessages(columns, batch, sent)])
    started = true
  }
  if (!started) {
    const batch = { rows: 0, columns: columns.map(emptyColumn) }
    yield* messagePieces([schemaOf(columns), ...batchMessages(columns, batch, sent)])
  }
  yield END_OF_STREAM.slice()
}

const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** Of answers to one plan, which have the same list of columns. */
const schemas = new WeakMap<readonly ResultColumn[], ArrowMessage>()

function schemaOf(columns: readonly ResultColumn[]): ArrowMessage {
  const known = schemas.get(columns)
  if (known) return known
  const schema = schemaMessage(columns)
  schemas.set(columns, schema)
  return schema
}

/** The messages of one batch, without dictionaries that the reader has already, which are in `sent` by their columns. */
function batchMessages(
  types: readonly ResultColumn[],
  batch: Batch,
  sent: (readonly string[] | undefined)[],
): ArrowMessage[] {
  const columns = types.map((_, at) => columnAt(batch, at))
  const messages: ArrowMessage[] = []
  columns.forEach((column, at) => {
    if (column.type !== 'string' || sent[at] === column.dictionary) return
    messages.push(dictionaryMessage(at, column.dictionary))
    sent[at] = column.dictionary
  })
  messages.push(rowsMessage(columns, batch.rows))
  return messages
}
