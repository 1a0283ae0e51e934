import type { Clock } from '../core/clock.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { bytesOf, type CompactionLimits, planCompaction, planSettling } from '../storage/compaction.ts'
import { lastOfEachName, type Manifest, type WrittenBytes, writeManifest } from '../storage/manifest.ts'
import type { SegmentInfo } from '../storage/segment-format.ts'
import type { BlobStore, LogPosition } from '../storage/store.ts'
import type { HostPort } from './host-port.ts'
import { expiryOf, type Retention } from './retention.ts'

export interface SegmentSetOptions {
  blobs: BlobStore
  kernel: Kernel
  hosts: readonly HostPort[]
  clock: Clock
  retention: Retention
  /** What the manifest says besides the segments, as it is when it is written. */
  described(): Pick<Manifest, 'tables' | 'staleWindows' | 'producers'>
}

interface Reorganisation {
  drop: readonly SegmentInfo[]
  merges: readonly (readonly SegmentInfo[])[]
  settle: boolean
}

/** How far a compaction has come, in bytes of the segments that it replaces. */
export interface CompactionProgress {
  doneBytes: number
  totalBytes: number
}

/**
 * The segments that count. Says so in the manifest, then to the hosts, and removes the files of those that went. Its methods
 * run one at a time: each changes the manifest that the next one starts from.
 */
export class SegmentSet {
  readonly #options: SegmentSetOptions
  #manifest: Manifest
  #progress: CompactionProgress | undefined
  #stopped = false

  constructor(options: SegmentSetOptions, manifest: Manifest) {
    this.#options = options
    this.#manifest = manifest
  }

  get manifest(): Manifest {
    return this.#manifest
  }

  /** Of the compaction that is under way. */
  get progress(): CompactionProgress | undefined {
    return this.#progress
  }

  /** Begins no further merges. */
  stop(): void {
    this.#stopped = true
  }

  /** Segments that hosts have written of the rows that were set aside; the log counts from `logStart` on. */
  async add(written: readonly (readonly SegmentInfo[])[], logStart: LogPosition): Promise<void> {
    const { segments, written: before } = this.#manifest
    const bytes = { ...before, flushed: before.flushed + bytesOf(written.flat()) }
    await this.#commit(lastOfEachName([...segments, ...written.flat()]), logStart, bytes)
    await Promise.all(this.#options.hosts.map((host, i) => host.replace([], written[i] ?? [])))
  }

  /** The log has lost records that are in segments; it goes on from an earlier position. */
  async moveLogStart(logStart: LogPosition): Promise<void> {
    await this.#commit(this.#manifest.segments, logStart, this.#manifest.written)
  }

  /** Drops what has expired, and merges where there are many segments of one size. */
  async compact(): Promise<void> {
    const { merge, settle, drop } = planCompaction(this.#manifest.segments, await this.#limits())
    await this.#carryOut({ merges: [merge], settle, drop })
  }

  /** Drops what has expired, and brings all others into their smallest form. */
  async settle(): Promise<void> {
    await this.#carryOut({ ...planSettling(this.#manifest.segments, await this.#limits()), settle: true })
  }

  async #limits(): Promise<CompactionLimits> {
    const { hosts, retention, clock } = this.#options
    const statistics = await Promise.all(hosts.map((host) => host.statistics()))
    const damaged = new Set(statistics.flatMap(({ quarantined }) => quarantined.map(({ name }) => name)))
    const cutoffs = (table: string): bigint | undefined => expiryOf(retention, table, clock.now())
    return { cutoffs, damaged, writers: hosts.length }
  }

  async #carryOut({ drop, merges, settle }: Reorganisation): Promise<void> {
    const { hosts } = this.#options
    if (drop.length > 0) await this.replace(drop, [])
    const totalBytes = bytesOf(merges.flat())
    let doneBytes = 0
    try {
      for (const merge of merges) {
        if (merge.length === 0 || this.#stopped) continue
        this.#progress = { doneBytes, totalBytes }
        const names = merge.map(({ name }) => name)
        await this.replace(merge, await Promise.all(hosts.map((host) => host.compact(names, settle))))
        doneBytes += bytesOf(merge)
      }
    } finally {
      this.#progress = undefined
    }
  }

  /** Segments in place of neighbours, in the manifest, then on the hosts; the old files go when nobody reads them. */
  async replace(removed: readonly SegmentInfo[], written: readonly (readonly SegmentInfo[])[]): Promise<void> {
    const { hosts, blobs } = this.#options
    const { segments: before, logStart, written: bytesBefore } = this.#manifest
    const at = before.indexOf(removed[0] as SegmentInfo)
    const kept = before.filter((segment) => !removed.includes(segment))
    const segments = lastOfEachName([...kept.slice(0, at), ...written.flat(), ...kept.slice(at)])
    const bytes = { ...bytesBefore, compacted: bytesBefore.compacted + bytesOf(written.flat()) }
    await this.#commit(segments, logStart, bytes)
    const names = removed.map(({ name }) => name)
    await Promise.all(hosts.map((host, i) => host.replace(names, written[i] ?? [])))
    const live = new Set(segments.map(({ name }) => name))
    for (const name of names) if (!live.has(name)) await blobs.delete(name)
  }

  async #commit(segments: readonly SegmentInfo[], logStart: LogPosition, written: WrittenBytes): Promise<void> {
    const { blobs, kernel, described } = this.#options
    const manifest = { ...described(), segments, logStart, written }
    await writeManifest(blobs, manifest, (bytes) => kernel.checksum(bytes))
    this.#manifest = manifest
  }
}
