import { BLOCK_ROWS } from './header.ts'
import { CoreInstance } from './memory.ts'

/** Elementary functions of the core by number; wasm/math/elementary.ts. */
export const ELEMENTARY_OPS = {
  exp: 0,
  ln: 1,
  log2: 2,
  log10: 3,
  cbrt: 4,
  sin: 5,
  cos: 6,
  tan: 7,
  asin: 8,
  acos: 9,
  atan: 10,
  sinh: 11,
  cosh: 12,
  tanh: 13,
  pow: 14,
  atan2: 15,
} as const

export type ElementaryName = keyof typeof ELEMENTARY_OPS

/** Elementary functions over arrays, in an instance of the core of their own: the same bits on every engine. */
export class ElementaryKernel {
  readonly #instance: CoreInstance

  private constructor(instance: CoreInstance) {
    this.#instance = instance
  }

  static async create(module: WebAssembly.Module): Promise<ElementaryKernel> {
    return new ElementaryKernel(new CoreInstance(await WebAssembly.instantiate(module)))
  }

  /** A function of each value of `x`, and of `y` beside it where it takes two. */
  apply(name: ElementaryName, x: Float64Array, y?: Float64Array): Float64Array<ArrayBuffer> {
    const { exports, f64 } = this.#instance
    const values = exports.VALUES.value >> 3
    const seconds = exports.STAGING.value >> 3
    const out = new Float64Array(x.length)
    for (let from = 0; from < x.length; from += BLOCK_ROWS) {
      const to = Math.min(x.length, from + BLOCK_ROWS)
      f64.set(x.subarray(from, to), values)
      if (y) f64.set(y.subarray(from, to), seconds)
      exports.elementary(ELEMENTARY_OPS[name], to - from)
      out.set(f64.subarray(values, values + to - from), from)
    }
    return out
  }
}
