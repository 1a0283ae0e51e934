import { TidemarkError } from '../core/errors.ts'
import { byValue } from './by-value.ts'
import { ofDouble } from './double-loop.ts'
import { checkedInteger } from './integer.ts'
import type { Overload, ScalarFunction } from './scalar-function.ts'

/** What follows is exact or rounded once by IEEE 754, so that every engine gives the same bits. */

const whole: Overload = byValue(['i64'], 'i64', (x) => x)

/** To the nearest whole number, halves away from zero. */
function roundHalfAway(x: number): number {
  const truncated = Math.trunc(x)
  return Math.abs(x - truncated) >= 0.5 ? truncated + Math.sign(x) : truncated
}

/** Most digits that rounding to decimals distinguishes: beyond, a double stays as it is. */
const MAX_DIGITS = 22n
/** Powers of ten that a double holds exactly. */
const POWERS: readonly number[] = Array.from({ length: Number(MAX_DIGITS) + 1 }, (_, n) => Number(`1e${n}`))

function roundTo(x: number, digits: bigint): number {
  if (digits > MAX_DIGITS || !Number.isFinite(x)) return x
  if (digits < -MAX_DIGITS) return 0
  const power = POWERS[Number(digits < 0n ? -digits : digits)] as number
  if (digits < 0n) return roundHalfAway(x / power) * power
  const scaled = x * power
  return Number.isFinite(scaled) ? roundHalfAway(scaled) / power : x
}

function roundInteger(x: bigint, digits: bigint): bigint {
  if (digits >= 0n) return x
  if (digits < -19n) return 0n
  const power = 10n ** -digits
  const rest = x % power
  const down = x - rest
  if ((rest < 0n ? -rest : rest) * 2n < power) return down
  return checkedInteger(down + (x < 0n ? -power : power), `round(${x}, ${digits})`)
}

function clamp<T extends bigint | number>(x: T, low: T, high: T): T {
  if (low > high)
    throw new TidemarkError('query', `clamp() expected a least value below the greatest, not ${low} and ${high}`)
  if (x < low) return low
  return x > high ? high : x
}

function absolute(x: bigint): bigint {
  return checkedInteger(x < 0n ? -x : x, `abs(${x})`)
}

const rounding = (name: string, doc: string, compute: (x: number) => number): ScalarFunction => ({
  name,
  signature: `${name}(x)`,
  doc,
  overloads: [whole, ofDouble(compute)],
  keepsUnit: true,
})

const testing = (name: string, doc: string, compute: (x: number) => boolean): ScalarFunction => ({
  name,
  signature: `${name}(x)`,
  doc,
  overloads: [byValue(['f64'], 'bool', compute)],
})

const constant = (name: string, doc: string, value: number): ScalarFunction => ({
  name,
  signature: `${name}()`,
  doc,
  overloads: [byValue([], 'f64', () => value)],
})

const RADIANS_PER_DEGREE = Math.PI / 180

export const NUMBERS: readonly ScalarFunction[] = [
  {
    name: 'abs',
    signature: 'abs(x)',
    doc: 'x without its sign',
    overloads: [byValue(['i64'], 'i64', absolute), ofDouble(Math.abs)],
    keepsUnit: true,
  },
  rounding('ceil', 'the least whole number that is not below x', Math.ceil),
  rounding('floor', 'the greatest whole number that is not above x', Math.floor),
  rounding('trunc', 'x without its fraction', Math.trunc),
  {
    name: 'round',
    signature: 'round(x [, digits])',
    doc: 'the nearest number of so many decimals, halves away from zero',
    overloads: [
      whole,
      ofDouble(roundHalfAway),
      byValue(['i64', 'i64'], 'i64', roundInteger),
      byValue(['f64', 'i64'], 'f64', roundTo),
    ],
    keepsUnit: true,
  },
  {
    name: 'sign',
    signature: 'sign(x)',
    doc: '-1, 0 or 1',
    overloads: [byValue(['i64'], 'i64', (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n)), ofDouble(Math.sign)],
  },
  {
    name: 'mod',
    signature: 'mod(a, b)',
    doc: 'the remainder a % b, of the sign of a',
    overloads: [
      byValue(['i64', 'i64'], 'i64', (a, b) => (b === 0n ? null : a % b)),
      byValue(['f64', 'f64'], 'f64', (a, b) => a % b),
    ],
    keepsUnit: true,
  },
  { name: 'sqrt', signature: 'sqrt(x)', doc: 'the square root; NaN below zero', overloads: [ofDouble(Math.sqrt)] },
  {
    name: 'clamp',
    signature: 'clamp(x, least, greatest)',
    doc: 'x, or the bound that it exceeds',
    overloads: [byValue(['i64', 'i64', 'i64'], 'i64', clamp), byValue(['f64', 'f64', 'f64'], 'f64', clamp)],
    keepsUnit: true,
  },
  {
    name: 'degrees',
    signature: 'degrees(x)',
    doc: 'radians as degrees',
    overloads: [ofDouble((x) => x / RADIANS_PER_DEGREE)],
  },
  {
    name: 'radians',
    signature: 'radians(x)',
    doc: 'degrees as radians',
    overloads: [ofDouble((x) => x * RADIANS_PER_DEGREE)],
  },
  testing('isnan', 'whether x is NaN', Number.isNaN),
  testing('isfinite', 'whether x is neither NaN nor infinite', Number.isFinite),
  testing('isinf', 'whether x is infinite', (x) => Math.abs(x) === Number.POSITIVE_INFINITY),
  constant('pi', 'the circle constant', Math.PI),
  constant('e', "Euler's number", Math.E),
]
