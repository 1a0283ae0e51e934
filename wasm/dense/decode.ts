// Reading dense streams: eight states of an asymmetric numeral system (Duda, 2013; tabled as in FSE by Collet) take
// turns, so that what one waits for the others have. Drawn in FORMAT.md.

import { GROUP_ROWS, settleGroups, sumLanes } from '../bits/lanes'
import { cursorAddress, cursorFailed, cursorLeft, failCursor, take, takeSigned, takeVarint } from '../codec/cursor'
import { decodedNarrow, decodedWide, storeDecoded } from '../codec/decoded'
import { DELTAS, INTEGERS, OFFSETS } from '../memory/scratch'
import { takeDetour } from './detour'
import { NEXT, OFFSET_BITS, OFFSET_MASK, STATE_BITS, STATE_MASK, currentModel, slotLows } from './model'
import { takePairs } from './pairs'
import { HALF_SHARES, SHARES, SHARE_BITS } from './period'
import { slotEntries } from './states'

export const STATES: i32 = 8
/** Offsets up to this fit four into one load. */
export const SHORT_OFFSET_BITS: u32 = 14
const states: usize = memory.data(STATES * 4, 16)
let position: usize = 0
/** Bits that the stream can have: reading stops past them, before it has gone further than may be read. */
let limit: usize = 0

// @ts-ignore: decorator
@inline
function bitsAt(source: usize, at: usize): u64 {
  return load<u64>(source + (at >> 3)) >> <u64>(at & 7)
}

/** The entry after one, by the bits `v`, which begin at bit 4: entries are 16 bytes apart. */
// @ts-ignore: decorator
@inline
function nextEntry(entry: usize, v: u64): usize {
  return <usize>load<u32>(entry, NEXT) + (<usize>v & <usize>load<u16>(entry, STATE_MASK))
}

// @ts-ignore: decorator
@inline
function stateBits(entry: usize): u64 {
  return <u64>load<u8>(entry, STATE_BITS)
}

// @ts-ignore: decorator
@inline
function offsetBits(entry: usize): usize {
  return <usize>load<u8>(entry, OFFSET_BITS)
}

/** Writes the value of an entry, whose offset are the lowest of the bits `v`. */
// @ts-ignore: decorator
@inline
function put<T>(wideLows: usize, entry: usize, v: u64, target: usize): void {
  if (sizeof<T>() == 4) store<u32>(target, load<u32>(entry) + (<u32>v & load<u32>(entry, OFFSET_MASK)))
  else {
    const offset = v & ~(<u64>-1 << <u64>load<u8>(entry, OFFSET_BITS))
    store<u64>(target, load<u64>(wideLows + (entry >> 1)) + offset)
  }
}

/** Writes four values; returns the position after their offsets. */
// @ts-ignore: decorator
@inline
function putFour<T>(
  wideLows: usize, a: usize, b: usize, c: usize, d: usize, source: usize, at: usize, target: usize, mostBits: u32,
): usize {
  if (sizeof<T>() == 4 && mostBits == 0) {
    store<u32>(target, load<u32>(a))
    store<u32>(target, load<u32>(b), 4)
    store<u32>(target, load<u32>(c), 8)
    store<u32>(target, load<u32>(d), 12)
    return at
  }
  const ab = offsetBits(a)
  const bb = offsetBits(b)
  const cb = offsetBits(c)
  const db = offsetBits(d)
  if (mostBits <= SHORT_OFFSET_BITS) {
    let v = bitsAt(source, at)
    put<T>(wideLows, a, v, target)
    v >>= <u64>ab
    put<T>(wideLows, b, v, target + sizeof<T>())
    v >>= <u64>bb
    put<T>(wideLows, c, v, target + 2 * sizeof<T>())
    v >>= <u64>cb
    put<T>(wideLows, d, v, target + 3 * sizeof<T>())
    return at + ab + bb + cb + db
  }
  put<T>(wideLows, a, bitsAt(source, at), target)
  at += ab
  put<T>(wideLows, b, bitsAt(source, at), target + sizeof<T>())
  at += bb
  put<T>(wideLows, c, bitsAt(source, at), target + 2 * sizeof<T>())
  at += cb
  put<T>(wideLows, d, bitsAt(source, at), target + 3 * sizeof<T>())
  return at + db
}

