// A model says how the integers of many blocks are coded: how they are predicted, the bins that residuals fall into and
// how often each occurs. Drawn in FORMAT.md. It is read once, into a slot of tables that decoding uses from then on.

import { cursorAtEnd, cursorFailed, openCursor, takeByte, takeSigned, takeVarint } from '../codec/cursor'
import { MOST_DECIMALS } from '../codec/decimal'
import { STAGING } from '../memory/scratch'
import { MOST_DETOUR_DIGITS, PLACES_OF_BITS } from './detour'
import { MOST_LOW_BITS, MOST_SYMBOLS, SYMBOL_LOG, SYMBOL_WEIGHTS, buildPairs } from './pairs'
import { LEAST_PERIOD, MOST_PERIOD, SHARES } from './period'
import { MOST_TABLE_LOG, SLOT_HEAD, slotEntries, spreadStep } from './states'

export const MOST_BINS: i32 = 256
/** With the seven bits that a position inside a byte costs, one load of 64 bits still holds the offset. */
export const MOST_OFFSET_BITS: i32 = 56
export const MOST_ORDER: i32 = 2
const KIND_WIDE: i32 = 4
const KIND_DETOUR: i32 = 8
const KIND_PERIODIC: i32 = 16
const KIND_PAIRS: i32 = 32
const KIND_PATCHED: i32 = 64
const KINDS: i32 = 127

/** Bins by number: where they begin above the model's base, bits of the distance from there, share of the table. */
export const BIN_LOWS: usize = memory.data(MOST_BINS * 8, 16)
export const BIN_BITS: usize = memory.data(MOST_BINS * 4, 16)
export const BIN_WEIGHTS: usize = memory.data(MOST_BINS * 4, 16)

/** The model that was read last, or that training found. */
export let order: i32 = 0
export let wide: bool = false
export let tableLog: i32 = 0
export let factor: u64 = 1
export let remainder: u64 = 0
export let base: i64 = 0
export let bins: i32 = 0
/** Digits of the decimals that went through float32, -1 where they did not, and decimals that were kept of it. */
export let detourDigits: i32 = -1
export let detourPlaces: i32 = 0
/** Rows after which the units repeat, 0 where they do not, and the sixteenths that predict them. */
export let period: i32 = 0
export let slope: i32 = 0
export let pull: i32 = 0
/** Symbols that states tell in pairs, 0 where there are bins instead; bits below them, and whether some values are patched. */
export let symbols: i32 = 0
export let lowBits: i32 = 0
export let patched: bool = false

/**
 *  0 order u32   4 wide u32   8 table log u32   12 most offset bits u32   16 factor   24 remainder   32 base
 * 40 period u32   44 slope u16   46 pull u16   48 digits of the detour i32   52 its places u32
 * 56 low bits u32   60 whether values are patched u32   64 symbols u32
 * 80 entries, drawn in `pairs.ts` where there are symbols, else 16 bytes a state; then, where the model is wide, where each state's bin begins, 8 bytes a state
 *
 * entry:  0                4                8         10     11       12              16
 *         +----------------+----------------+---------+------+--------+---------------+
 *         | low of the bin | entry to which | mask of | bits | offset | mask of the   |
 *         | modulo 2^32    | bits 0 lead    | bits x16|      | bits   | offset, if 32 |
 *         +----------------+----------------+---------+------+--------+---------------+
 */
export const NEXT: usize = 4
export const STATE_MASK: usize = 8
export const STATE_BITS: usize = 10
export const OFFSET_BITS: usize = 11
export const OFFSET_MASK: usize = 12

// @ts-ignore: decorator
@inline
export function slotLows(slot: usize): usize {
  return slot + SLOT_HEAD + ((<usize>16) << <usize>load<u32>(slot, 8))
}

let current: usize = 0

// @ts-ignore: decorator
@inline
export function currentModel(): usize {
  return current
}

