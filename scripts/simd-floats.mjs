// Operations on vectors of two f64, on the bits of each as an i64.
import binaryen from 'assemblyscript/binaryen'
import { halves, onesOf } from './simd-halves.mjs'

/** Adds to the operations of one vector and of two those on f64. `of` makes expressions. */
export function defineFloats(of, unary, binary) {
  const { f64, i32 } = of.module
  const { reinterpret, and, xor, shr_u, extend_s } = of.words
  const float = (value) => f64.reinterpret(value())
  const arithmetic = { Add: f64.add, Sub: f64.sub, Mul: f64.mul, Div: f64.div, Min: f64.min, Max: f64.max }
  for (const [name, operation] of Object.entries(arithmetic)) {
    binary.set(binaryen[`${name}VecF64x2`], (a, b) =>
      halves((half) => reinterpret(operation(float(a[half]), float(b[half])))),
    )
  }
  const comparisons = { Eq: f64.eq, Ne: f64.ne, Lt: f64.lt, Gt: f64.gt, Le: f64.le, Ge: f64.ge }
  for (const [name, comparison] of Object.entries(comparisons)) {
    binary.set(binaryen[`${name}VecF64x2`], (a, b) =>
      halves((half) => extend_s(of.negated(comparison(float(a[half]), float(b[half]))))),
    )
  }
  const second = (isSecond) => (a, b) =>
    halves((half) => of.module.select(isSecond(float(a[half]), float(b[half])), b[half](), a[half]()))
  binary.set(
    binaryen.PMinVecF64x2,
    second((a, b) => f64.lt(b, a)),
  )
  binary.set(
    binaryen.PMaxVecF64x2,
    second((a, b) => f64.lt(a, b)),
  )
  const roundings = { Sqrt: f64.sqrt, Ceil: f64.ceil, Floor: f64.floor, Trunc: f64.trunc, Nearest: f64.nearest }
  for (const [name, operation] of Object.entries(roundings)) {
    unary.set(binaryen[`${name}VecF64x2`], (a) => halves((half) => reinterpret(operation(float(a[half])))))
  }
  unary.set(binaryen.AbsVecF64x2, (a) => halves((half) => and(a[half](), of.words.const(onesOf(63)))))
  const sign = of.constant(-(1n << 63n))
  unary.set(binaryen.NegVecF64x2, (a) => halves((half) => xor(a[half](), sign())))
  unary.set(binaryen.SplatVecF64x2, (value) => halves(() => reinterpret(value())))
  const converted =
    (convert) =>
    ([low]) =>
      halves((half) => reinterpret(convert(i32.wrap(shr_u(low(), of.words.const(BigInt(32 * half)))))))
  unary.set(binaryen.ConvertLowSVecI32x4ToVecF64x2, converted(f64.convert_s.i32))
  unary.set(binaryen.ConvertLowUVecI32x4ToVecF64x2, converted(f64.convert_u.i32))
  defineSingles(of, unary)
}

/** Between doubles and the two singles of a lower half. */
function defineSingles(of, unary) {
  const float = (value) => of.module.f64.reinterpret(value())
  const { f32, f64, i32 } = of.module
  const { reinterpret, extend_u, or, shl, shr_u } = of.words
  const single = (a) => extend_u(i32.reinterpret(f32.demote(float(a))))
  unary.set(binaryen.DemoteZeroVecF64x2ToVecF32x4, (a) => [
    or(single(a[0]), shl(single(a[1]), of.words.const(32n))),
    of.words.const(0n),
  ])
  unary.set(binaryen.PromoteLowVecF32x4ToVecF64x2, ([low]) =>
    halves((half) =>
      reinterpret(f64.promote(f32.reinterpret(i32.wrap(shr_u(low(), of.words.const(BigInt(32 * half))))))),
    ),
  )
}