/** Whole turns of the eight states, four after four, until `end` or until the stream has been overrun. */
function turns<T>(wideLows: usize, source: usize, target: usize, end: usize, mostBits: u32): void {
  const last = limit
  let at = position
  let a = load<usize>(states)
  let b = load<usize>(states, 4)
  let c = load<usize>(states, 8)
  let d = load<usize>(states, 12)
  let e = load<usize>(states, 16)
  let f = load<usize>(states, 20)
  let g = load<usize>(states, 24)
  let h = load<usize>(states, 28)
  for (; target < end && at <= last; target += 8 * sizeof<T>()) {
    let v = bitsAt(source, at) << 4
    let first = stateBits(a)
    let second = stateBits(b)
    let third = stateBits(c)
    const next = at + <usize>(first + second + third + stateBits(d))
    at = putFour<T>(wideLows, a, b, c, d, source, next, target, mostBits)
    a = nextEntry(a, v)
    v >>= first
    b = nextEntry(b, v)
    v >>= second
    c = nextEntry(c, v)
    v >>= third
    d = nextEntry(d, v)
    v = bitsAt(source, at) << 4
    first = stateBits(e)
    second = stateBits(f)
    third = stateBits(g)
    at += <usize>(first + second + third + stateBits(h))
    at = putFour<T>(wideLows, e, f, g, h, source, at, target + 4 * sizeof<T>(), mostBits)
    e = nextEntry(e, v)
    v >>= first
    f = nextEntry(f, v)
    v >>= second
    g = nextEntry(g, v)
    v >>= third
    h = nextEntry(h, v)
  }
  position = at
  store<usize>(states, a)
  store<usize>(states, b, 4)
  store<usize>(states, c, 8)
  store<usize>(states, d, 12)
  store<usize>(states, e, 16)
  store<usize>(states, f, 20)
  store<usize>(states, g, 24)
  store<usize>(states, h, 28)
}

/** The values after the last whole turn. The last one of each state takes no bits, since no state comes after it. */
function rest<T>(wideLows: usize, source: usize, target: usize, from: i32, count: i32): void {
  let at = position
  for (let i = from; i < count; i++) {
    const slot = states + (<usize>(i & (STATES - 1)) << 2)
    const entry = load<usize>(slot)
    if (i + STATES < count) {
      store<usize>(slot, nextEntry(entry, bitsAt(source, at) << 4))
      at += <usize>stateBits(entry)
    }
    put<T>(wideLows, entry, bitsAt(source, at), target + <usize>i * sizeof<T>())
    at += offsetBits(entry)
  }
  position = at
}

/** Reads states and stream: `count` residuals at `target` in the order in which they were coded. */
function takeResiduals<T>(model: usize, count: i32, target: usize): void {
  const log = load<u32>(model, 8)
  const packed = take(<i32>log)
  const source = cursorAddress()
  if (cursorFailed()) return
  const entries = slotEntries(model)
  for (let state: u32 = 0; state < <u32>STATES; state++) {
    const number = bitsAt(packed, <usize>(state * log)) & ((1 << <u64>log) - 1)
    store<usize>(states + (<usize>state << 2), entries + (<usize>number << 4))
  }
  position = 0
  limit = <usize>cursorLeft() << 3
  const wideLows = slotLows(model) - (entries >> 1)
  const whole = count < STATES ? 0 : (count - STATES) & ~(STATES - 1)
  const mostBits = load<u32>(model, 12)
  const end = target + <usize>whole * sizeof<T>()
  if (mostBits == 0) turns<T>(wideLows, source, target, end, 0)
  else turns<T>(wideLows, source, target, end, mostBits)
  rest<T>(wideLows, source, target, whole, count)
  take(<i32>((position + 7) >> 3))
}

/** Sums of deltas of which whole groups are the sums of lanes already; the first delta is none. */
function settle(count: i32, start: u32): void {
  const whole = count / GROUP_ROWS
  if (whole == 0) store<u32>(DELTAS, 0)
  let value = settleGroups<u32>(DELTAS, OFFSETS, whole, start - load<u32>(DELTAS), 0)
  for (let i = <usize>(whole * GROUP_ROWS) << 2; i < <usize>count << 2; i += 4) {
    value += load<u32>(DELTAS + i)
    store<u32>(OFFSETS + i, value)
  }
}

