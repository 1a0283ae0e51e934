import { type Batch, type Column, valueAt } from '../core/batch.ts'
import { concatColumns, gatherColumn } from '../core/columns.ts'
import { canonicalTags, compareTags, type Tags } from '../core/series.ts'

/** Rows that one merged batch has at most. */
const BATCH_ROWS = 65_536

/** Batches of one host, and how far its rows are taken. */
interface Stream {
  batches: AsyncIterator<Batch>
  batch: Batch | undefined
  row: number
}

export interface RowOrder {
  order: 'asc' | 'desc'
  /** Tags of the table: columns 1 to so many of every batch. */
  tags: number
}

/** One stream of batches in order of (time, canonical tags) out of several that are in that order. */
export async function* mergeRows(
  sources: readonly AsyncIterable<Batch>[],
  { order, tags }: RowOrder,
): AsyncGenerator<Batch> {
  const streams: Stream[] = sources.map((source) => ({
    batches: source[Symbol.asyncIterator](),
    batch: undefined,
    row: 0,
  }))
  try {
    for (const stream of streams) await advance(stream)
    for (;;) {
      const open = streams.filter(({ batch }) => batch !== undefined)
      if (open.length === 0) return
      yield takeRows(open, order, tags)
      for (const stream of open) if (stream.row === stream.batch?.rows) await advance(stream)
    }
  } finally {
    for (const { batches } of streams) await batches.return?.()
  }
}

async function advance(stream: Stream): Promise<void> {
  stream.row = 0
  stream.batch = undefined
  while (stream.batch === undefined) {
    const next = await stream.batches.next()
    if (next.done) return
    if (next.value.rows > 0) stream.batch = next.value
  }
}

/** Takes rows in order until one of the streams has to read on. */
function takeRows(streams: readonly Stream[], order: 'asc' | 'desc', tags: number): Batch {
  const offsets: number[] = []
  let total = 0
  for (const { batch } of streams) {
    offsets.push(total)
    total += batch?.rows ?? 0
  }
  const places: number[] = []
  while (places.length < BATCH_ROWS) {
    let best = 0
    for (let i = 1; i < streams.length; i++) {
      if (comesBefore(streams[i] as Stream, streams[best] as Stream, order, tags)) best = i
    }
    const chosen = streams[best] as Stream
    places.push((offsets[best] as number) + chosen.row++)
    if (chosen.row === chosen.batch?.rows) break
  }
  return gatherRows(
    streams.map(({ batch }) => batch as Batch),
    Uint32Array.from(places),
  )
}

function comesBefore(a: Stream, b: Stream, order: 'asc' | 'desc', tags: number): boolean {
  const timeA = timeOf(a)
  const timeB = timeOf(b)
  if (timeA !== timeB) return order === 'asc' ? timeA < timeB : timeA > timeB
  return compareTags(tagsOf(a, tags), tagsOf(b, tags)) < 0
}

function timeOf({ batch, row }: Stream): bigint {
  return batch?.columns[0]?.values[row] as bigint // the first column of every batch is its times
}

function tagsOf({ batch, row }: Stream, tags: number): Tags {
  const columns = batch?.columns.slice(1, 1 + tags) ?? []
  return canonicalTags(columns.map((column) => [column.name, String(valueAt(column, row) ?? '')]))
}

/** Rows of batches of like columns; places count through the batches one after the other. */
export function gatherRows(batches: readonly Batch[], places: Uint32Array): Batch {
  const columns = (batches[0]?.columns ?? []).map((first, at): Column => {
    const parts = batches.map((batch) => ({ rows: batch.rows, column: batch.columns[at] }))
    return gatherColumn(concatColumns(first.name, parts) ?? first, places)
  })
  return { rows: places.length, columns }
}
