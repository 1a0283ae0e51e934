/** A plain reading of wasm/dense/FORMAT.md, one value at a time, to compare the core with. It trusts its bytes. */
import { Reader } from './byte-steps.ts'
import { readPacked, readPlane } from './plane-reference.ts'

interface Bin {
  low: bigint
  offsetBits: number
  weight: number
}

interface State {
  bin: Bin
  bits: number
  next: number
}

interface Period {
  rows: number
  slope: bigint
  pull: bigint
}

interface Detour {
  places: number
  digits: number
}

interface Symbols {
  lowBits: number
  patched: boolean
  /** What each state tells, two symbols. */
  states: PairState[]
}

interface PairState {
  told: [bigint, bigint]
  bits: number
  next: number
}

export interface PlainModel {
  order: number
  wide: boolean
  detour: Detour | undefined
  period: Period | undefined
  tableLog: number
  factor: bigint
  remainder: bigint
  base: bigint
  states: State[]
  symbols: Symbols | undefined
}

/** The states of a table, each with what it is of: each of these so often as it weighs. */
function spread<T extends { weight: number }>(
  things: readonly T[],
  log: number,
): { of: T; bits: number; next: number }[] {
  const size = 2 ** log
  const step = (Math.floor(size / 2) + Math.floor(size / 8) + 3) | 1
  const row = things.flatMap((thing) => Array.from({ length: thing.weight }, () => thing))
  const ofState: T[] = []
  row.forEach((thing, place) => {
    ofState[(place * step) % size] = thing
  })
  const numbers = new Map(things.map((thing) => [thing, thing.weight]))
  return ofState.map((of) => {
    const x = numbers.get(of) ?? 0
    numbers.set(of, x + 1)
    const bits = log - Math.floor(Math.log2(x))
    return { of, bits, next: x * 2 ** bits - size }
  })
}

/** Pairs of symbols with their weights, by the rule of the drawing. */
function pairsOf(weights: readonly bigint[], log: number): { told: [bigint, bigint]; weight: number }[] {
  const pairs = weights.flatMap((a, first) =>
    weights.map((b, second) => {
      const excess = a * b - 2n ** BigInt(24 - log)
      return { told: [BigInt(first), BigInt(second)] as [bigint, bigint], excess: excess > 0n ? excess : 0n }
    }),
  )
  const all = pairs.reduce((sum, { excess }) => sum + excess, 0n)
  const free = 2n ** BigInt(log) - BigInt(pairs.length)
  const upTo = (sum: bigint): bigint => (all === 0n ? 0n : (sum * free) / all)
  let sum = 0n
  return pairs.map(({ told, excess }) => {
    const before = upTo(sum)
    sum += excess
    return { told, weight: Number(1n + upTo(sum) - before) }
  })
}

function readSymbols(reader: Reader, log: number, patched: boolean): Symbols {
  const lowBits = reader.byte()
  const weights = Array.from({ length: Number(reader.varint()) }, () => reader.varint())
  const states = spread(pairsOf(weights, log), log).map(({ of, bits, next }) => ({ told: of.told, bits, next }))
  return { lowBits, patched, states }
}

function readBins(reader: Reader): Bin[] {
  const bins: Bin[] = []
  let end = 0n
  for (let i = Number(reader.varint()); i > 0; i--) {
    const low = end + reader.varint()
    bins.push({ low, offsetBits: reader.byte(), weight: Number(reader.varint()) })
    end = low + 1n
  }
  return bins
}

export function referenceModel(bytes: Uint8Array): PlainModel {
  const reader = new Reader(bytes)
  const kind = reader.byte()
  const tableLog = reader.byte()
  const factor = reader.varint()
  const remainder = reader.varint()
  const base = reader.signed()
  const detour = (kind & 8) !== 0 ? { places: reader.byte(), digits: reader.byte() } : undefined
  const period =
    (kind & 16) !== 0
      ? { rows: Number(reader.varint()), slope: BigInt(reader.byte()), pull: BigInt(reader.byte()) }
      : undefined
  const symbols = (kind & 32) !== 0 ? readSymbols(reader, tableLog, (kind & 64) !== 0) : undefined
  const states = symbols
    ? []
    : spread(readBins(reader), tableLog).map(({ of, bits, next }) => ({ bin: of, bits, next }))
  const wide = (kind & 4) !== 0
  return { order: kind & 3, wide, detour, period, tableLog, factor, remainder, base, states, symbols }
}

