import type { Codecs } from '../../engine/cold/codecs.ts'
import { loadCodecs } from '../../engine/cold/codecs.ts'
import { ColdFile } from '../../engine/cold/cold-file.ts'
import { type ColdFileInfo, DAY_NS, fileKey } from '../../engine/cold/cold-manifest.ts'
import { FileWriter, type WrittenFile } from '../../engine/cold/file-writer.ts'
import { KeptParts } from '../../engine/cold/kept-parts.ts'
import type { ObjectReader, StoredObject } from '../../engine/cold/object-store.ts'
import type { FileColumn } from '../../engine/cold/parquet-chunk.ts'
import type { FieldType } from '../../engine/core/batch.ts'
import { canonicalTags, compareTexts, encodeSeriesKey, type Tags } from '../../engine/core/series.ts'
import type { Kernel } from '../../engine/kernel/kernel.ts'
import { BlockCache } from '../../engine/storage/block-cache.ts'
import { openMemoryStore } from '../../engine/storage/memory-store.ts'
import { columnOf, type Value } from './plain-column.ts'

/** A day of a table as plain values: by series its times and, for each field, a value a time or `null`. */
export interface PlainSeries {
  tags: Tags
  times: bigint[]
  fields: Record<string, Value[]>
}

export const DAY = 20_000
export const DAY_START: bigint = BigInt(DAY) * DAY_NS

/** A NaN with another payload than the usual one. */
export const STALE_NAN: number = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer)[0] as number

const DOUBLES = [0.1, -0, 0, Number.NaN, STALE_NAN, Number.POSITIVE_INFINITY, -1e308, 5e-324]
const INTEGERS = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n]
const TEXTS = ['', 'a', '\ufeffmark', 'ünïcode \u{1f600}', 'long '.repeat(40)]

export const FIELDS: Readonly<Record<string, FieldType>> = {
  count: 'i64',
  few: 'f64',
  full: 'f64',
  level: 'f64',
  odd: 'f64',
  sparse: 'i64',
  text: 'string',
  up: 'bool',
}

export const COLUMNS: readonly FileColumn[] = [
  { name: 'time', kind: 'time', type: 'time' },
  ...Object.entries(FIELDS).map(([name, type]): FileColumn => ({ name, kind: 'field', type })),
  { name: 'host', kind: 'tag', type: 'string' },
  { name: 'region', kind: 'tag', type: 'string' },
]

/** Series of every kind of value, in the order of their keys. */
export function plainDay(series: number, rows: number): PlainSeries[] {
  let state = 7
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
  const list = Array.from({ length: series }, (_, s): PlainSeries => {
    const tags = canonicalTags([
      ['host', `host_${s}`],
      ['region', s % 3 === 0 ? '' : `r${s % 3}`],
    ])
    const values = (make: (i: number) => Value) => Array.from({ length: rows }, (_, i) => make(i))
    return {
      tags,
      times: Array.from({ length: rows }, (_, i) => DAY_START + BigInt(i) * 10_000_000n + BigInt(s)),
      fields: {
        count: values((i) => (i % 7 === 6 ? null : (INTEGERS[next() % 50] ?? BigInt(next() % 100)))),
        few: values(() => (next() % 4) / 4),
        full: values(() => next() / 3),
        level: values(() => (next() % 10_000) / 100),
        odd: values(() => DOUBLES[next() % DOUBLES.length] as number),
        sparse: values((i) => (s === 1 && i === rows - 1 ? 5n : null)),
        text: values((i) => (i % 11 === 3 ? null : (TEXTS[next() % TEXTS.length] as string))),
        up: values((i) => (i % 5 === 4 ? null : next() % 2 === 0)),
      },
    }
  })
  return list.sort((a, b) => compareTexts(a.tags.flat(), b.tags.flat()))
}

/** The day as a cold file, and what a manifest says of it. */
export async function writeDay(
  days: readonly PlainSeries[],
  kernel: Kernel,
  codecs?: Codecs,
): Promise<{ written: WrittenFile; info: ColdFileInfo }> {
  const writer = new FileWriter('cpu', COLUMNS, { kernel, codecs: codecs ?? (await loadCodecs()) })
  for (const { tags, times, fields } of days) {
    const columns = Object.entries(fields).map(
      ([name, values]) => [name, columnOf(name, FIELDS[name] as FieldType, values)] as const,
    )
    const key = encodeSeriesKey({ table: 'cpu', tags })
    writer.add({ key, tags, times: BigInt64Array.from(times), fields: new Map(columns) })
  }
  const written = writer.finish()
  const hash = Buffer.from(kernel.sha256(written.bytes)).toString('hex')
  const { bytes, ...rest } = written
  return { written, info: { ...rest, bytes: bytes.length, table: 'cpu', day: DAY, key: fileKey('cpu', DAY, hash) } }
}

/** Objects in memory, which count what is asked of them. */
export class CountedObjects implements ObjectReader {
  readonly place = 'memory'
  readonly traffic: { requests: number; sentBytes: number; receivedBytes: number } = {
    requests: 0,
    sentBytes: 0,
    receivedBytes: 0,
  }
  readonly objects: Map<string, Uint8Array> = new Map()

  async get(key: string, range?: { start: number; end: number } | { last: number }): Promise<StoredObject | undefined> {
    const bytes = this.objects.get(key)
    this.traffic.requests++
    if (bytes === undefined) return undefined
    const part =
      range === undefined ? bytes : 'last' in range ? bytes.slice(-range.last) : bytes.slice(range.start, range.end)
    this.traffic.receivedBytes += part.length
    return { bytes: new Uint8Array(part), etag: '' }
  }
}

/** Opens a file in memory; refs are the places of the series in `days`. */
export async function openDay(
  days: readonly PlainSeries[],
  info: ColdFileInfo,
  place: { objects: CountedObjects; kernel: Kernel; cacheBytes?: number; kept?: KeptParts },
): Promise<ColdFile> {
  const keys = days.map(({ tags }) => Buffer.from(encodeSeriesKey({ table: 'cpu', tags })).toString('hex'))
  const codecs = await loadCodecs()
  const cache = new BlockCache(place.cacheBytes ?? 1 << 30)
  const { blobs } = await openMemoryStore()
  const kept = place.kept ?? (await KeptParts.open({ blobs, budgetBytes: 0, owner: { number: 0, hosts: 1 } }))
  return ColdFile.open(info, { ...place, codecs, cache, kept }, (key) => {
    const ref = keys.indexOf(Buffer.from(key).toString('hex'))
    return ref < 0 ? undefined : ref
  })
}
