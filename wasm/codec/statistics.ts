// Statistics of a header as five small integers, which take a few bits each where blocks of a column stand together.
// Drawn in engine/storage/FORMAT.md.

import { divideSum, integerSumHigh, integerSumLow, setIntegerSum } from '../aggregate/integer-span'
import { HEADER, VALUES } from '../memory/scratch'
import { decimalInteger, powerOfTen } from './decimal'
import { HEADER_BYTES, TYPE_F64, TYPE_TIME, headerNulls, headerRows, headerType } from './header'

const MIN: usize = 16
const MAX: usize = 24
const SUM_HIGH: usize = 32
const SUM_LOW: usize = 40
const FIRST: usize = 48
const LAST: usize = 56
/** Sums beyond have no exact form as i64. */
const MOST_SUM: f64 = 4611686018427387904.0

/** What `packStatistics` found. */
const UNPACKED: i32 = 0
const WITHOUT_SUM: i32 = 1
const WITH_SUM: i32 = 2

/** The last value of the block before. */
let previous: i64 = 0

/** The next block has none before it. */
export function beginStatistics(): void {
  previous = 0
}

let places: i32 = 0
let exact: bool = true

function integerAt(field: usize): i64 {
  if (headerType() != TYPE_F64) return load<i64>(HEADER + field)
  const value = load<f64>(HEADER + field)
  const integer = decimalInteger(value, places)
  if (reinterpret<u64>(<f64>integer / powerOfTen(places)) != reinterpret<u64>(value)) exact = false
  return integer
}

function putInteger(field: usize, value: i64): void {
  if (headerType() != TYPE_F64) store<i64>(HEADER + field, value)
  else store<f64>(HEADER + field, <f64>value / powerOfTen(places))
}

/** What the sum would be if the values lay around the middle between the least and the largest. */
function expectedSum(least: i64, most: i64): i64 {
  return <i64>(headerRows() - headerNulls()) * ((least >> 1) + (most >> 1))
}

function putSum(sum: i64): void {
  setIntegerSum(sum)
  if (headerType() == TYPE_F64) divideSum(powerOfTen(places))
  store<f64>(HEADER, integerSumHigh(), SUM_HIGH)
  store<f64>(HEADER, integerSumLow(), SUM_LOW)
}

/** The integer that the sum of the header is made of, if `putSum` makes the same of it; else leaves `exact` false. */
function takeSum(): i64 {
  const high = load<f64>(HEADER, SUM_HIGH)
  const low = load<f64>(HEADER, SUM_LOW)
  const scaled = headerType() == TYPE_F64 ? nearest(high * powerOfTen(places)) : high
  if (!(Math.abs(scaled) < MOST_SUM)) {
    exact = false
    return 0
  }
  const sum = <i64>scaled + (headerType() == TYPE_F64 ? 0 : <i64>low)
  putSum(sum)
  exact =
    reinterpret<u64>(load<f64>(HEADER, SUM_HIGH)) == reinterpret<u64>(high) &&
    reinterpret<u64>(load<f64>(HEADER, SUM_LOW)) == reinterpret<u64>(low)
  store<f64>(HEADER, high, SUM_HIGH)
  store<f64>(HEADER, low, SUM_LOW)
  return sum
}

/**
 * Statistics of the header at `HEADER`, of a type with numbers, as five i64 at `VALUES`; decimals have `decimals` places.
 * Returns 0 where they have no such form, 1 where the sum has none, else 2.
 */
function packOne(decimals: i32): i32 {
  places = decimals
  exact = true
  const least = integerAt(MIN)
  const most = integerAt(MAX)
  const first = integerAt(FIRST)
  const last = integerAt(LAST)
  if (!exact) return UNPACKED
  store<i64>(VALUES, first - previous)
  store<i64>(VALUES, last - first, 8)
  store<i64>(VALUES, min(first, last) - least, 16)
  store<i64>(VALUES, most - max(first, last), 24)
  store<i64>(VALUES, 0, 32)
  previous = last
  if (headerType() == TYPE_TIME) return WITH_SUM
  const sum = takeSum()
  if (!exact) return WITHOUT_SUM
  store<i64>(VALUES, sum - expectedSum(least, most), 32)
  return WITH_SUM
}

/**
 * Packs the statistics of some of the headers at `headers`, all of types with numbers, whose places are at `blocks`; `decimals` has a byte
 * for each header, its places, 0 where it is of other numbers. Puts in place of a block's place -1 where it has no such form, else twice its
 * decimals, and 1 more where the sum has a form. Of those that have one the integers are at `packed`: `count` words of 64 bits of the first
 * of each, then of the second, and so on. Returns how many those are.
 */
export function packStatistics(headers: usize, decimals: usize, blocks: usize, count: u32, packed: usize): u32 {
  previous = 0
  const column = <usize>count << 3
  let to = packed
  for (let i: u32 = 0; i < count; i++) {
    const at = blocks + (<usize>i << 2)
    const block = <usize>load<u32>(at)
    const own = <i32>load<u8>(decimals + block)
    memory.copy(HEADER, headers + block * <usize>HEADER_BYTES, HEADER_BYTES)
    const found = packOne(own)
    store<i32>(at, found == UNPACKED ? -1 : (own << 1) | <i32>(found == WITH_SUM))
    if (found == UNPACKED) continue
    for (let slot: usize = 0; slot < 5; slot++) store<i64>(to + slot * column, load<i64>(VALUES + (slot << 3)))
    to += 8
  }
  return <u32>(to - packed) >> 3
}

/** Brings the statistics at `VALUES` back to the header at `HEADER`, whose type and rows are there already. */
export function unpackStatistics(decimals: i32, hasSum: bool): void {
  places = decimals
  const first = load<i64>(VALUES) + previous
  const last = first + load<i64>(VALUES, 8)
  const least = min(first, last) - load<i64>(VALUES, 16)
  const most = max(first, last) + load<i64>(VALUES, 24)
  putInteger(MIN, least)
  putInteger(MAX, most)
  putInteger(FIRST, first)
  putInteger(LAST, last)
  previous = last
  if (headerType() == TYPE_TIME || !hasSum) {
    store<f64>(HEADER, 0, SUM_HIGH)
    store<f64>(HEADER, 0, SUM_LOW)
  } else putSum(load<i64>(VALUES, 32) + expectedSum(least, most))
}
