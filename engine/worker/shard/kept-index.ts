import type { SeriesIndex } from '../../index/series-index.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { IndexSnapshot, KnownPlaces, SnapshotOwner } from '../../storage/index-snapshot.ts'
import type { BlobStore } from '../../storage/store.ts'

/** Names of blobs of snapshots of the index. */
const SNAPSHOT_END = '.idx'
const KEPT_SERIES = 1 << 16

export interface KeptIndexParts {
  blobs: BlobStore
  kernel: Kernel
  index: SeriesIndex
  owner: SnapshotOwner
  /** The index is kept where it has so many series. Default 65,536, which take a fifth of a second to register. */
  leastSeries?: number | undefined
}

/** What a host keeps of its index for the next opening. */
export class KeptIndex {
  readonly #parts: KeptIndexParts
  readonly #leastSeries: number
  /** Segments that the snapshot has. */
  #kept: ReadonlySet<string> = new Set()
  #writing: Promise<void> | undefined

  constructor(parts: KeptIndexParts) {
    this.#parts = parts
    this.#leastSeries = parts.leastSeries ?? KEPT_SERIES
  }

  /** Fills the empty index with what was kept; `undefined` where nothing fits. */
  async read(): Promise<KnownPlaces | undefined> {
    const { blobs, index } = this.#parts
    const hasSnapshot = (await blobs.list()).some(({ name }) => name.endsWith(SNAPSHOT_END))
    const known = hasSnapshot ? await (await this.#snapshot()).read(index) : undefined
    this.#kept = new Set(known?.keys())
    return known
  }

  /** Whether so many series are in segments that what is kept does not have that they are more than a share of those in all segments. */
  isDue(places: KnownPlaces, share: number): boolean {
    if (this.#parts.index.size < this.#leastSeries) return false
    let [all, missing] = [0, 0]
    for (const [name, { count }] of places) {
      all += count
      if (!this.#kept.has(name)) missing += count
    }
    return missing > all * share
  }

  /** Writes it, unless it is being written. `isInUse` where it may change or be asked meanwhile. Throws `io` or `quota`. */
  write(places: KnownPlaces, isInUse: boolean): Promise<void> {
    this.#writing ??= this.#write(places, isInUse).finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  /** Resolves when it is not being written. */
  async settled(): Promise<void> {
    await this.#writing?.catch(() => undefined)
  }

  async #write(places: KnownPlaces, isInUse: boolean): Promise<void> {
    await (await this.#snapshot()).write(this.#parts.index, places, isInUse)
    this.#kept = new Set(places.keys())
  }

  /** Few stores need it. */
  async #snapshot(): Promise<IndexSnapshot> {
    const { IndexSnapshot } = await import('../../storage/index-snapshot.ts')
    return new IndexSnapshot(this.#parts, this.#parts.owner)
  }
}
