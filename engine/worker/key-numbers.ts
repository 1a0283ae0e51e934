/** The registry's number of a series by the parser's number of its key. */
export class KeyNumbers {
  #numbers = new Uint32Array(1024)

  set(key: number, number: number): void {
    if (key >= this.#numbers.length) {
      const grown = new Uint32Array(Math.max(key + 1, this.#numbers.length * 2))
      grown.set(this.#numbers)
      this.#numbers = grown
    }
    this.#numbers[key] = number
  }

  ofKeys(keys: Uint32Array): Uint32Array {
    return gatherNumbers(this.#numbers, keys)
  }
}

/** `numbers` at some places. */
export function gatherNumbers(numbers: Uint32Array, places: Uint32Array): Uint32Array {
  const gathered = new Uint32Array(places.length)
  for (let i = 0; i < places.length; i++) gathered[i] = numbers[places[i] as number] as number
  return gathered
}
