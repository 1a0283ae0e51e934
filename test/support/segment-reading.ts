import { valueAt } from '../../engine/core/batch.ts'
import type { Series } from '../../engine/core/series.ts'
import { encodeSeriesKey, printSeries } from '../../engine/core/series.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import type { Kernel } from '../../engine/kernel/kernel.ts'
import { decodeColumn, decodeTimes, groupsOfRows } from '../../engine/scan/merge-groups.ts'
import { BlockCache } from '../../engine/storage/block-cache.ts'
import { encodeDensely } from '../../engine/storage/dense-columns.ts'
import { reblock } from '../../engine/storage/reblock.ts'
import { Segment } from '../../engine/storage/segment.ts'
import type { SegmentInfo } from '../../engine/storage/segment-format.ts'
import { SegmentWriter } from '../../engine/storage/segment-writer.ts'
import { type BlobStore, blobNotFound, checkBlobRange } from '../../engine/storage/store.ts'
import { shardOf } from '../../engine/worker/shard/shard-host.ts'
import { columnOf } from './plain-column.ts'
import type { FieldName } from './random-table.ts'
import { FIELDS } from './random-table.ts'
import type { FixtureRow } from './table-fixture.ts'

/** Rows of one series by time, as the JSON of a golden file has them: integers as texts, doubles as they print. */
export interface PlainSeries {
  series: string
  rows: Record<string, string>[]
}

export interface SegmentSeriesRows {
  series: Series
  rows: readonly FixtureRow[]
}

/** A segment of some series, each with rows of ascending times; in its smallest form where it is to be settled. */
export async function writeSegment(
  parts: readonly SegmentSeriesRows[],
  kernel: Kernel,
  settle = false,
): Promise<{ bytes: Uint8Array; info: SegmentInfo }> {
  const index = new SeriesIndex(kernel)
  const writer = new SegmentWriter(kernel, index)
  const all = parts.map(({ series, rows }) => {
    const names = [...new Set(rows.flatMap(({ fields }) => Object.keys(fields)))] as FieldName[] // they are made of it
    const columns = names.map((name): [string, ReturnType<typeof columnOf>] => [
      name,
      columnOf(
        name,
        FIELDS[name],
        rows.map(({ fields }) => fields[name] ?? null),
      ),
    ])
    const groups = groupsOfRows(
      BigInt64Array.from(rows, ({ time }) => time),
      new Map(columns),
      kernel,
    )
    return { series, table: series.table, fields: names, groups: reblock(groups, names, kernel) }
  })
  const refOf = (series: Series): number => {
    const key = encodeSeriesKey(series)
    return index.register(key, shardOf(key, kernel))
  }
  for (const { series, fields, groups } of settle ? await encodeDensely(all, kernel, async () => undefined) : all)
    writer.add(refOf(series), fields, groups)
  const { rest, info } = writer.finish()
  return { bytes: rest.slice(), info }
}

/** What a segment of these has to give back. */
export function plainSeries(parts: readonly SegmentSeriesRows[]): PlainSeries[] {
  return parts.map(({ series, rows }) => ({
    series: printSeries(series),
    rows: rows.map(({ time, fields }) => {
      const present = Object.entries(fields).filter(([, value]) => value !== null)
      return Object.fromEntries([['time', `${time}`], ...present.map(([name, value]) => [name, print(value)])])
    }),
  }))
}

/** One blob under any name, that cannot be changed. */
export function blobsOf(bytes: Uint8Array): BlobStore {
  const refuse = async (): Promise<never> => {
    throw blobNotFound('another')
  }
  return {
    put: refuse,
    begin: refuse,
    delete: refuse,
    list: async () => [],
    get: async (name, start, end) => {
      const range = checkBlobRange({ name, bytes: bytes.length }, start, end)
      return bytes.slice(range.start, range.end)
    },
  }
}

const indexes = new WeakMap<Kernel, SeriesIndex>()

/** An index that all segments of a kernel are read into: to make one for each takes longer than to read it. */
function indexFor(kernel: Kernel): SeriesIndex {
  const index = indexes.get(kernel) ?? new SeriesIndex(kernel)
  indexes.set(kernel, index)
  return index
}

/** Everything that a segment holds. Throws what opening and reading throw. */
export async function readSegment(bytes: Uint8Array, info: SegmentInfo, kernel: Kernel): Promise<PlainSeries[]> {
  const index = indexFor(kernel)
  const place = { blobs: blobsOf(bytes), cache: new BlockCache(1 << 20), kernel }
  const segment = await Segment.open(info, place, { index, adopts: () => true })
  await segment.prepare()
  const all: PlainSeries[] = []
  for (const ref of segment.refs) {
    const fields = segment.fieldsOf(ref)
    const loaded = await segment.load(segment.columnRuns(ref, fields))
    const rows: Record<string, string>[] = []
    segment.eachGroup(ref, undefined, (number) => {
      const group = segment.group(ref, number, loaded)
      const times = decodeTimes(group, kernel)
      const columns = fields.flatMap((name) => {
        const column = group.field(name)
        return column ? [decodeColumn(column, name, kernel)] : []
      })
      times.forEach((time, row) => {
        const present = columns.filter((column) => valueAt(column, row) !== null)
        rows.push(
          Object.fromEntries([
            ['time', `${time}`],
            ...present.map((column) => [column.name, print(valueAt(column, row))]),
          ]),
        )
      })
    })
    all.push({ series: printSeries(index.series(ref)), rows })
  }
  return all
}

/** Tells -0 from 0. */
function print(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
