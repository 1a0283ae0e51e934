import type { Kernel } from '../../kernel/kernel.ts'
import { bytesOf, type CompactionLimits, planCompaction, planSettling } from '../../storage/compaction.ts'
import { lastOfEachName, type Manifest, writeManifest } from '../../storage/manifest.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import type { BlobStore, LogPosition } from '../../storage/store.ts'
import { mayHide } from '../../storage/tombstone.ts'
import type { Deletes } from '../write/deletes.ts'
import type { HostPort } from './host-port.ts'

export interface SegmentSetOptions {
  blobs: BlobStore
  kernel: Kernel
  hosts: readonly HostPort[]
  /** Rows of a table before this time have expired. */
  expiry(table: string): bigint | undefined
  deletes: Deletes
  /** What the manifest says besides the segments, as it is when it is written. */
  described(): Described
}

/** What a manifest says besides the segments. */
export type Described = Pick<Manifest, 'tables' | 'staleWindows' | 'producers' | 'definitions'>

interface Reorganisation {
  drop: readonly SegmentInfo[]
  merges: readonly (readonly SegmentInfo[])[]
  settle: boolean
}

/** Where the head was cut: rows of records before the position are set aside, less what deletes below the number hide. */
export interface Cut {
  position: LogPosition
  deletes: number
}

/** Bytes of segments that are rewritten at a time for nothing but their deleted rows. */
const MAX_REWRITTEN_BYTES = 256 << 20

/** Segments whose files stay. */
export interface Pin {
  manifest: Manifest
  release(): Promise<void>
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
  #removals = 0
  readonly #pins = new Set<readonly string[]>()
  /** Files of segments that are pinned and do not count any more. */
  readonly #condemned = new Set<string>()

  constructor(options: SegmentSetOptions, manifest: Manifest) {
    this.#options = options
    this.#manifest = manifest
  }

  /** How often segments were removed or replaced by others. */
  get removals(): number {
    return this.#removals
  }

  get manifest(): Manifest {
    return this.#manifest
  }

  /** Of the compaction that is under way. */
  get progress(): CompactionProgress | undefined {
    return this.#progress
  }

  /** Keeps the files of the segments that count now until they are released. */
  pin(): Pin {
    const manifest = this.#manifest
    const names = manifest.segments.map(({ name }) => name)
    this.#pins.add(names)
    const release = async (): Promise<void> => {
      this.#pins.delete(names)
      await this.#removeFiles([...this.#condemned])
    }
    return { manifest, release }
  }

  /** Begins no further merges. */
  stop(): void {
    this.#stopped = true
  }

