const FIRST_LENGTH = 1024

/** The registry's number of a series by the parser's number of its key. */
export class KeyNumbers {
  /** Number of the key at place 0. */
  #first = 0
  #numbers = new Uint32Array(FIRST_LENGTH)

  /** Numbers of a key and those that follow it. */
  setAll(key: number, numbers: Uint32Array): void {
    const place = key - this.#first
    const end = place + numbers.length
    if (end > this.#numbers.length) {
      const grown = new Uint32Array(Math.max(end, this.#numbers.length * 2))
      grown.set(this.#numbers)
      this.#numbers = grown
    }
    this.#numbers.set(numbers, place)
  }

  /** Forgets all keys. */
  clear(): void {
    this.#first = 0
    this.#numbers = new Uint32Array(FIRST_LENGTH)
  }

  /** Forgets keys below `first`; all of them where it is below what was forgotten before, since the parser counts anew. */
  forgetBefore(first: number): void {
    if (first === this.#first) return
    const kept = first < this.#first ? new Uint32Array() : this.#numbers.subarray(first - this.#first)
    this.#numbers = new Uint32Array(Math.max(FIRST_LENGTH, kept.length))
    this.#numbers.set(kept)
    this.#first = first
  }

  /** Puts numbers in place of keys. */
  replace(keys: Uint32Array): Uint32Array {
    const numbers = this.#numbers
    const first = this.#first
    for (let i = 0; i < keys.length; i++) keys[i] = numbers[(keys[i] as number) - first] as number
    return keys
  }
}

/** Puts the number at each place in place of it. */
export function replacePlaces(places: Uint32Array, numbers: Uint32Array): void {
  for (let i = 0; i < places.length; i++) places[i] = numbers[places[i] as number] as number
}
