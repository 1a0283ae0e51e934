import { generator } from '../block-shapes.ts'

/** Choices that follow from a seed. */
export class Dice {
  readonly next: () => number

  constructor(seed: number) {
    this.next = generator(seed)
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return this.next() % end
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0
  }

  pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    const chosen = choices[this.below(choices.length)]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }

  /** Some of a list, in its order; maybe none. */
  some<T>(list: readonly T[]): T[] {
    return list.filter(() => this.once(2))
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((value) => ({ value, rank: this.next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ value }) => value)
  }

  list<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index))
  }
}
