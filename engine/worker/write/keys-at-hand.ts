import type { RefSet } from '../../index/ref-set.ts'
import { chosenKeys, type KeyBatch } from '../../kernel/key-batch.ts'
import { KeyList } from '../../kernel/key-list.ts'

const FIRST_NUMBERS = 64

/** Keys of series on their way to the record that names them, by the series' numbers. */
export class KeysAtHand {
  readonly #keys = new KeyList()
  /** By place among the keys; longer than there are keys. */
  #numbers = new Uint32Array(FIRST_NUMBERS)
  /** Places of the first so many keys by number, made when somebody asks: a record mostly names keys as they came. */
  readonly #placeOf = new Map<number, number>()
  #placed = 0

  /** Adds the keys, by their numbers, that have not been named. */
  add(numbers: Uint32Array, keys: KeyBatch, named: RefSet): void {
    for (let from = 0; from < numbers.length; ) {
      let to = from
      while (to < numbers.length && !named.has(numbers[to] as number)) to++
      if (to > from) this.#add(numbers.subarray(from, to), keys, from)
      from = to + 1
    }
  }

  has(number: number): boolean {
    this.#place()
    return this.#placeOf.has(number)
  }

  /** Keys of some numbers, as views until more are added; `undefined` where one is not at hand. */
  of(numbers: readonly number[]): KeyBatch | undefined {
    if (this.#isInOrder(numbers)) return this.#keys.batch
    this.#place()
    const places = new Array<number>(numbers.length)
    for (const [i, number] of numbers.entries()) {
      const place = this.#placeOf.get(number)
      if (place === undefined) return undefined
      places[i] = place
    }
    return chosenKeys(this.#keys.batch, places)
  }

  clear(): void {
    this.#placeOf.clear()
    this.#placed = 0
    this.#keys.clear()
  }

  #add(numbers: Uint32Array, keys: KeyBatch, from: number): void {
    const count = this.#keys.length
    const needed = count + numbers.length
    if (needed > this.#numbers.length) {
      const grown = new Uint32Array(Math.max(needed, 2 * this.#numbers.length))
      grown.set(this.#numbers.subarray(0, count))
      this.#numbers = grown
    }
    this.#numbers.set(numbers, count)
    this.#keys.addAll(keys, from, from + numbers.length)
  }

  #isInOrder(numbers: readonly number[]): boolean {
    if (numbers.length !== this.#keys.length) return false
    for (let i = 0; i < numbers.length; i++) if (numbers[i] !== this.#numbers[i]) return false
    return true
  }

  #place(): void {
    for (; this.#placed < this.#keys.length; this.#placed++)
      this.#placeOf.set(this.#numbers[this.#placed] as number, this.#placed)
  }
}