/** Blocks that come next are of the model in a slot; 0 for none. */
export function useModel(slot: usize): void {
  current = slot
}

/** How training found that integers become units. */
export function setUnits(newFactor: u64, newRemainder: u64, digits: i32, places: i32): void {
  factor = newFactor
  remainder = newRemainder
  detourDigits = digits
  detourPlaces = places
}

/** How training found that units are predicted. */
export function setPrediction(newOrder: i32, newPeriod: i32, newSlope: i32, newPull: i32): void {
  order = newOrder
  period = newPeriod
  slope = newSlope
  pull = newPull
}

export function setResiduals(isWide: bool, newBase: i64): void {
  wide = isWide
  base = newBase
}

/** The first byte of a model. */
export function modelKind(): i32 {
  const units = (wide ? KIND_WIDE : 0) | (detourDigits >= 0 ? KIND_DETOUR : 0) | (period > 0 ? KIND_PERIODIC : 0)
  return order | units | (symbols == 0 ? 0 : KIND_PAIRS | (patched ? KIND_PATCHED : 0))
}

export function setBins(count: i32, log: i32): void {
  bins = count
  tableLog = log
  symbols = 0
}

export function setSymbols(count: i32, log: i32, bits: i32, withPatches: bool): void {
  symbols = count
  tableLog = log
  lowBits = bits
  patched = withPatches
}

function readSymbols(): bool {
  lowBits = takeByte()
  const announced = takeVarint()
  if (cursorFailed() || lowBits > MOST_LOW_BITS || announced < 1 || announced > <u64>MOST_SYMBOLS) return false
  symbols = <i32>announced
  let weights = 0
  for (let symbol = 0; symbol < symbols; symbol++) {
    const weight = takeVarint()
    if (weight < 1 || weight > <u64>1 << SYMBOL_LOG) return false
    weights += <i32>weight
    store<u32>(SYMBOL_WEIGHTS + (<usize>symbol << 2), <u32>weight)
  }
  return weights == 1 << SYMBOL_LOG && symbols * symbols <= 1 << tableLog
}

function readBins(): bool {
  const announced = takeVarint()
  if (cursorFailed() || announced < 1 || announced > <u64>MOST_BINS) return false
  bins = <i32>announced
  let low: u64 = 0
  let weights = 0
  for (let bin = 0; bin < bins; bin++) {
    const gap = takeVarint()
    const from = bin == 0 ? gap : low + 1 + gap
    if (bin > 0 && from <= low) return false
    low = from
    const bits = takeByte()
    const weight = takeVarint()
    if (bits > MOST_OFFSET_BITS || weight < 1 || weight > <u64>1 << <u64>tableLog) return false
    if (!wide && (low >> 32 != 0 || bits > 32)) return false
    weights += <i32>weight
    store<u64>(BIN_LOWS + (<usize>bin << 3), low)
    store<u32>(BIN_BITS + (<usize>bin << 2), bits)
    store<u32>(BIN_WEIGHTS + (<usize>bin << 2), <u32>weight)
  }
  return weights == 1 << tableLog
}

function readDetour(): bool {
  detourPlaces = takeByte()
  detourDigits = takeByte()
  return detourDigits <= MOST_DETOUR_DIGITS && (detourPlaces <= MOST_DECIMALS || detourPlaces == PLACES_OF_BITS)
}

function readPeriod(): bool {
  const rows = takeVarint()
  slope = takeByte()
  pull = takeByte()
  period = <i32>min<u64>(rows, MOST_PERIOD + 1)
  return period >= LEAST_PERIOD && period <= MOST_PERIOD && slope <= <i32>SHARES && pull <= <i32>SHARES
}