/** Sums of sums; the first two differences are none. */
function sumTwice<T>(source: usize, count: i32, target: usize, start: T, step: T): void {
  store<T>(source, 0)
  store<T>(source + sizeof<T>(), 0)
  let value = start - step
  let delta = step
  for (let i: usize = 0; i < <usize>count * sizeof<T>(); i += sizeof<T>()) {
    delta += load<T>(source + i)
    value += delta
    store<T>(target + i, value)
  }
}

/** Values from what they differ by from their predictions (`period.ts`), of which the first is none. */
function sumPeriodic(model: usize, count: i32, start: u32): void {
  const period = load<i32>(model, 40)
  const slope = <i64>load<u16>(model, 44)
  const pull = <i64>load<u16>(model, 46)
  let value = start
  store<u32>(OFFSETS, value)
  let i: usize = 4
  for (const end = <usize>min(count, period + 1) << 2; i < end; i += 4) {
    value += load<u32>(DELTAS + i)
    store<u32>(OFFSETS + i, value)
  }
  // All but the value before is known early, so that only a product and a sum wait for it.
  const stay = SHARES - pull
  const ago = <usize>period << 2
  for (const end = <usize>count << 2; i < end; i += 4) {
    const at = OFFSETS + i
    const thenBefore = <i64>load<u32>(at - ago - 4)
    const known = slope * (<i64>load<u32>(at - ago) - thenBefore) + pull * thenBefore + HALF_SHARES
    value = <u32>((known + (<i64>load<u32>(DELTAS + i) << SHARE_BITS) + stay * <i64>value) >> SHARE_BITS)
    store<u32>(at, value)
  }
}

/** Residuals of a model that is not wide, to `target`; of `groups` groups the sums of their lanes. */
function takeNarrowResiduals(model: usize, base: u32, count: i32, groups: i32, target: usize): void {
  if (load<u32>(model, 64) > 0) {
    takePairs(model, count, base, groups, target)
    return
  }
  takeResiduals<u32>(model, count, target)
  sumLanes(target, groups, 0)
}

function takeNarrow(model: usize, order: i32, count: i32): void {
  if (order == 0) {
    takeNarrowResiduals(model, 0, count, 0, OFFSETS)
    decodedNarrow<u32>(load<i64>(model, 32))
    return
  }
  const low = takeSigned()
  const start = <u32>takeVarint()
  const step = order == 2 ? <u32>takeSigned() : 0
  const isPeriodic = load<u32>(model, 40) > 0
  const groups = order == 1 && !isPeriodic ? count / GROUP_ROWS : 0
  takeNarrowResiduals(model, load<u32>(model, 32), count, groups, DELTAS)
  if (isPeriodic) sumPeriodic(model, count, start)
  else if (order == 1) settle(count, start)
  else sumTwice<u32>(DELTAS, count, OFFSETS, start, step)
  decodedNarrow<u32>(low)
}

function takeWide(model: usize, order: i32, count: i32): void {
  const start = order > 0 ? takeSigned() : 0
  const step = order == 2 ? takeSigned() : 0
  takeResiduals<u64>(model, count, INTEGERS)
  decodedWide()
  if (order == 2) sumTwice<i64>(INTEGERS, count, INTEGERS, start, step)
  if (order != 1) return
  let value = start
  store<i64>(INTEGERS, 0)
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    value += load<i64>(INTEGERS + i)
    store<i64>(INTEGERS + i, value)
  }
}

/** Multiplies what was decoded by the model's factor. */
function applyFactor(count: i32, by: i64, remainder: i64): void {
  storeDecoded(count, INTEGERS)
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    store<i64>(INTEGERS + i, load<i64>(INTEGERS + i) * by + remainder)
  }
  decodedWide()
}

function applyDetour(count: i32, digits: i32, places: i32): void {
  storeDecoded(count, INTEGERS)
  takeDetour(INTEGERS, count, digits, places)
  decodedWide()
}

/** Reads a dense stream of `count` integers under the current model. */
export function takeDense(count: i32): void {
  const model = currentModel()
  if (model == 0) {
    failCursor()
    return
  }
  const order = <i32>load<u32>(model)
  if (load<u32>(model, 4) != 0) takeWide(model, order, count)
  else takeNarrow(model, order, count)
  const by = load<i64>(model, 16)
  if (by != 1 && !cursorFailed()) applyFactor(count, by, load<i64>(model, 24))
  const digits = load<i32>(model, 48)
  if (digits >= 0 && !cursorFailed()) applyDetour(count, digits, load<i32>(model, 52))
}
