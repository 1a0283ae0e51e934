import { TidemarkError } from '../../core/errors.ts'
import type { Matcher } from '../../core/matcher.ts'
import { parseRollupTable } from '../../core/rollup.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import { compileMatcher } from '../../index/tag-predicate.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { Manifest } from '../../storage/manifest.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import {
  MAX_MATCHER_VALUES,
  MAX_MATCHERS,
  mayHide,
  mayHideRows,
  type StoredRows,
  type Tombstone,
} from '../../storage/tombstone.ts'
import { ceilTo, floorTo } from '../rollup/rollup-pieces.ts'
import type { HostPort } from '../shard/host-port.ts'

/** Rows to delete: of a table, of series that pass every matcher, with times in `[start, end)`. */
export interface DeleteRange {
  table: string
  matchers: readonly Matcher[]
  start: bigint
  end: bigint
}

/** Who is told of the times of what a delete hides. */
export interface Gone {
  rows(range: TimeRange): void
  windows(range: TimeRange): void
}

/** Deletes that may wait for compactions to carry them out: every query of their tables looks at each. */
export const MAX_WAITING_DELETES = 256
/** So many that wait call for a compaction. */
export const MANY_WAITING_DELETES = 32

/** The numbers of deletes, and those that hide rows of segments or of cold files still. */
export class Deletes {
  readonly #hosts: readonly HostPort[]
  #next: number
  /** Deletes below it hide the rows that they have to in every host. */
  #applied: number
  #waiting: readonly Tombstone[]
  /** Deletes from this number on are kept, whatever they hide. */
  #heldFrom = Number.POSITIVE_INFINITY
  /** What is cold, also by the copy of its manifest that is here. */
  #cold: readonly StoredRows[] = []

  constructor(hosts: readonly HostPort[], { next, waiting }: Manifest['deletes']) {
    this.#hosts = hosts
    this.#next = next
    this.#applied = next
    this.#waiting = waiting
  }

  /** Deletes of lower numbers are visible, and carried out in what hosts write from now on. */
  get applied(): number {
    return this.#applied
  }

  get waiting(): readonly Tombstone[] {
    return this.#waiting
  }

  /**
   * Says which cold files count, once that is durable here. Numbers go on above those that are carried out in them, also where
   * another store wrote them.
   */
  setCold(files: readonly StoredRows[]): void {
    this.#cold = files
    for (const { deletes = 0 } of files) this.#next = Math.max(this.#next, deletes)
  }

  /**
   * Keeps deletes from a number on, here and in hosts: rows that they hide may be in cold files that are being written, or in such
   * as are not known yet. Infinity keeps none but those that hide something.
   */
  async hold(from: number): Promise<void> {
    this.#heldFrom = from
    await Promise.all(this.#hosts.map((host) => host.holdDeletes(from)))
  }

  /** Whether rows of what is cold may be such that a delete hides. */
  hidesOf(rows: StoredRows): boolean {
    return this.#waiting.some((tombstone) => mayHideRows(tombstone, rows))
  }

  /** Whether a manifest names deletes that hide nothing any more. */
  areOver({ segments, deletes }: Manifest): boolean {
    return this.kept(segments, deletes.next).waiting.length < deletes.waiting.length
  }

  /** Makes hosts hide what a manifest says, once they have their segments. */
  async restore(): Promise<void> {
    for (const tombstone of this.#waiting) await Promise.all(this.#hosts.map((host) => host.delete(tombstone)))
  }

  /** A delete with the next number. Throws `quota` where too many wait. */
  number(range: DeleteRange): Tombstone {
    if (this.#waiting.length >= MAX_WAITING_DELETES) {
      throw new TidemarkError('quota', `${this.#waiting.length} deletes wait for a compaction already`, {
        hint: 'Compact the store, then try again.',
      })
    }
    return { number: this.#next++, ...range }
  }

  /**
   * Hides rows in every host, then the windows of rollups that were computed from them; `gone` is told between the two which
   * rows and windows have gone, so that nobody misses the windows. `tables` are all that there are.
   */
  async apply(tombstone: Tombstone, tables: readonly { name: string }[], gone: Gone): Promise<void> {
    const windows = ofRollups(tombstone, tables)
    const bounds = await this.#hide(tombstone)
    for (const range of windows.flatMap((one) => bounds.map((bound) => intersection(one, bound)))) {
      if (range.start < range.end) gone.windows(range)
    }
    for (const range of bounds.map((bound) => intersection(tombstone, bound))) gone.rows(range)
    for (const one of windows) await this.#hide(one)
    this.#next = Math.max(this.#next, tombstone.number + 1)
    this.#applied = tombstone.number + 1
  }

  /** Resolves with the times between which the series that are meant have rows, of each host. */
  async #hide(tombstone: Tombstone): Promise<TimeRange[]> {
    const bounds = await Promise.all(this.#hosts.map((host) => host.delete(tombstone)))
    this.#waiting = [...this.#waiting, tombstone]
    return bounds.filter((bound) => bound !== undefined)
  }

  /** What a manifest of some segments has to say where the records of deletes below `next` lie before the start of the log. */
  kept(segments: readonly SegmentInfo[], next: number): Manifest['deletes'] {
    const waiting = this.#waiting.filter((tombstone) => {
      if (tombstone.number >= next) return false
      if (tombstone.number >= this.#heldFrom) return true
      return segments.some((one) => mayHide(tombstone, one)) || this.#cold.some((one) => mayHideRows(tombstone, one))
    })
    return { next, waiting }
  }

  /** A manifest has been written: deletes before its log that it does not name hide nothing any more. */
  written({ next, waiting }: Manifest['deletes']): void {
    this.#waiting = this.#waiting.filter((tombstone) => tombstone.number >= next || waiting.includes(tombstone))
  }
}

/** The deletes that a delete means for windows of rollups, which would else keep what it hides. */
function ofRollups(tombstone: Tombstone, tables: readonly { name: string }[]): Tombstone[] {
  return tables.flatMap(({ name }) => {
    const rollup = parseRollupTable(name)
    if (rollup?.table !== tombstone.table) return []
    const start = floorTo(tombstone.start, rollup.width)
    const end = ceilTo(tombstone.end, rollup.width)
    return {
      ...tombstone,
      table: name,
      start: start < MIN_TIME ? MIN_TIME : start,
      end: end > MAX_TIME ? MAX_TIME : end,
    }
  })
}

/** Throws `invalid` where a delete cannot be, so that none is logged which cannot be applied. */
export async function checkDelete({ matchers, start, end }: DeleteRange): Promise<void> {
  if (start < MIN_TIME || end > MAX_TIME || start >= end) {
    const message = `the range of time from ${start} to ${end} is empty or out of bounds, expected a start before its end`
    throw new TidemarkError('invalid', message)
  }
  if (matchers.length > MAX_MATCHERS) {
    throw new TidemarkError(
      'invalid',
      `a delete has ${matchers.length} tests of tags, at most ${MAX_MATCHERS} are possible`,
    )
  }
  for (const matcher of matchers) {
    if ('values' in matcher && matcher.values.length > MAX_MATCHER_VALUES) {
      const message = `the test of tag '${matcher.tag}' has ${matcher.values.length} values, at most ${MAX_MATCHER_VALUES} are possible`
      throw new TidemarkError('invalid', message)
    }
    await compileMatcher(matcher)
  }
}

function intersection(a: TimeRange, b: TimeRange): TimeRange {
  return { start: a.start > b.start ? a.start : b.start, end: a.end < b.end ? a.end : b.end }
}
