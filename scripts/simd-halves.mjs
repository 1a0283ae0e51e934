// Halves of vectors as i64, in the making of expressions: here a value is a function that makes an expression, since one expression
// can be at one place only.
import binaryen from 'assemblyscript/binaryen'

const { i64 } = binaryen

/** A half with `bits` in each lane. */
export function inEachLane(lane, bits) {
  let half = 0n
  for (let at = 0; at < 64; at += lane) half |= bits << BigInt(at)
  return BigInt.asIntN(64, half)
}

export const onesOf = (bits) => (1n << BigInt(bits)) - 1n

/** The lower and the upper half of what `make` makes of 0 and 1. */
export const halves = (make) => [make(0), make(1)]

/** Lanes of halves, and functions of the module over halves. */
export class Halves {
  #helpers = new Set()

  constructor(module) {
    this.module = module
    this.words = module.i64
  }

  constant(value) {
    return () => this.words.const(value)
  }

  /** A lane of a half as an i64. */
  lane(lane, isSigned, half, place) {
    const { and, shl, shr_s, shr_u } = this.words
    if (lane === 64) return half()
    if (isSigned) {
      const up = shl(half(), this.words.const(BigInt(64 - lane - place)))
      return shr_s(up, this.words.const(BigInt(64 - lane)))
    }
    return and(shr_u(half(), this.words.const(BigInt(place))), this.words.const(onesOf(lane)))
  }

  /** A half whose lanes of `lane` bits are the low bits of what `valueAt` makes for the place of each. */
  lanes(lane, valueAt) {
    const { and, or, shl } = this.words
    let all
    for (let place = 0; place < 64; place += lane) {
      const value = lane === 64 ? valueAt(place) : and(valueAt(place), this.words.const(onesOf(lane)))
      const part = place === 0 ? value : shl(value, this.words.const(BigInt(place)))
      all = all === undefined ? part : or(all, part)
    }
    return all
  }

  /** Calls a function of i64 to i64, which is made when it is first asked for. */
  helper(name, operands, build) {
    if (!this.#helpers.has(name)) {
      this.#helpers.add(name)
      const parameters = operands.map((_, index) => () => this.module.local.get(index, i64))
      const types = binaryen.createType(operands.map(() => i64))
      this.module.addFunction(`simd.${name}`, types, i64, [], build(...parameters))
    }
    return this.module.call(`simd.${name}`, operands, i64)
  }

  /** All ones where a condition holds, else 0, as an i32. */
  negated(condition) {
    return this.module.i32.sub(this.module.i32.const(0), condition)
  }
}
