import type { Matcher } from '../../core/matcher.ts'
import type { Tags } from '../../core/series.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import { type SeriesGroups, seriesGroups } from '../../scan/cell-groups.ts'
import { TaggedSeries } from '../../scan/tagged-series.ts'

/** Selections that are kept, and refs of all of them together. */
export const MAX_SELECTIONS = 1024
export const MAX_SELECTED_REFS: number = 1 << 18
/** Of so many series in a selection at most their tags are kept, 4 bytes each and their different texts. */
export const MAX_TAGGED_REFS: number = 1 << 13

interface Selection {
  refs: Uint32Array
  /** Those that were asked for last, and the names of their tags. */
  groups?: { by: string; groups: SeriesGroups }
  tagged?: TaggedSeries
}

/** The series that queries asked for last and their groups, for as long as no series comes or goes. */
export class SelectedSeries {
  readonly #index: SeriesIndex
  /** From the one not asked for longest. */
  readonly #selections = new Map<string, Selection>()
  readonly #byRefs = new WeakMap<Uint32Array, Selection>()
  #refs = 0
  /** Of the index when they were selected. Refs are not given out again, so no two states have both numbers. */
  #state = [0, 0]

  constructor(index: SeriesIndex) {
    this.#index = index
  }

  /** Refs of the series of a table that pass every matcher, in canonical order of their tags; not to be written to. */
  async select(table: string, matchers: readonly Matcher[]): Promise<Uint32Array> {
    this.#forgetOld()
    const key = JSON.stringify([table, ...matchers])
    const known = this.#selections.get(key)
    if (known) {
      this.#selections.delete(key)
      this.#selections.set(key, known)
      return known.refs
    }
    const state = this.#state
    const refs = await this.#index.select(table, matchers)
    this.#forgetOld()
    if (this.#state === state) this.#keep(key, { refs })
    return refs
  }

  /** The groups by some tags of series that were selected, or of some of those. */
  groupsOf(refs: Uint32Array, by: readonly string[]): SeriesGroups {
    const selection = this.#byRefs.get(refs)
    const key = JSON.stringify(by)
    if (selection?.groups?.by === key) return selection.groups.groups
    const groups = by.length === 0 ? oneGroup(refs.length) : seriesGroups(this.#tagSets(refs), by)
    if (selection) selection.groups = { by: key, groups }
    return groups
  }

  /** Tags by the places of series that were selected. */
  taggedSeries(refs: Uint32Array): TaggedSeries {
    const selection = this.#byRefs.get(refs)
    const tagged = selection?.tagged ?? new TaggedSeries(refs, (ref) => this.#index.tags(ref))
    if (selection && refs.length <= MAX_TAGGED_REFS) selection.tagged = tagged
    return tagged
  }

  *#tagSets(refs: Uint32Array): Generator<Tags> {
    for (const ref of refs) yield this.#index.tags(ref)
  }

  #keep(key: string, selection: Selection): void {
    if (selection.refs.length > MAX_SELECTED_REFS) return
    this.#drop(key)
    this.#selections.set(key, selection)
    this.#byRefs.set(selection.refs, selection)
    this.#refs += selection.refs.length
    for (const oldest of this.#selections.keys()) {
      if (this.#selections.size <= MAX_SELECTIONS && this.#refs <= MAX_SELECTED_REFS) return
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#refs -= this.#selections.get(key)?.refs.length ?? 0
    this.#selections.delete(key)
  }

  #forgetOld(): void {
    const { refLimit, size } = this.#index
    if (this.#state[0] === refLimit && this.#state[1] === size) return
    this.#state = [refLimit, size]
    this.#selections.clear()
    this.#refs = 0
  }
}

function oneGroup(count: number): SeriesGroups {
  return { values: count === 0 ? [] : [[]], numbers: new Uint32Array(count) }
}