/** Bits from the least significant of a byte on. */
class Bits {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at * 8
  }

  take(count: number): bigint {
    let value = 0n
    for (let i = 0; i < count; i++, this.#at++) {
      value |= BigInt(((this.#bytes[this.#at >> 3] ?? 0) >> (this.#at & 7)) & 1) << BigInt(i)
    }
    return value
  }

  /** The next whole byte. */
  get end(): number {
    return (this.#at + 7) >> 3
  }
}

/** What states and stream say, in the order of coding; the reader is left behind them. */
function coded(reader: Reader, count: number, model: PlainModel): bigint[] {
  const firsts = new Bits(reader.bytes, reader.at)
  const now = Array.from({ length: 8 }, () => model.states[Number(firsts.take(model.tableLog))])
  const bits = new Bits(reader.bytes, reader.at + model.tableLog)
  const told: bigint[] = []
  const tell = (from: number, to: number): void => {
    const states = Array.from({ length: to - from }, (_, i) => now[(from + i) % 8])
    states.forEach((state, i) => {
      if (state && from + i + 8 < count) now[(from + i) % 8] = model.states[state.next + Number(bits.take(state.bits))]
    })
    for (const state of states) {
      if (state) told.push(model.base + state.bin.low + bits.take(state.bin.offsetBits))
    }
  }
  const grouped = count < 8 ? 0 : Math.floor((count - 8) / 8) * 8
  for (let at = 0; at < grouped; at += 4) tell(at, at + 4)
  for (let at = grouped; at < count; at++) tell(at, at + 1)
  reader.at = bits.end
  return told
}

/** The same of pairs: low bits, states, stream. */
function codedPairs(reader: Reader, count: number, model: PlainModel, { lowBits, patched, states }: Symbols): bigint[] {
  const lows = patched ? readPlane(reader, count) : readPacked(reader, count, lowBits, { lanes: false, bits: 32 })
  const firsts = new Bits(reader.bytes, reader.at)
  const now = Array.from({ length: 6 }, () => states[Number(firsts.take(model.tableLog))])
  const bits = new Bits(reader.bytes, reader.at + Math.ceil((6 * model.tableLog) / 8))
  const told: bigint[] = []
  const pairs = Math.ceil(count / 2)
  for (let pair = 0; pair < pairs; pair++) {
    const state = now[pair % 6]
    if (state === undefined) throw new Error('there is no such state')
    told.push(...state.told)
    if (pair + 6 < pairs) now[pair % 6] = states[state.next + Number(bits.take(state.bits))]
  }
  reader.at = bits.end
  return lows.map((low, i) => BigInt.asUintN(32, model.base + ((told[i] ?? 0n) << BigInt(lowBits)) + low))
}

function inRowOrder(told: readonly bigint[]): bigint[] {
  const whole = Math.floor(told.length / 128) * 128
  return told.map((value, row) => {
    if (row >= whole) return value
    const inside = row % 128
    return told[row - inside + 4 * (inside % 32) + Math.floor(inside / 32)] ?? 0n
  })
}

/** Offsets from `start` on, each from its residual and from what the ones before predict. */
function predictedOffsets(residuals: readonly bigint[], start: bigint, { rows, slope, pull }: Period): bigint[] {
  const offsets: bigint[] = []
  residuals.forEach((residual, row) => {
    const before = offsets[row - 1] ?? 0n
    const thenBefore = offsets[row - rows - 1]
    const then = offsets[row - rows]
    let way = 0n
    if (thenBefore !== undefined && then !== undefined) {
      way = (slope * (then - thenBefore) + pull * (thenBefore - before) + 8n) >> 4n
    }
    offsets.push(row === 0 ? start : BigInt.asUintN(32, before + way + residual))
  })
  return offsets
}

function afterDetour(n: bigint, { places, digits }: Detour): bigint {
  const kept = Math.fround(Number(n) / 10 ** digits)
  if (places !== 255) {
    const scaled = kept * 10 ** places
    const below = Math.floor(scaled)
    const up = scaled - below > 0.5 || (scaled - below === 0.5 && below % 2 !== 0)
    const integer = below + (up ? 1 : 0)
    return Math.abs(integer) < 2 ** 51 ? BigInt(integer) : 0n
  }
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, kept)
  const asInteger = bits.getBigInt64(0)
  return asInteger < 0n ? asInteger ^ ((1n << 63n) - 1n) : asInteger
}

/** The integers of a stream of mode 10, the mode byte read already. */
export function referenceDense(reader: Reader, count: number, model: PlainModel): bigint[] {
  const { order, wide, factor, remainder } = model
  const low = order > 0 && !wide ? reader.signed() : 0n
  let unit = order === 0 ? 0n : wide ? reader.signed() : low + reader.varint()
  let step = order === 2 ? reader.signed() : 0n
  const residuals = model.symbols ? codedPairs(reader, count, model, model.symbols) : coded(reader, count, model)
  const laned = order === 1 && !wide && model.period === undefined
  const start = unit - low
  let units = (laned ? inRowOrder(residuals) : residuals).map((residual, row) => {
    if (order === 0) return residual
    if (order === 1 && row > 0) unit += residual
    if (order === 2 && row > 1) step += residual
    if (order === 2 && row > 0) unit += step
    return unit
  })
  if (model.period) units = predictedOffsets(residuals, start, model.period).map((offset) => low + offset)
  const from = order === 0 ? model.base : low
  const wrapped = units.map((value) => (wide ? value : from + BigInt.asUintN(32, value - from)))
  const values = wrapped.map((value) => BigInt.asIntN(64, value * factor + remainder))
  const { detour } = model
  return detour ? values.map((n) => afterDetour(n, detour)) : values
}
