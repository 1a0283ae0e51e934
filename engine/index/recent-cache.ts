/** The values that were asked for last: at least `limit` of them, at most twice as many. */
export class RecentCache<K, V> {
  readonly #limit: number
  #recent = new Map<K, V>()
  #older = new Map<K, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#recent.size + this.#older.size
  }

  /** The value of a key, made where it is not kept. */
  get(key: K, make: (key: K) => V): V {
    const known = this.find(key)
    if (known !== undefined) return known
    const value = make(key)
    this.set(key, value)
    return value
  }

  /** The value of a key, `undefined` where it is not kept. */
  find(key: K): V | undefined {
    const known = this.#recent.get(key)
    if (known !== undefined) return known
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: K, value: V): void {
    if (this.#recent.size >= this.#limit) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, value)
  }

  clear(): void {
    this.#recent.clear()
    this.#older.clear()
  }
}
