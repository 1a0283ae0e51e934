import type { Matcher } from '../../core/matcher.ts'
import { RefSet } from '../../index/ref-set.ts'

/** Most deletes of a part whose conditions are kept; of more, all groups of the part are stale. */
export const MAX_SELECTIONS = 8

/** Groups of a view, by the series that they are made of: some by number, those that pass some tests, or all. */
export class StaleGroups {
  readonly #known = new RefSet()
  #series: number[] = []
  #selections: readonly (readonly Matcher[])[] = []
  #isAll = false

  static all(): StaleGroups {
    const groups = new StaleGroups()
    groups.addAll()
    return groups
  }

  static ofSeries(series: Uint32Array): StaleGroups {
    const groups = new StaleGroups()
    groups.#addSeries(series)
    return groups
  }

  /** Of series that pass every matcher. */
  static matching(matchers: readonly Matcher[]): StaleGroups {
    const groups = new StaleGroups()
    groups.#addSelections([matchers])
    return groups
  }

  get isAll(): boolean {
    return this.#isAll
  }

  /** Numbers of series, each once; none where all are meant. */
  get series(): readonly number[] {
    return this.#series
  }

  get selections(): readonly (readonly Matcher[])[] {
    return this.#selections
  }

  addAll(): void {
    this.#isAll = true
    this.#known.clear()
    this.#series = []
    this.#selections = []
  }

  add(other: StaleGroups): void {
    if (this.#isAll) return
    if (other.#isAll) {
      this.addAll()
      return
    }
    this.#addSeries(Uint32Array.from(other.#series))
    this.#addSelections(other.#selections)
  }

  copy(): StaleGroups {
    const copied = new StaleGroups()
    copied.add(this)
    return copied
  }

  #addSeries(series: Uint32Array): void {
    for (const number of this.#known.addAll(series)) this.#series.push(number)
  }

  #addSelections(added: readonly (readonly Matcher[])[]): void {
    if (added.some((matchers) => matchers.length === 0)) this.addAll()
    else this.#selections = [...new Set([...this.#selections, ...added])]
    if (this.#selections.length > MAX_SELECTIONS) this.addAll()
  }
}
