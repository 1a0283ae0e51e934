// Reading dense streams: eight states of an asymmetric numeral system (Duda, 2013; tabled as in FSE by Collet) take
// turns, so that what one waits for the others have. Drawn in FORMAT.md.

import { GROUP_ROWS, sumGroups } from '../bits/lanes'
import { cursorAddress, cursorFailed, cursorLeft, failCursor, take, takeSigned, takeVarint } from '../codec/cursor'
import { decodedNarrow, decodedWide, storeDecoded } from '../codec/decoded'
import { DELTAS, INTEGERS, OFFSETS } from '../memory/scratch'
import { currentModel, slotEntries, slotLows } from './model'

export const STATES: i32 = 8
/** Offsets up to this fit four into one load. */
const SHORT_OFFSET_BITS: u32 = 14
const states: usize = memory.data(STATES * 8, 16)
let position: usize = 0
/** Bits that the stream can have: reading stops past them, before it has gone further than may be read. */
let limit: usize = 0

// @ts-ignore: decorator
@inline
function bitsAt(source: usize, at: usize): u64 {
  return load<u64>(source + (at >> 3)) >> <u64>(at & 7)
}

/** The state after an entry's, of the bits `v`, which begin at bit 3. */
// @ts-ignore: decorator
@inline
function nextState(entry: u64, v: u64): usize {
  return <usize>((entry >> 48) + (v & ((<u64>-8 << (entry >> 32)) ^ <u64>-8)))
}

// @ts-ignore: decorator
@inline
function masked(v: u64, entry: u64): u64 {
  return v & ~(<u64>-1 << (entry >> 40))
}

// @ts-ignore: decorator
@inline
function put<T>(lows: usize, state: usize, entry: u64, offset: u64, target: usize): void {
  if (sizeof<T>() == 4) store<u32>(target, <u32>entry + <u32>offset)
  else store<u64>(target, load<u64>(lows + state) + offset)
}

function quads<T>(entries: usize, lows: usize, source: usize, target: usize, end: usize, mostBits: u32): void {
  const last = limit
  let at = position
  let sa = load<usize>(states)
  let sb = load<usize>(states, 8)
  let sc = load<usize>(states, 16)
  let sd = load<usize>(states, 24)
  let ta = load<usize>(states, 32)
  let tb = load<usize>(states, 40)
  let tc = load<usize>(states, 48)
  let td = load<usize>(states, 56)
  for (; target < end && at <= last; target += 4 * sizeof<T>()) {
    const a = load<u64>(entries + sa)
    const b = load<u64>(entries + sb)
    const c = load<u64>(entries + sc)
    const d = load<u64>(entries + sd)
    let v = bitsAt(source, at) << 3
    at += <usize>(((a >> 32) + (b >> 32) + (c >> 32) + (d >> 32)) & 63)
    const ua = nextState(a, v)
    v >>= a >> 32
    const ub = nextState(b, v)
    v >>= b >> 32
    const uc = nextState(c, v)
    v >>= c >> 32
    const ud = nextState(d, v)
    if (mostBits == 0) {
      put<T>(lows, sa, a, 0, target)
      put<T>(lows, sb, b, 0, target + 1 * sizeof<T>())
      put<T>(lows, sc, c, 0, target + 2 * sizeof<T>())
      put<T>(lows, sd, d, 0, target + 3 * sizeof<T>())
    } else if (mostBits <= SHORT_OFFSET_BITS) {
      v = bitsAt(source, at)
      at += <usize>(((a >> 40) + (b >> 40) + (c >> 40) + (d >> 40)) & 255)
      put<T>(lows, sa, a, masked(v, a), target)
      v >>= a >> 40
      put<T>(lows, sb, b, masked(v, b), target + 1 * sizeof<T>())
      v >>= b >> 40
      put<T>(lows, sc, c, masked(v, c), target + 2 * sizeof<T>())
      v >>= c >> 40
      put<T>(lows, sd, d, masked(v, d), target + 3 * sizeof<T>())
    } else {
      put<T>(lows, sa, a, masked(bitsAt(source, at), a), target)
      at += <usize>((a >> 40) & 63)
      put<T>(lows, sb, b, masked(bitsAt(source, at), b), target + 1 * sizeof<T>())
      at += <usize>((b >> 40) & 63)
      put<T>(lows, sc, c, masked(bitsAt(source, at), c), target + 2 * sizeof<T>())
      at += <usize>((c >> 40) & 63)
      put<T>(lows, sd, d, masked(bitsAt(source, at), d), target + 3 * sizeof<T>())
      at += <usize>((d >> 40) & 63)
    }
    sa = ta
    sb = tb
    sc = tc
    sd = td
    ta = ua
    tb = ub
    tc = uc
    td = ud
  }
  position = at
  store<usize>(states, sa)
  store<usize>(states, sb, 8)
  store<usize>(states, sc, 16)
  store<usize>(states, sd, 24)
  store<usize>(states, ta, 32)
  store<usize>(states, tb, 40)
  store<usize>(states, tc, 48)
  store<usize>(states, td, 56)
}

/** The values after the last whole turn. The last one of each state takes no bits, since no state comes after it. */
function rest<T>(entries: usize, lows: usize, source: usize, target: usize, from: i32, count: i32): void {
  let at = position
  for (let i = from; i < count; i++) {
    const slot = states + (<usize>(i & (STATES - 1)) << 3)
    const state = load<usize>(slot)
    const entry = load<u64>(entries + state)
    if (i + STATES < count) {
      store<usize>(slot, nextState(entry, bitsAt(source, at) << 3))
      at += <usize>((entry >> 32) & 63)
    }
    put<T>(lows, state, entry, masked(bitsAt(source, at), entry), target + <usize>i * sizeof<T>())
    at += <usize>((entry >> 40) & 63)
  }
  position = at
}

/** Reads states and stream: `count` residuals at `target` in the order in which they were coded. */
function takeResiduals<T>(model: usize, count: i32, target: usize): void {
  const log = load<u32>(model, 8)
  const packed = take(<i32>log)
  const source = cursorAddress()
  if (cursorFailed()) return
  for (let state: u32 = 0; state < <u32>STATES; state++) {
    const number = bitsAt(packed, <usize>(state * log)) & ((1 << <u64>log) - 1)
    store<usize>(states + (<usize>state << 3), <usize>number << 3)
  }
  position = 0
  limit = <usize>cursorLeft() << 3
  const turns = count < STATES ? 0 : (count - STATES) & ~(STATES - 1)
  quads<T>(slotEntries(model), slotLows(model), source, target, target + <usize>turns * sizeof<T>(), load<u32>(model, 12))
  rest<T>(slotEntries(model), slotLows(model), source, target, turns, count)
  take(<i32>((position + 7) >> 3))
}

/** Sums of deltas in lane order, of which the first is none. */
function sumNarrow(count: i32, start: u32): void {
  store<u32>(DELTAS, 0)
  const whole = count / GROUP_ROWS
  let value = sumGroups<u32>(DELTAS, OFFSETS, whole, start, 0)
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

function takeNarrow(model: usize, order: i32, count: i32): void {
  if (order == 0) {
    takeResiduals<u32>(model, count, OFFSETS)
    decodedNarrow<u32>(load<i64>(model, 32))
    return
  }
  const low = takeSigned()
  const start = <u32>takeVarint()
  const step = order == 2 ? <u32>takeSigned() : 0
  takeResiduals<u32>(model, count, DELTAS)
  if (order == 1) sumNarrow(count, start)
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
}
