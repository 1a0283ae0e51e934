import type { Batch, Column } from '../core/batch.ts'
import { concatColumns, gatherColumn } from '../core/columns.ts'
import { compareTags } from '../core/series.ts'
import { type RowSeries, seriesOfRows, tagColumns } from '../scan/row-series.ts'

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
    await Promise.all(streams.map(advance))
    for (;;) {
      const open = streams.filter(({ batch }) => batch !== undefined)
      if (open.length === 0) return
      yield takeRows(open, order, tags)
      await Promise.all(open.filter(({ row, batch }) => row === batch?.rows).map(advance))
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

/** What the rows of one stream's batch are ordered by. */
interface Keys extends RowSeries {
  stream: Stream
  times: BigInt64Array
  /** Of each number of a series its place in the order of the tags of all streams. */
  ranks: Uint32Array
}

/** Takes rows in order until one of the streams has to read on. */
function takeRows(streams: readonly Stream[], order: 'asc' | 'desc', tags: number): Batch {
  const batches = streams.map(({ batch }) => batch as Batch)
  const keys = keysOf(streams, tags)
  const [rowsBefore, numbersBefore] = [
    sumsOf(batches.map(({ rows }) => rows)),
    sumsOf(keys.map(({ ranks }) => ranks.length)),
  ]
  const places = new Uint32Array(BATCH_ROWS)
  const series = new Uint32Array(BATCH_ROWS)
  let count = 0
  while (count < BATCH_ROWS) {
    let best = 0
    for (let i = 1; i < keys.length; i++) if (comesBefore(keys[i] as Keys, keys[best] as Keys, order)) best = i
    const chosen = streams[best] as Stream
    series[count] = (numbersBefore[best] as number) + ((keys[best] as Keys).series[chosen.row] as number)
    places[count++] = (rowsBefore[best] as number) + chosen.row++
    if (chosen.row === chosen.batch?.rows) break
  }
  const tagSets = keys.flatMap((one) => one.tagSets)
  const [time, ...rest] = gatherRows(
    batches.map((batch) => withoutTags(batch, tags)),
    places.slice(0, count),
  ).columns
  const names = (batches[0] as Batch).columns.slice(1, 1 + tags).map(({ name }) => name)
  return { rows: count, columns: [time as Column, ...tagColumns(names, tagSets, series.slice(0, count)), ...rest] }
}

function comesBefore(a: Keys, b: Keys, order: 'asc' | 'desc'): boolean {
  const [rowA, rowB] = [a.stream.row, b.stream.row]
  const [timeA, timeB] = [a.times[rowA] as bigint, b.times[rowB] as bigint]
  if (timeA !== timeB) return order === 'asc' ? timeA < timeB : timeA > timeB
  return (a.ranks[a.series[rowA] as number] as number) < (b.ranks[b.series[rowB] as number] as number)
}

function sumsOf(counts: readonly number[]): number[] {
  let sum = 0
  return counts.map((count) => {
    sum += count
    return sum - count
  })
}

function withoutTags({ rows, columns }: Batch, tags: number): Batch {
  return { rows, columns: [...columns.slice(0, 1), ...columns.slice(1 + tags)] }
}

function keysOf(streams: readonly Stream[], tags: number): Keys[] {
  const batches = streams.map(({ batch }) => batch as Batch)
  const found = batches.map((batch) => seriesOfRows(batch.columns.slice(1, 1 + tags), batch.rows))
  const all = found.flatMap(({ tagSets }, stream) => tagSets.map((own, number) => ({ own, stream, number })))
  all.sort((a, b) => compareTags(a.own, b.own))
  const ranks = found.map(({ tagSets }) => new Uint32Array(tagSets.length))
  all.forEach(({ stream, number }, rank) => {
    ;(ranks[stream] as Uint32Array)[number] = rank
  })
  return found.map((rows, i) => ({
    ...rows,
    stream: streams[i] as Stream,
    times: batches[i]?.columns[0]?.values as BigInt64Array, // the first column of every batch is its times
    ranks: ranks[i] as Uint32Array,
  }))
}

/** Rows of batches of like columns; places count through the batches one after the other. */
export function gatherRows(batches: readonly Batch[], places: Uint32Array): Batch {
  const columns = (batches[0]?.columns ?? []).map((first, at): Column => {
    const parts = batches.map((batch) => ({ rows: batch.rows, column: batch.columns[at] }))
    return gatherColumn(concatColumns(first.name, parts) ?? first, places)
  })
  return { rows: places.length, columns }
}
