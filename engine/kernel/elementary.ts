import { TidemarkError } from '../core/errors.ts'

/** Most values of a call; wasm/math/elementary.ts has the same. */
const MOST = 1024

/** What the module exports: a function, and the addresses of its arguments and answers. */
interface ElementaryExports {
  readonly memory: WebAssembly.Memory
  readonly FIRST: WebAssembly.Global<'i32'>
  readonly SECOND: WebAssembly.Global<'i32'>
  elementary(op: number, count: number): void
}

/** Elementary functions by number; wasm/math/elementary.ts. */
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

/** Elementary functions over arrays, in a module of their own: the same bits on every engine. */
export class ElementaryKernel {
  readonly #exports: ElementaryExports
  /** The module's memory never grows. */
  readonly #memory: Float64Array

  private constructor(exports: ElementaryExports) {
    this.#exports = exports
    this.#memory = new Float64Array(exports.memory.buffer)
  }

  /** `module` is that of `elementary.wasm`. */
  static async create(module: WebAssembly.Module): Promise<ElementaryKernel> {
    const { exports } = await WebAssembly.instantiate(module)
    if (!isElementary(exports))
      throw new TidemarkError('invalid', 'this WebAssembly module is not that of elementary functions')
    return new ElementaryKernel(exports)
  }

  /** A function of each value of `x`, and of `y` beside it where it takes two. */
  apply(name: ElementaryName, x: Float64Array, y?: Float64Array): Float64Array<ArrayBuffer> {
    const f64 = this.#memory
    const values = this.#exports.FIRST.value >> 3
    const seconds = this.#exports.SECOND.value >> 3
    const out = new Float64Array(x.length)
    for (let from = 0; from < x.length; from += MOST) {
      const to = Math.min(x.length, from + MOST)
      f64.set(x.subarray(from, to), values)
      if (y) f64.set(y.subarray(from, to), seconds)
      this.#exports.elementary(ELEMENTARY_OPS[name], to - from)
      out.set(f64.subarray(values, values + to - from), from)
    }
    return out
  }
}

function isElementary(exports: object): exports is ElementaryExports {
  return 'elementary' in exports && 'FIRST' in exports && 'SECOND' in exports && 'memory' in exports
}
