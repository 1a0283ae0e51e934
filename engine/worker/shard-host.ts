import type { Batch, FieldType } from '../core/batch.ts'
import { usesPatterns } from '../core/expression.ts'
import type { Matcher } from '../core/matcher.ts'
import { loadPatterns } from '../core/pattern.ts'
import type { AggregatePlan, LatestPlan, PartialAggregate, RowsPlan, Selection } from '../core/plan.ts'
import { rollupTable } from '../core/rollup.ts'
import type { TableRows } from '../core/rows.ts'
import { encodeSeriesKey, type Tags } from '../core/series.ts'
import { SeriesIndex } from '../index/series-index.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { AggregateScan } from '../scan/aggregate-scan.ts'
import { LatestScan } from '../scan/latest-scan.ts'
import { RowsScan } from '../scan/rows-scan.ts'
import { BlockCache } from '../storage/block-cache.ts'
import { reblock } from '../storage/reblock.ts'
import type { SegmentInfo } from '../storage/segment-format.ts'
import { SegmentOutput } from '../storage/segment-output.ts'
import type { BlobStore } from '../storage/store.ts'
import { nextTurn } from './next-turn.ts'
import { ShardSource } from './shard-source.ts'

/** Virtual shards of every store. A series belongs to the one that the first byte of its id names. */
export const SHARDS = 64
/** To encode the chunks that appends filled goes on with the next append after so long. */
const SEAL_MS = 4
/** After so long an uninterrupted stretch of encoding, others get a turn. */
const TURN_MS = 8

export interface HostOptions {
  blobs: BlobStore
  kernel: Kernel
  /** This host's number, of how many. */
  number: number
  hosts: number
  /** Bytes of blocks that are kept in memory. */
  cacheBytes: number
}

/** The partial aggregate of some shards; lists of them merge in the order of `shard`. */
export interface ShardPartial {
  shard: number
  partial: PartialAggregate
}

/** Some rows of a plan, and where to get more. */
export interface RowsPage {
  batch: Batch | undefined
  /** Absent where there are no more. */
  cursor: number | undefined
}

export interface HostStatistics {
  series: number
  headRows: number
  headBytes: number
  cacheBytes: number
  quarantined: readonly { name: string; reason: string }[]
}

/** A share of the shards: their series, their newest rows, their segments, and the scans over them. */
export class ShardHost {
  readonly #kernel: Kernel
  readonly #blobs: BlobStore
  readonly #number: number
  readonly #hosts: number
  readonly #index = new SeriesIndex()
  /** By ref. */
  readonly #shards: number[] = []
  readonly #source: ShardSource
  readonly #cursors = new Map<number, { scan: RowsScan; batches: AsyncGenerator<Batch> }>()
  #nextCursor = 1

  constructor(options: HostOptions) {
    this.#kernel = options.kernel
    this.#blobs = options.blobs
    this.#number = options.number
    this.#hosts = options.hosts
    const cache = new BlockCache(options.cacheBytes)
    const place = { blobs: options.blobs, cache, kernel: options.kernel }
    this.#source = new ShardSource(place, this.#index, (key, shard) => this.#adoptSeries(key, shard))
  }

  /** Opens segments behind those that are open; one that fails its checks is left out and reported. */
  async openSegments(infos: readonly SegmentInfo[]): Promise<void> {
    for (const info of infos) await this.#source.open(info)
  }