/** Reads and checks a model of `bytes` bytes at `STAGING`. Returns the bytes that its slot takes, 0 where it is none. */
export function readModel(bytes: i32): i32 {
  openCursor(STAGING, bytes)
  const kind = takeByte()
  tableLog = takeByte()
  factor = takeVarint()
  remainder = takeVarint()
  base = takeSigned()
  order = kind & 3
  wide = (kind & KIND_WIDE) != 0
  detourDigits = -1
  period = 0
  if (kind > KINDS || order > MOST_ORDER || tableLog > MOST_TABLE_LOG || factor < 1 || remainder >= factor) return 0
  if ((kind & KIND_DETOUR) != 0 && !readDetour()) return 0
  if ((kind & KIND_PERIODIC) != 0 && (order != 1 || wide || !readPeriod())) return 0
  patched = (kind & KIND_PATCHED) != 0
  symbols = 0
  const states = (kind & KIND_PAIRS) != 0 ? !wide && readSymbols() : !patched && readBins()
  if (!states || cursorFailed() || !cursorAtEnd()) return 0
  return <i32>SLOT_HEAD + ((symbols > 0 ? 8 : wide ? 24 : 16) << tableLog)
}

function putStates(slot: usize): void {
  const entries = slotEntries(slot)
  const lows = slotLows(slot)
  const mask = (1 << tableLog) - 1
  const step = spreadStep(tableLog)
  const lift = order == 0 && !wide ? 0 : base
  let place = 0
  for (let bin = 0; bin < bins; bin++) {
    const weight = load<u32>(BIN_WEIGHTS + (<usize>bin << 2))
    const low = load<u64>(BIN_LOWS + (<usize>bin << 3)) + lift
    const bits = load<u32>(BIN_BITS + (<usize>bin << 2))
    for (let i: u32 = 0; i < weight; i++) {
      const state = (place * step) & mask
      const entry = entries + (<usize>state << 4)
      store<u32>(entry, <u32>low)
      store<u32>(entry, <u32>bin, NEXT)
      store<u8>(entry, <u8>bits, OFFSET_BITS)
      store<u32>(entry, bits < 32 ? (1 << bits) - 1 : -1, OFFSET_MASK)
      if (wide) store<u64>(lows + (<usize>state << 3), low)
      place++
    }
  }
}

const counters: usize = memory.data(MOST_BINS * 4, 16)

/** Fills a slot from the model that was read. */
export function buildModel(slot: usize): void {
  store<u32>(slot, order)
  store<u32>(slot, <u32>wide, 4)
  store<u32>(slot, tableLog, 8)
  store<u64>(slot, factor, 16)
  store<u64>(slot, remainder, 24)
  store<i64>(slot, base, 32)
  store<u32>(slot, period, 40)
  store<u16>(slot, <u16>slope, 44)
  store<u16>(slot, <u16>pull, 46)
  store<i32>(slot, detourDigits, 48)
  store<u32>(slot, detourPlaces, 52)
  store<u32>(slot, symbols, 64)
  store<u32>(slot, lowBits, 56)
  store<u32>(slot, <u32>patched, 60)
  if (symbols > 0) {
    buildPairs(slot, symbols, tableLog)
    return
  }
  let most: u32 = 0
  for (let bin = 0; bin < bins; bin++) most = max(most, load<u32>(BIN_BITS + (<usize>bin << 2)))
  store<u32>(slot, most, 12)
  putStates(slot)
  memory.copy(counters, BIN_WEIGHTS, <usize>bins << 2)
  const entries = slotEntries(slot)
  for (let state = 0; state < 1 << tableLog; state++) {
    const entry = entries + (<usize>state << 4)
    const counter = counters + (<usize>load<u32>(entry, NEXT) << 2)
    const x = load<u32>(counter)
    store<u32>(counter, x + 1)
    const bits = <u32>tableLog - (31 - clz<u32>(x))
    store<u32>(entry, <u32>entries + (((x << bits) - (<u32>1 << tableLog)) << 4), NEXT)
    const mask = ((<u32>1 << bits) - 1) << 4
    store<u16>(entry, <u16>mask, STATE_MASK)
    store<u8>(entry, <u8>bits, STATE_BITS)
  }
}
