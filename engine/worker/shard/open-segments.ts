import { TidemarkError } from '../../core/errors.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { BlockCache } from '../../storage/block-cache.ts'
import { Segment } from '../../storage/segment.ts'
import type { SegmentInfo, TableRange } from '../../storage/segment-format.ts'
import type { PlacesParts } from '../../storage/segment-places.ts'
import type { BlobStore } from '../../storage/store.ts'

/** Where segments are, and what reads them. */
export interface SegmentPlace {
  blobs: BlobStore
  cache: BlockCache
  kernel: Kernel
}

interface Parts {
  index: SeriesIndex
  /** Whether the series of a shard are a host's own. */
  adopts: (shard: number) => boolean
  /** Called when a segment is left out. */
  onDamage(): void
}

function mayMeet(rows: TableRange | undefined, range: TimeRange | undefined): boolean {
  if (rows === undefined || range === undefined) return rows !== undefined
  return rows.minTime < range.end && rows.maxTime >= range.start
}

/** The segments of a host, in the order of their age; damaged ones are left out and named. */
export class OpenSegments {
  readonly #place: SegmentPlace
  readonly #parts: Parts
  readonly #damaged = new Map<string, string>()
  #all: readonly Segment[] = []

  constructor(place: SegmentPlace, parts: Parts) {
    this.#place = place
    this.#parts = parts
  }

  get all(): readonly Segment[] {
    return this.#all
  }

  get quarantined(): { name: string; reason: string }[] {
    return [...this.#damaged].map(([name, reason]) => ({ name, reason }))
  }

  /** Opens segments behind those that are open. `known` is where the series of each are in the index, where they are registered already. */
  async add(infos: readonly SegmentInfo[], known: (name: string) => PlacesParts | undefined): Promise<void> {
    const opened = await this.open(infos, known)
    this.#all = [...this.#all, ...opened]
  }

  /** Opens segments that take no part yet: reads one while the one before it is made ready. */
  async open(infos: readonly SegmentInfo[], known: (name: string) => PlacesParts | undefined): Promise<Segment[]> {
    const opened: Segment[] = []
    const open = (info: SegmentInfo | undefined): Promise<Segment | undefined> | undefined => {
      const coming = info && this.#open(info, known(info.name))
      // Who awaits it has the error; nobody may where one before it fails.
      coming?.catch(() => undefined)
      return coming
    }
    let coming = open(infos[0])
    for (let i = 0; i < infos.length; i++) {
      const next = open(infos[i + 1])
      const segment = await coming
      if (segment) opened.push(segment)
      coming = next
    }
    return opened
  }

  /** Puts opened segments in the place of others, or behind all. Returns those that take no part any more. */
  replace(removed: readonly string[], opened: readonly Segment[]): Segment[] {
    // A segment of the same name has the same rows; the one that comes now is the later.
    const leaving = new Set([...removed, ...opened.map(({ info }) => info.name)])
    const gone = this.#all.filter(({ info }) => leaving.has(info.name))
    const kept = this.#all.filter(({ info }) => !leaving.has(info.name))
    const first = this.#all.findIndex(({ info }) => removed.includes(info.name))
    const at = first < 0 ? kept.length : this.#all.slice(0, first).filter((one) => kept.includes(one)).length
    this.#all = [...kept.slice(0, at), ...opened, ...kept.slice(at)]
    return gone
  }

  /**
   * Those that have one of some series of a table, and rows of the table in a range where there is one, with the headers of these
   * series ready. Throws `corrupt` where those are damaged.
   */
  async having(table: string, refs: Uint32Array, range?: TimeRange): Promise<readonly Segment[]> {
    const having = this.#all
      .filter(({ info }) => mayMeet(info.tables.get(table), range))
      .filter((one) => refs.some((ref) => one.has(ref)))
    for (const segment of having) await this.reading(segment, () => segment.prepare(refs))
    return having
  }

  /** Those of some names, in their order. Throws `corrupt` where one of them is damaged. */
  named(names: readonly string[]): readonly Segment[] {
    for (const name of names) {
      const reason = this.#damaged.get(name)
      if (reason !== undefined) throw new TidemarkError('corrupt', `segment ${name} is damaged: ${reason}`)
    }
    return this.#all.filter(({ info }) => names.includes(info.name))
  }

  /** Reads from a segment, which is left out from then on where that shows that it is damaged. */
  async reading<T>(segment: Segment, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) {
        this.#leaveOut(segment.info.name, error.message)
        this.#all = this.#all.filter((other) => other !== segment)
      }
      throw error
    }
  }

  async #open(info: SegmentInfo, known?: PlacesParts): Promise<Segment | undefined> {
    const { index, adopts } = this.#parts
    try {
      return await Segment.open(info, this.#place, { index, adopts, known })
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
      this.#leaveOut(info.name, error.message)
      return undefined
    }
  }

  #leaveOut(name: string, reason: string): void {
    this.#damaged.set(name, reason)
    this.#parts.onDamage()
  }
}