  /** Refs of canonical keys, new ones where they are not known. Their shards are this host's. */
  register(keys: readonly Uint8Array[]): Uint32Array {
    return Uint32Array.from(keys, (key) => this.#register(key, shardOf(key, this.#kernel)))
  }

  /** Makes rows visible; `series` holds refs. Returns the bytes that rows in memory take. */
  apply(tables: readonly TableRows[]): number {
    const { head } = this.#source
    for (const rows of tables) head.append(rows)
    const begun = performance.now()
    head.seal(() => performance.now() - begun > SEAL_MS)
    return head.bytes
  }

  /** Sets the rows in memory aside to be written; later rows go to a new head. Nothing where some are aside already. */
  freeze(): void {
    this.#source.freeze()
  }

  /** Writes the rows that were set aside as segments and returns those; they count once `replace` says so. */
  async writeFrozen(): Promise<SegmentInfo[]> {
    const { frozen } = this.#source
    if (frozen === undefined) return []
    return this.#writeSegments(frozen.refs, false, (ref) => {
      const fields = frozen.fieldsOf(ref)
      return [frozen.groups(ref, fields), fields]
    })
  }

  /**
   * Merges this host's share of segments that are neighbours in age, settled where asked for; the answer takes their place
   * through `replace`.
   */
  async compact(names: readonly string[], settle: boolean): Promise<SegmentInfo[]> {
    const merged = await this.#source.readWhole(names)
    return this.#writeSegments([...merged.keys()], settle, (ref) => merged.get(ref) ?? [[], []])
  }

  /**
   * Puts segments in place of others, or of the rows that were set aside where `removed` is empty. Resolves once nobody
   * reads the removed ones any more.
   */
  async replace(removed: readonly string[], added: readonly SegmentInfo[]): Promise<void> {
    await this.#source.replace(removed, added)
  }

  async aggregate(asked: AggregatePlan): Promise<ShardPartial[]> {
    const plan = asked.rollup === undefined ? asked : { ...asked, table: rollupTable(asked.table, asked.rollup) }
    const refs = await this.#select(plan)
    const clamped = plan.window ? this.#clamp(plan, refs) : plan
    if (clamped === undefined || refs.length === 0) return []
    const partials: ShardPartial[] = []
    for (const [shard, shardRefs] of this.#sharesOf(plan, refs)) {
      const tagSets = Array.from(shardRefs, (ref) => this.#index.tags(ref))
      const scan = new AggregateScan(clamped, tagSets, this.#kernel)
      partials.push({ shard, partial: await this.#source.reading(() => scan.run(this.#source, shardRefs)) })
    }
    return partials
  }

  async latest(plan: LatestPlan, types: ReadonlyMap<string, FieldType>): Promise<Batch> {
    const refs = await this.#select(plan)
    const scan = new LatestScan(plan, types, this.#kernel)
    return this.#source.reading(() => scan.run(this.#source, refs))
  }

  /** Runs a rows plan to its first batch; further ones are taken with `nextRows` until there are none, or given up. */
  async openRows(plan: RowsPlan, types: ReadonlyMap<string, FieldType>): Promise<RowsPage> {
    const refs = await this.#select(plan)
    const scan = new RowsScan(plan, types, this.#kernel)
    const cursor = this.#nextCursor++
    this.#cursors.set(cursor, { scan, batches: scan.run(this.#source, refs) })
    return this.nextRows(cursor)
  }

  async nextRows(cursor: number): Promise<RowsPage> {
    const rows = this.#cursors.get(cursor)
    if (rows === undefined) return { batch: undefined, cursor: undefined }
    const { done, value } = await this.#source.reading(() => rows.batches.next())
    const batch = done ? undefined : value
    if (batch && !rows.scan.isLast) return { batch, cursor }
    this.#cursors.delete(cursor)
    return { batch, cursor: undefined }
  }

  closeRows(cursor: number): void {
    this.#cursors.delete(cursor)
  }

  /** Tag sets of the series that pass, in canonical order. */
  async series(table: string, matchers: readonly Matcher[], limit: number): Promise<Tags[]> {
    const refs = await this.#select({ table, matchers })
    return Array.from(refs.subarray(0, limit), (ref) => this.#index.tags(ref))
  }

  tagValues(table: string, tag: string): string[] {
    return this.#index.tagValues(table, tag)
  }

  statistics(): HostStatistics {
    const { head, frozen, quarantined, cacheBytes } = this.#source
    return {
      series: this.#index.size,
      headRows: head.rows + (frozen?.rows ?? 0),
      headBytes: head.bytes + (frozen?.bytes ?? 0),
      cacheBytes,
      quarantined,
    }
  }

  async #select({ table, matchers, filter }: Pick<Selection, 'table' | 'matchers' | 'filter'>): Promise<Uint32Array> {
    if (filter && usesPatterns(filter)) await loadPatterns()
    return this.#index.select(table, matchers)
  }

  /** Cuts the range to where there are rows, so that windows can be counted; `undefined` where there are none. */
  #clamp(plan: AggregatePlan, refs: Uint32Array): AggregatePlan | undefined {
    const bounds = this.#source.bounds(plan.table, refs)
    if (bounds === undefined) return undefined
    const start = bounds.start > plan.start ? bounds.start : plan.start
    const end = bounds.end + 1n < plan.end ? bounds.end + 1n : plan.end
    return start < end ? { ...plan, start, end } : undefined
  }

  /**
   * The refs by shard where the order of merging shows in the answer's last bits, so that these do not depend on the
   * number of hosts; all together where it does not.
   */
  #sharesOf(plan: AggregatePlan, refs: Uint32Array): [number, Uint32Array][] {
    if (!dependsOnOrder(plan)) return [[this.#number, refs]]
    const shares = new Map<number, number[]>()
    for (const ref of refs) {
      const shard = this.#shards[ref] as number
      const share = shares.get(shard)
      if (share) share.push(ref)
      else shares.set(shard, [ref])
    }
    return [...shares].sort(([a], [b]) => a - b).map(([shard, share]) => [shard, Uint32Array.from(share)])
  }

  #adoptSeries(key: Uint8Array, shard: number): number | undefined {
    return shard % this.#hosts === this.#number ? this.#register(key, shard) : undefined
  }

  #register(key: Uint8Array, shard: number): number {
    const ref = this.#index.register(key)
    this.#shards[ref] = shard
    return ref
  }

  async #writeSegments(
    refs: readonly number[],
    settle: boolean,
    rowsOf: (ref: number) => readonly [groups: Parameters<typeof reblock>[0], fields: readonly string[]],
  ): Promise<SegmentInfo[]> {
    let turn = performance.now()
    const pause = async (): Promise<void> => {
      if (performance.now() - turn < TURN_MS) return
      await nextTurn()
      turn = performance.now()
    }
    const output = new SegmentOutput({ blobs: this.#blobs, kernel: this.#kernel, settle, pause })
    for (const { ref, shard } of this.#inSegmentOrder(refs)) {
      const [groups, fields] = rowsOf(ref)
      await output.add(this.#index.series(ref), shard, fields, reblock(groups, fields, this.#kernel))
    }
    return output.finish()
  }

  /** By shard, then by canonical key: the same series come in the same order on every host. */
  #inSegmentOrder(refs: readonly number[]): { ref: number; shard: number; key: Uint8Array }[] {
    const entries = refs.map((ref) => ({
      ref,
      shard: this.#shards[ref] as number,
      key: encodeSeriesKey(this.#index.series(ref)),
    }))
    return entries.sort((a, b) => a.shard - b.shard || compareBytes(a.key, b.key))
  }
}

export function shardOf(key: Uint8Array, kernel: Kernel): number {
  return (kernel.sha256(key)[0] as number) % SHARDS
}

function dependsOnOrder(plan: AggregatePlan): boolean {
  return plan.inputs.some(({ expression, measures }) => {
    if (measures.includes('moments')) return true
    return measures.includes('sum') && !(expression && 'type' in expression && expression.type === 'i64')
  })
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  return a.length - b.length
}
