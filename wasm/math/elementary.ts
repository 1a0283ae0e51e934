// Elementary functions over doubles. AssemblyScript's NativeMath is musl's: correct to about one unit in the last place, and
// made of IEEE 754's basic operations alone, so that it gives the same bits wherever WebAssembly runs, which a host's Math
// does not. The operation's number is that of engine/kernel/elementary.ts.

/** Most values of a call; engine/kernel/elementary.ts has the same. */
const MOST: i32 = 1024

/** Addresses of the first arguments, which become the answers, and of the second ones. */
export const FIRST: usize = memory.data(MOST << 3, 16)
export const SECOND: usize = memory.data(MOST << 3, 16)

const EXP: i32 = 0
const LN: i32 = 1
const LOG2: i32 = 2
const LOG10: i32 = 3
const CBRT: i32 = 4
const SIN: i32 = 5
const COS: i32 = 6
const TAN: i32 = 7
const ASIN: i32 = 8
const ACOS: i32 = 9
const ATAN: i32 = 10
const SINH: i32 = 11
const COSH: i32 = 12
const TANH: i32 = 13
const POW: i32 = 14
const ATAN2: i32 = 15

/**
 * Replaces the first `count` of `FIRST`, at most `MOST`, by a function of them; of two arguments the second ones are in
 * `SECOND`.
 */
export function elementary(op: i32, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const at = FIRST + (i << 3)
    store<f64>(at, apply(op, load<f64>(at), load<f64>(SECOND + (i << 3))))
  }
}

// @ts-ignore: decorator
@inline
function apply(op: i32, x: f64, y: f64): f64 {
  switch (op) {
    case EXP: return NativeMath.exp(x)
    case LN: return NativeMath.log(x)
    case LOG2: return NativeMath.log2(x)
    case LOG10: return NativeMath.log10(x)
    case CBRT: return NativeMath.cbrt(x)
    case SIN: return NativeMath.sin(x)
    case COS: return NativeMath.cos(x)
    case TAN: return NativeMath.tan(x)
    case ASIN: return NativeMath.asin(x)
    case ACOS: return NativeMath.acos(x)
    case ATAN: return NativeMath.atan(x)
    case SINH: return NativeMath.sinh(x)
    case COSH: return NativeMath.cosh(x)
    case TANH: return NativeMath.tanh(x)
    case POW: return NativeMath.pow(x, y)
    default: return NativeMath.atan2(x, y)
  }
}