  /** Segments that hosts have written of the rows that were set aside at a cut. */
  async add(flushed: readonly (readonly SegmentInfo[])[], { position, deletes }: Cut): Promise<void> {
    const { segments, written } = this.#manifest
    const added = carriedOut(flushed, deletes)
    const bytes = { ...written, flushed: written.flushed + bytesOf(added.flat()) }
    const changed = { segments: lastOfEachName([...segments, ...added.flat()]), logStart: position, written: bytes }
    await this.#commit(changed, deletes)
    await Promise.all(this.#options.hosts.map((host, i) => host.replace([], added[i] ?? [])))
  }

  /** Names deletes no longer that hide nothing any more. */
  async forgetDeletes(): Promise<void> {
    if (this.#options.deletes.areOver(this.#manifest)) await this.#commit({})
  }

  /** The log has lost records that are in segments; it goes on from an earlier position. */
  async moveLogStart(logStart: LogPosition): Promise<void> {
    await this.#commit({ logStart })
  }

  /** Drops what has expired, and merges where there are many segments of one size. */
  async compact(): Promise<void> {
    const limits = await this.#limits()
    const { merge, settle, drop } = planCompaction(this.#manifest.segments, limits)
    const rewrites = this.#rewrites([merge, drop], limits, MAX_REWRITTEN_BYTES)
    await this.#carryOut({ merges: [merge, ...rewrites], settle, drop })
  }

  /** Drops what has expired, and brings all others into their smallest form. */
  async settle(): Promise<void> {
    const limits = await this.#limits()
    const { merges, drop } = planSettling(this.#manifest.segments, limits)
    await this.#carryOut({ merges: [...merges, ...this.#rewrites([...merges, drop], limits)], settle: true, drop })
  }

  /** Segments with deleted rows that nothing else takes along, each to be written anew, so much of them. */
  #rewrites(
    planned: readonly (readonly SegmentInfo[])[],
    { damaged }: CompactionLimits,
    maxBytes: number = Number.POSITIVE_INFINITY,
  ): SegmentInfo[][] {
    const { waiting } = this.#options.deletes
    const taken = new Set(planned.flat())
    let bytes = 0
    return this.#manifest.segments.flatMap((segment) => {
      if (taken.has(segment) || damaged?.has(segment.name) || !waiting.some((tombstone) => mayHide(tombstone, segment)))
        return []
      bytes += segment.bytes
      return bytes - segment.bytes < maxBytes ? [[segment]] : []
    })
  }

  async #limits(): Promise<CompactionLimits> {
    const { hosts, expiry } = this.#options
    const statistics = await Promise.all(hosts.map((host) => host.statistics()))
    const damaged = new Set(statistics.flatMap(({ quarantined }) => quarantined.map(({ name }) => name)))
    return { cutoffs: expiry, damaged, writers: hosts.length }
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
        const { applied } = this.#options.deletes
        const isSettled = settle || merge.every(({ settled }) => settled)
        const merged = await Promise.all(hosts.map((host) => host.compact(names, isSettled)))
        await this.replace(merge, carriedOut(merged, applied))
        doneBytes += bytesOf(merge)
      }
    } finally {
      this.#progress = undefined
    }
  }

  /** Segments in place of neighbours, in the manifest, then on the hosts; the old files go when nobody reads them. */
  async replace(removed: readonly SegmentInfo[], written: readonly (readonly SegmentInfo[])[]): Promise<void> {
    const { hosts } = this.#options
    const { segments: before, written: bytesBefore } = this.#manifest
    const at = before.indexOf(removed[0] as SegmentInfo)
    const kept = before.filter((segment) => !removed.includes(segment))
    const segments = lastOfEachName([...kept.slice(0, at), ...written.flat(), ...kept.slice(at)])
    const bytes = { ...bytesBefore, compacted: bytesBefore.compacted + bytesOf(written.flat()) }
    await this.#commit({ segments, written: bytes })
    const names = removed.map(({ name }) => name)
    await Promise.all(hosts.map((host, i) => host.replace(names, written[i] ?? [])))
    this.#removals++
    await this.#removeFiles(names)
  }

  /** Removes files of segments that do not count any more; those that are pinned when they are released. */
  async #removeFiles(names: readonly string[]): Promise<void> {
    const live = new Set(this.#manifest.segments.map(({ name }) => name))
    const pinned = new Set([...this.#pins].flat())
    for (const name of names) {
      this.#condemned.delete(name)
      if (live.has(name)) continue
      if (pinned.has(name)) this.#condemned.add(name)
      else await this.#options.blobs.delete(name)
    }
  }

  async #commit(
    changed: Partial<Pick<Manifest, 'segments' | 'logStart' | 'written'>>,
    nextDelete: number = this.#manifest.deletes.next,
  ): Promise<void> {
    const { blobs, kernel, deletes, described } = this.#options
    const next = { ...this.#manifest, ...changed, ...described() }
    const manifest = { ...next, deletes: deletes.kept(next.segments, nextDelete) }
    await writeManifest(blobs, manifest, (bytes) => kernel.checksum(bytes))
    this.#manifest = manifest
    deletes.written(manifest.deletes)
  }
}

/** Segments in which deletes below a number are carried out. */
function carriedOut(written: readonly (readonly SegmentInfo[])[], deletes: number): SegmentInfo[][] {
  return written.map((infos) => infos.map((info) => (deletes === 0 ? info : { ...info, deletes })))
}
