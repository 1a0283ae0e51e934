import type { Matcher } from '../../core/matcher.ts'
import { RefSet } from '../../index/ref-set.ts'

/** Most deletes of a part whose conditions are kept; of more, all groups of the part are stale. */
export const MAX_SELECTIONS = 8
const MAX_NUMBER = 2 ** 32 - 1

/** Groups of a view, by the series that they are made of: some by number, those that pass some tests, or all. */
export class StaleGroups {
  readonly #known = new RefSet()
  #series: number[] = []
  #selections: readonly (readonly Matcher[])[] = []
  /** What so many of the series are called. */
  #named: { matchers: readonly Matcher[]; count: number } | undefined
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

  /** Of series that pass every matcher of one of some selections. */
  static matching(...selections: readonly (readonly Matcher[])[]): StaleGroups {
    const groups = new StaleGroups()
    groups.#addSelections(selections)
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

  /** The same groups by their tags; `undefined` where all are meant, or where series have not been named. */
  get kept(): readonly (readonly Matcher[])[] | undefined {
    if (this.#isAll) return undefined
    if (this.#series.length === 0) return this.#selections
    return this.#named?.count === this.#series.length ? [...this.#selections, this.#named.matchers] : undefined
  }

  /** Says which tests the first `count` of the series pass. */
  name(matchers: readonly Matcher[], count: number): void {
    if (!this.#isAll) this.#named = { matchers, count }
  }

  /** The series have other numbers now, greater by `by`. */
  shift(by: number): void {
    const series = this.#series.map((number) => number + by)
    this.#forgetSeries()
    if (series.some((number) => number > MAX_NUMBER)) this.addAll()
    else this.#addSeries(Uint32Array.from(series))
  }

  addAll(): void {
    this.#isAll = true
    this.#forgetSeries()
    this.#selections = []
  }

  add(other: StaleGroups): void {
    if (this.#isAll) return
    if (other.#isAll) {
      this.addAll()
      return
    }
    const wasEmpty = this.#series.length === 0
    this.#addSeries(Uint32Array.from(other.#series))
    if (wasEmpty) this.#named = other.#named
    this.#addSelections(other.#selections)
  }

  copy(): StaleGroups {
    const copied = new StaleGroups()
    copied.add(this)
    return copied
  }

  #forgetSeries(): void {
    this.#known.clear()
    this.#series = []
    this.#named = undefined
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
