/** The values that were asked for last: at least `limit` of them, at most twice as many. */
export class RecentCache<V> {
  readonly #limit: number
  #recent = new Map<number, V>()
  #older = new Map<number, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#recent.size + this.#older.size
  }

  /** The value of a key, made where it is not kept. */
  get(key: number, make: (key: number) => V): V {
    const known = this.#recent.get(key)
    if (known !== undefined) return known
    const value = this.#older.get(key) ?? make(key)
    if (this.#recent.size >= this.#limit) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, value)
    return value
  }

  clear(): void {
    this.#recent.clear()
    this.#older.clear()
  }
}
