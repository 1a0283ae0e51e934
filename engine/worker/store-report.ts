import { TidemarkError } from '../core/errors.ts'
import type { EncodingUse } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { SeriesIndex } from '../index/series-index.ts'
import { HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { decodeColumn } from '../scan/merge-groups.ts'
import { isBlock } from '../scan/row-group.ts'
import { BlockCache } from '../storage/block-cache.ts'
import { MANIFEST_NAME, type Manifest, parseManifest } from '../storage/manifest.ts'
import { Segment } from '../storage/segment.ts'
import { SEGMENT_FOOTER_BYTES, type SegmentInfo, type TableRange } from '../storage/segment-format.ts'
import type { BlobStore } from '../storage/store.ts'
import { blockUses, mergeUses } from './shard/encoding-uses.ts'

/** What lies in a store's files, without the store being opened. */
export interface StoreReport {
  /** Absent where there is none, or where it is damaged. */
  manifest?: ManifestReport
  segments: readonly SegmentReport[]
  tables: readonly TableReport[]
  log: readonly LogReport[]
  /** Blobs that nothing names. */
  unnamed: readonly { name: string; bytes: number }[]
  /** What is damaged, and where. */
  damage: readonly Damage[]
}

export interface ManifestReport {
  /** Position of the first record of the log whose rows are in no segment. */
  logStart: number
  waitingDeletes: number
  producers: number
  /** Tables and views that statements have defined. */
  definedTables: readonly string[]
  views: readonly string[]
}

export interface SegmentReport {
  name: string
  bytes: number
  series: number
  rows: number
  settled: boolean
  tables: readonly string[]
}

export interface TableReport {
  table: string
  rows: number
  series: number
  /** First and last time, in nanoseconds since 1970 UTC. */
  start: bigint
  end: bigint
  encodings: readonly EncodingUse[]
  samples: readonly EncodingSample[]
}

/** The first block of a column that was met, as it is stored and as it could be: what the choice of its encoding saved. */
export interface EncodingSample {
  column: string
  encoding: string
  rows: number
  storedBytes: number
  /** Encoded by the fast family, which flushes use. */
  fastBytes: number
  /** As plain values. */
  plainBytes: number
}

export interface LogReport {
  name: string
  bytes: number
  records: number
}

export interface Damage {
  where: string
  what: string
}

/** Blobs as they are read here. */
export type ReadableBlobs = Pick<BlobStore, 'get' | 'list'>

const CACHE_BYTES = 64 << 20
/** Series whose blocks are read and checked at a time. */
const SERIES_AT_A_TIME = 64

/** Reads and checks every file of a store; nothing is written. What is damaged is told, and the rest goes on. */
export async function reportStore(blobs: ReadableBlobs, kernel: Kernel): Promise<Omit<StoreReport, 'log'>> {
  const found = await blobs.list()
  const damage: Damage[] = []
  const manifest = await manifestOf(blobs, kernel, damage)
  const named = manifest?.segments ?? []
  const sizes = new Map(found.map(({ name, bytes }) => [name, bytes]))
  const reports = new SegmentReports(blobs, kernel, damage)
  for (const info of named) {
    const bytes = sizes.get(info.name)
    if (bytes === undefined)
      damage.push({ where: info.name, what: 'the manifest names this segment, and there is no such file' })
    else if (bytes !== info.bytes)
      damage.push({ where: info.name, what: `it has ${bytes} bytes, the manifest says ${info.bytes}` })
    else await reports.add(info)
  }
  const known = new Set([...named.map(({ name }) => name), MANIFEST_NAME])
  return {
    ...(manifest && { manifest: describe(manifest) }),
    segments: reports.segments,
    tables: reports.tables,
    unnamed: found.filter(({ name }) => name.endsWith('.seg') && !known.has(name)),
    damage,
  }
}

async function manifestOf(blobs: ReadableBlobs, kernel: Kernel, damage: Damage[]): Promise<Manifest | undefined> {
  if (!(await blobs.list()).some(({ name }) => name === MANIFEST_NAME)) return undefined
  try {
    return parseManifest(await blobs.get(MANIFEST_NAME), (bytes) => kernel.checksum(bytes))
  } catch (error) {
    damage.push({ where: MANIFEST_NAME, what: messageOf(error) })
    return undefined
  }
}

function describe({ logStart, deletes, producers, definitions }: Manifest): ManifestReport {
  return {
    logStart,
    waitingDeletes: deletes.waiting.length,
    producers: producers.size,
    definedTables: [...definitions.tables.keys()],
    views: [...definitions.views.keys()],
  }
}

interface TableTally extends Omit<TableReport, 'encodings' | 'samples' | 'series'> {
  series: Set<number>
  uses: EncodingUse[]
  samples: Map<string, EncodingSample>
}

class SegmentReports {
  readonly #place: { blobs: BlobStore; cache: BlockCache; kernel: Kernel }
  readonly #index: SeriesIndex
  readonly #damage: Damage[]
  readonly #tables = new Map<string, TableTally>()
  readonly segments: SegmentReport[] = []

  constructor(blobs: ReadableBlobs, kernel: Kernel, damage: Damage[]) {
    const refuse = (): Promise<never> => Promise.reject(new Error('a report writes nothing'))
    const readOnly: BlobStore = {
      put: refuse,
      begin: refuse,
      delete: refuse,
      get: (name, start, end) => blobs.get(name, start, end),
      list: () => blobs.list(),
    }
    this.#place = { blobs: readOnly, cache: new BlockCache(CACHE_BYTES), kernel }
    this.#index = new SeriesIndex(kernel)
    this.#damage = damage
  }

  get tables(): TableReport[] {
    return Array.from(this.#tables.values(), ({ series, uses, samples, ...rest }) => ({
      ...rest,
      series: series.size,
      encodings: mergeUses(uses),
      samples: [...samples.values()],
    }))
  }

  async add(info: SegmentInfo): Promise<void> {
    try {
      const segment = await Segment.open(info, this.#place, { index: this.#index, adopts: () => true })
      const refs = [...segment.refs]
      this.segments.push({
        name: info.name,
        bytes: info.bytes,
        series: refs.length,
        rows: [...info.tables.values()].reduce((sum, { rows }) => sum + rows, 0),
        settled: info.settled === true,
        tables: [...info.tables.keys()],
      })
      this.#addRanges(info)
      for (let at = 0; at < refs.length; at += SERIES_AT_A_TIME) {
        await this.#addSeries(segment, refs.slice(at, at + SERIES_AT_A_TIME))
      }
    } catch (error) {
      this.#damage.push({ where: info.name, what: messageOf(error) })
    }
  }

  /** A segment of which no manifest says what it has. */
  async addAlone({ name, bytes }: { name: string; bytes: number }): Promise<void> {
    const tables = new Map<string, TableRange>()
    try {
      if (bytes < SEGMENT_FOOTER_BYTES) {
        throw new TidemarkError('truncated', `it has ${bytes} bytes, expected ${SEGMENT_FOOTER_BYTES} at least`)
      }
      const segment = await Segment.open({ name, bytes, tables }, this.#place, {
        index: this.#index,
        adopts: () => true,
      })
      for (const ref of segment.refs) {
        await segment.prepare([ref])
        segment.eachGroup(ref, undefined, (_, minTime, rows, maxTime) => {
          const table = this.#index.tableOf(ref)
          const range = tables.get(table) ?? { rows: 0, minTime, maxTime }
          range.rows += rows
          if (minTime < range.minTime) range.minTime = minTime
          if (maxTime > range.maxTime) range.maxTime = maxTime
          tables.set(table, range)
        })
      }
    } catch (error) {
      this.#damage.push({ where: name, what: messageOf(error) })
      return
    }
    await this.add({ name, bytes, tables })
  }

  #addRanges({ tables }: SegmentInfo): void {
    for (const [table, { rows, minTime, maxTime }] of tables) {
      const known = this.#tables.get(table)
      if (known === undefined) {
        const empty = { series: new Set<number>(), uses: [], samples: new Map() }
        this.#tables.set(table, { table, rows, start: minTime, end: maxTime, ...empty })
        continue
      }
      known.rows += rows
      if (minTime < known.start) known.start = minTime
      if (maxTime > known.end) known.end = maxTime
    }
  }

  async #addSeries(segment: Segment, refs: readonly number[]): Promise<void> {
    await segment.prepare(refs)
    for (const ref of refs) {
      const tally = this.#tables.get(this.#index.tableOf(ref))
      if (tally === undefined) continue
      const isNew = !tally.series.has(ref)
      tally.series.add(ref)
      tally.uses = mergeUses([...tally.uses, ...blockUses(segment, [ref])])
      // To read a run is to check it.
      const loaded = await segment.load(segment.columnRuns(ref, segment.fieldsOf(ref)))
      if (isNew) this.#sample(segment, ref, loaded, tally)
    }
  }

  #sample(segment: Segment, ref: number, loaded: Awaited<ReturnType<Segment['load']>>, { samples }: TableTally): void {
    const { kernel } = this.#place
    const missing = segment.fieldsOf(ref).filter((name) => !samples.has(name))
    if (missing.length === 0 && samples.has(TIME_COLUMN)) return
    const group = segment.group(ref, 0, loaded)
    for (const name of samples.has(TIME_COLUMN) ? missing : [TIME_COLUMN, ...missing]) {
      const block = name === TIME_COLUMN ? group.time : group.field(name)
      if (block === undefined || !isBlock(block)) continue
      const column = decodeColumn(block, name, kernel)
      const fast = kernel.encode(column, 0, group.rows, new Uint8Array(HEADER_BYTES), 0)
      const [use] = [...blockUses(segment, [ref])].filter((each) => each.column === name)
      samples.set(name, {
        column: name,
        encoding: use?.encoding ?? '',
        rows: group.rows,
        storedBytes: block.payload.length,
        fastBytes: fast.length,
        plainBytes: column.values.byteLength,
      })
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** One segment by itself; what rows it has of which table, its series say. */
export async function segmentAlone(
  blobs: ReadableBlobs,
  file: { name: string; bytes: number },
  kernel: Kernel,
): Promise<Omit<StoreReport, 'log'>> {
  const damage: Damage[] = []
  const reports = new SegmentReports(blobs, kernel, damage)
  await reports.addAlone(file)
  return { segments: reports.segments, tables: reports.tables, unnamed: [], damage }
}
