import { TidemarkError } from '../core/errors.ts'
import { byValue } from './by-value.ts'
import type { Overload, ScalarFunction } from './scalar-function.ts'

const MAX_I64 = 2n ** 63n - 1n

/** An i64, or an error where the value is none. */
export function checkedInteger(value: bigint, what: string): bigint {
  if (value <= MAX_I64 && value >= -MAX_I64 - 1n) return value
  throw new TidemarkError('query', `integer overflow in ${what}`, {
    hint: 'Multiply an operand by 1.0 to calculate in floating point.',
  })
}

function ofBits(
  name: string,
  signature: string,
  doc: string,
  compute: (a: bigint, b: bigint) => bigint,
): ScalarFunction {
  return { name, signature, doc, overloads: [byValue(['i64', 'i64'], 'i64', compute)] }
}

/** Moves that leave an i64 whole; like a product, what does not fit is an error. */
function shiftLeft(value: bigint, by: bigint): bigint {
  return checkedInteger(value << distance(by), `${value} << ${by}`)
}

function distance(by: bigint): bigint {
  if (by >= 0n && by < 64n) return by
  throw new TidemarkError('query', `a shift goes from 0 to 63 bits, not ${by}`)
}

function quotient(): Overload[] {
  return [
    byValue(['i64', 'i64'], 'i64', (a, b) => (b === 0n ? null : checkedInteger(a / b, `${a} // ${b}`))),
    byValue(['f64', 'f64'], 'f64', (a, b) => Math.trunc(a / b)),
  ]
}

function bitCount(value: bigint): bigint {
  let bits = 0n
  for (let rest = BigInt.asUintN(64, value); rest > 0n; rest >>= 1n) bits += rest & 1n
  return bits
}

export const INTEGERS: readonly ScalarFunction[] = [
  {
    name: '//',
    signature: 'a // b',
    doc: 'the quotient without its fraction; by zero NULL for integers',
    overloads: quotient(),
  },
  ofBits('&', 'a & b', 'bits that both have', (a, b) => a & b),
  ofBits('|', 'a | b', 'bits that one has', (a, b) => a | b),
  ofBits('xor', 'xor(a, b)', 'bits that only one has', (a, b) => a ^ b),
  ofBits('<<', 'a << n', 'bits moved up', shiftLeft),
  ofBits('>>', 'a >> n', 'bits moved down, the sign kept', (a, by) => a >> distance(by)),
  { name: '~', signature: '~x', doc: 'every bit turned', overloads: [byValue(['i64'], 'i64', (x) => ~x)] },
  {
    name: 'bit_count',
    signature: 'bit_count(x)',
    doc: 'how many bits are 1',
    overloads: [byValue(['i64'], 'i64', bitCount)],
  },
]
