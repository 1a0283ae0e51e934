// What operations on vectors are on two i64, the lower half and the upper. Here a value is a function that makes an expression,
// since one expression can be at one place only; what takes many steps for a half is a function of the module.
import binaryen from 'assemblyscript/binaryen'
import { defineFloats } from './simd-floats.mjs'
import { Halves, halves, inEachLane, onesOf } from './simd-halves.mjs'

const SHAPES = { 8: 'I8x16', 16: 'I16x8', 32: 'I32x4', 64: 'I64x2' }

/** Operations on halves of the vectors of a module. Each throws where it does not know the operation. */
export function operationsOf(module) {
  return new Operations(module)
}

class Operations extends Halves {
  #unary = new Map()
  #binary = new Map()
  #shift = new Map()
  #test = new Map()

  constructor(module) {
    super(module)
    for (const lane of [8, 16, 32, 64]) this.#defineLanes(lane)
    for (const lane of [8, 16, 32]) this.#defineWidening(lane)
    this.#defineBits()
    defineFloats(this, this.#unary, this.#binary)
  }

  unary(op, operand) {
    return found(this.#unary, op)(operand)
  }

  binary(op, a, b) {
    return found(this.#binary, op)(a, b)
  }

  shift(op, vector, by) {
    return found(this.#shift, op)(vector, by)
  }

  /** A number of a whole vector. */
  test(op, vector) {
    return found(this.#test, op)(vector)
  }

  ternary(op, [a, b, c]) {
    if (op !== binaryen.BitselectVec128) throw unknown(op)
    const { and, or, xor } = this.words
    const ones = this.constant(-1n)
    return halves((half) => or(and(a[half](), c[half]()), and(b[half](), xor(c[half](), ones()))))
  }

  /** How to read, from an address, what a load takes, and what halves it has then. */
  load(op, offset) {
    const { load, load8_u, load16_u, load32_u } = this.words
    const zero = this.constant(0n)
    const splat = (lane, read) => ({
      read: (at) => read(offset, 1, at),
      halves: (word) => halves(() => this.words.mul(word(), this.words.const(inEachLane(lane, 1n)))),
    })
    if (op === binaryen.Load8SplatVec128) return splat(8, load8_u)
    if (op === binaryen.Load16SplatVec128) return splat(16, load16_u)
    if (op === binaryen.Load32SplatVec128) return splat(32, load32_u)
    if (op === binaryen.Load64SplatVec128) return splat(64, load)
    const read = (at) => load(offset, 1, at)
    if (op === binaryen.Load64ZeroVec128) return { read, halves: (word) => [word(), zero()] }
    if (op === binaryen.Load32ZeroVec128) {
      return { read: (at) => load32_u(offset, 1, at), halves: (word) => [word(), zero()] }
    }
    for (const [lane, name] of Object.entries({ 8: '8x8', 16: '16x4', 32: '32x2' })) {
      for (const sign of ['S', 'U']) {
        if (op !== binaryen[`Load${name}${sign}Vec128`]) continue
        return { read, halves: (word) => this.#extend(Number(lane), sign === 'S', word) }
      }
    }
    throw unknown(op)
  }

  extract(op, vector, index) {
    for (const lane of [8, 16, 32, 64]) {
      const half = vector[(index * lane) >> 6]
      const place = (index * lane) & 63
      if (lane < 32) {
        for (const sign of ['S', 'U']) {
          if (op === binaryen[`ExtractLane${sign}Vec${SHAPES[lane]}`])
            return this.module.i32.wrap(this.lane(lane, sign === 'S', half, place))
        }
      } else if (op === binaryen[`ExtractLaneVec${SHAPES[lane]}`]) {
        return lane === 64 ? half() : this.module.i32.wrap(this.lane(lane, false, half, place))
      }
    }
    if (op === binaryen.ExtractLaneVecF64x2) return this.module.f64.reinterpret(vector[index]())
    throw unknown(op)
  }

  replace(op, vector, { index, value }) {
    const { and, or, shl, extend_u } = this.words
    for (const lane of [8, 16, 32, 64]) {
      if (op !== binaryen[`ReplaceLaneVec${SHAPES[lane]}`]) continue
      return halves((half) => {
        if (half !== (index * lane) >> 6) return vector[half]()
        if (lane === 64) return value()
        const place = BigInt((index * lane) & 63)
        const bits = and(extend_u(value()), this.words.const(onesOf(lane)))
        const others = this.words.const(BigInt.asIntN(64, ~(onesOf(lane) << place)))
        return or(and(vector[half](), others), shl(bits, this.words.const(place)))
      })
    }
    if (op !== binaryen.ReplaceLaneVecF64x2) throw unknown(op)
    return halves((half) => (half === index ? this.words.reinterpret(value()) : vector[half]()))
  }

  /** `sources` are the four halves that a shuffle takes its bytes from. */
  shuffle(sources, mask) {
    return halves((half) => this.#gather(sources, mask.slice(half * 8, half * 8 + 8)))
  }

  /** Eight bytes of many, those that follow each other in one half together. */
  #gather(sources, places) {
    const { and, or, shl, shr_u } = this.words
    const parts = []
    for (let to = 0; to < 8; ) {
      const from = places[to]
      let count = 1
      while (to + count < 8 && places[to + count] === from + count && (from + count) % 8 !== 0) count++
      const low = shr_u(sources[from >> 3](), this.words.const(BigInt((from & 7) * 8)))
      const kept = count === 8 ? low : and(low, this.words.const(onesOf(count * 8)))
      parts.push(shl(kept, this.words.const(BigInt(to * 8))))
      to += count
    }
    return parts.reduce((all, part) => or(all, part))
  }

  /** Both halves of an operation that does the same to each lane of two vectors. */
  #laneWise(name, lane, isSigned, combine) {
    return (a, b) =>
      halves((half) =>
        this.helper(`${name}${lane}`, [a[half](), b[half]()], (x, y) =>
          this.lanes(lane, (place) =>
            combine(
              () => this.lane(lane, isSigned, x, place),
              () => this.lane(lane, isSigned, y, place),
            ),
          ),
        ),
      )
  }

  #defineLanes(lane) {
    const { add, sub, mul, eq, ne, lt_s, lt_u, gt_s, gt_u, le_s, le_u, ge_s, ge_u } = this.words
    const define = (operation, isSigned, combine) => {
      const op = binaryen[`${operation}Vec${SHAPES[lane]}`]
      if (op !== undefined) this.#binary.set(op, this.#laneWise(operation, lane, isSigned, combine))
    }
    const choose = (compare) => (a, b) => this.module.select(compare(a(), b()), a(), b())
    const compare = (comparison) => (a, b) => this.words.extend_s(this.negated(comparison(a(), b())))
    define('Mul', false, (a, b) => mul(a(), b()))
    define('Eq', false, compare(eq))
    define('Ne', false, compare(ne))
    for (const [sign, less, more, most, least] of [
      ['S', lt_s, gt_s, le_s, ge_s],
      ['U', lt_u, gt_u, le_u, ge_u],
    ]) {
      define(`Min${sign}`, sign === 'S', choose(less))
      define(`Max${sign}`, sign === 'S', choose(more))
      define(`Lt${sign}`, sign === 'S', compare(less))
      define(`Gt${sign}`, sign === 'S', compare(more))
      define(`Le${sign}`, sign === 'S', compare(most))
      define(`Ge${sign}`, sign === 'S', compare(least))
    }
    this.#binary.set(binaryen[`AddVec${SHAPES[lane]}`], this.#sums(lane, add))
    this.#binary.set(binaryen[`SubVec${SHAPES[lane]}`], this.#sums(lane, sub))
    this.#unary.set(binaryen[`NegVec${SHAPES[lane]}`], (a) =>
      this.#sums(lane, sub)([this.constant(0n), this.constant(0n)], a),
    )
    this.#defineShifts(lane)
    this.#defineWhole(lane)
  }

  /** Sums or differences of lanes: of all but the upper bits, which then are put right, so that nothing is carried over. */
  #sums(lane, operation) {
    const { and, or, xor } = this.words
    if (lane === 64) return (a, b) => halves((half) => operation(a[half](), b[half]()))
    const upper = this.constant(inEachLane(lane, 1n << BigInt(lane - 1)))
    const others = this.constant(inEachLane(lane, onesOf(lane - 1)))
    const isSum = operation === this.words.add
    return (a, b) =>
      halves((half) =>
        this.helper(`${isSum ? 'Add' : 'Sub'}${lane}`, [a[half](), b[half]()], (x, y) => {
          const left = isSum ? and(x(), others()) : or(x(), upper())
          const uppers = isSum ? xor(x(), y()) : xor(xor(x(), y()), this.words.const(-1n))
          return xor(operation(left, and(y(), others())), and(uppers, upper()))
        }),
      )
  }

  #defineShifts(lane) {
    const { and, mul, shl, shr_s, shr_u, extend_u } = this.words
    const distance = (by) => extend_u(this.module.i32.and(by(), this.module.i32.const(lane - 1)))
    const each = this.constant(inEachLane(lane, 1n))
    const full = this.constant(BigInt.asIntN(64, onesOf(lane)))
    // What crosses into the next lane is cleared by a mask that is shifted alike.
    this.#shift.set(binaryen[`ShlVec${SHAPES[lane]}`], (vector, by) =>
      halves((half) => {
        const up = shl(vector[half](), distance(by))
        return lane === 64 ? up : and(up, mul(and(shl(full(), distance(by)), full()), each()))
      }),
    )
    this.#shift.set(binaryen[`ShrUVec${SHAPES[lane]}`], (vector, by) =>
      halves((half) => {
        const down = shr_u(vector[half](), distance(by))
        return lane === 64 ? down : and(down, mul(shr_u(full(), distance(by)), each()))
      }),
    )
    this.#shift.set(binaryen[`ShrSVec${SHAPES[lane]}`], (vector, by) =>
      halves((half) =>
        this.helper(`ShrS${lane}`, [vector[half](), distance(by)], (x, y) =>
          this.lanes(lane, (place) => shr_s(this.lane(lane, true, x, place), y())),
        ),
      ),
    )
  }

  /** Splats, and what is asked of all lanes. */
  #defineWhole(lane) {
    const { and, or, shl, mul, extend_u, ne } = this.words
    const { i32 } = this.module
    this.#unary.set(binaryen[`SplatVec${SHAPES[lane]}`], (value) =>
      halves(() => {
        if (lane === 64) return value()
        const bits = and(extend_u(value()), this.words.const(onesOf(lane)))
        return mul(bits, this.words.const(inEachLane(lane, 1n)))
      }),
    )
    const each = (vector, fold) => {
      let all
      for (let index = 0; index < 128 / lane; index++) {
        const value = this.lane(lane, true, vector[(index * lane) >> 6], (index * lane) & 63)
        all = fold(all, value, index)
      }
      return all
    }
    this.#test.set(binaryen[`AllTrueVec${SHAPES[lane]}`], (vector) =>
      each(vector, (all, value) => {
        const isSet = ne(value, this.words.const(0n))
        return all === undefined ? isSet : i32.and(all, isSet)
      }),
    )
    this.#test.set(binaryen[`BitmaskVec${SHAPES[lane]}`], (vector) =>
      i32.wrap(
        each(vector, (all, value, index) => {
          const sign = this.words.shr_u(value, this.words.const(63n))
          return all === undefined ? sign : or(all, shl(sign, this.words.const(BigInt(index))))
        }),
      ),
    )
  }

  /** A vector whose lanes are those of a half, made twice as wide. */
  #extend(lane, isSigned, half) {
    return halves((to) =>
      this.helper(`Extend${lane}${isSigned ? 'S' : 'U'}${to}`, [half()], (x) =>
        this.lanes(2 * lane, (place) => this.lane(lane, isSigned, x, 32 * to + place / 2)),
      ),
    )
  }

  /** What makes lanes twice as wide, or half as wide. */
  #defineWidening(lane) {
    const [from, to] = [SHAPES[lane], SHAPES[2 * lane]]
    const { add, mul } = this.words
    for (const sign of ['S', 'U']) {
      const isSigned = sign === 'S'
      for (const [half, name] of [
        [0, 'Low'],
        [1, 'High'],
      ]) {
        this.#unary.set(binaryen[`Extend${name}${sign}Vec${from}ToVec${to}`], (a) =>
          this.#extend(lane, isSigned, a[half]),
        )
        this.#binary.set(binaryen[`ExtMul${name}${sign}Vec${to}`], (a, b) =>
          halves((upper) =>
            this.helper(`ExtMul${lane}${sign}${upper}`, [a[half](), b[half]()], (x, y) =>
              this.lanes(2 * lane, (place) => {
                const at = 32 * upper + place / 2
                return mul(this.lane(lane, isSigned, x, at), this.lane(lane, isSigned, y, at))
              }),
            ),
          ),
        )
      }
      this.#unary.set(binaryen[`ExtAddPairwise${sign}Vec${from}To${to}`], (a) =>
        halves((half) =>
          this.helper(`ExtAddPairwise${lane}${sign}`, [a[half]()], (x) =>
            this.lanes(2 * lane, (place) =>
              add(this.lane(lane, isSigned, x, place), this.lane(lane, isSigned, x, place + lane)),
            ),
          ),
        ),
      )
      if (lane < 32) this.#defineNarrowing(lane, sign)
    }
  }

  #defineNarrowing(lane, sign) {
    const [least, most] = sign === 'S' ? [-(1n << BigInt(lane - 1)), onesOf(lane - 1)] : [0n, onesOf(lane)]
    const { lt_s, gt_s } = this.words
    const [low, high] = [this.constant(least), this.constant(most)]
    const clamped = (value) => {
      const above = () => this.module.select(lt_s(value(), low()), low(), value())
      return this.module.select(gt_s(value(), high()), high(), above())
    }
    this.#binary.set(binaryen[`Narrow${sign}Vec${SHAPES[2 * lane]}ToVec${SHAPES[lane]}`], (a, b) =>
      [a, b].map((vector) =>
        this.helper(`Narrow${lane}${sign}`, [vector[0](), vector[1]()], (x, y) =>
          this.lanes(lane, (place) => clamped(() => this.lane(2 * lane, true, place < 32 ? x : y, (2 * place) & 63))),
        ),
      ),
    )
  }

  #defineBits() {
    const { and, or, xor, add, mul, ne, lt_u, shl, shr_u } = this.words
    const ones = this.constant(-1n)
    this.#unary.set(binaryen.NotVec128, (a) => halves((half) => xor(a[half](), ones())))
    this.#binary.set(binaryen.AndVec128, (a, b) => halves((half) => and(a[half](), b[half]())))
    this.#binary.set(binaryen.OrVec128, (a, b) => halves((half) => or(a[half](), b[half]())))
    this.#binary.set(binaryen.XorVec128, (a, b) => halves((half) => xor(a[half](), b[half]())))
    this.#binary.set(binaryen.AndNotVec128, (a, b) => halves((half) => and(a[half](), xor(b[half](), ones()))))
    this.#test.set(binaryen.AnyTrueVec128, ([low, high]) => ne(or(low(), high()), this.words.const(0n)))
    this.#binary.set(binaryen.SwizzleVecI8x16, ([low, high], places) =>
      halves((half) =>
        this.helper('Swizzle', [low(), high(), places[half]()], (x, y, from) =>
          this.lanes(8, (place) => {
            const index = () => this.lane(8, false, from, place)
            const byte = (side) => shr_u(side(), shl(index(), this.words.const(3n)))
            const inside = this.module.select(lt_u(index(), this.words.const(8n)), byte(x), byte(y))
            return this.module.select(lt_u(index(), this.words.const(16n)), inside, this.words.const(0n))
          }),
        ),
      ),
    )
    const product = (x, y, place) => mul(this.lane(16, true, x, place), this.lane(16, true, y, place))
    this.#binary.set(binaryen.DotSVecI16x8ToVecI32x4, (a, b) =>
      halves((half) =>
        this.helper('Dot', [a[half](), b[half]()], (x, y) =>
          this.lanes(32, (place) => add(product(x, y, place), product(x, y, place + 16))),
        ),
      ),
    )
  }
}

function unknown(op) {
  return new Error(`there is nothing in place of operation ${op}`)
}

function found(operations, op) {
  const operation = operations.get(op)
  if (operation === undefined) throw unknown(op)
  return operation
}
