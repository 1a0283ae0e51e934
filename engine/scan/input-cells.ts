import type { Column, FieldType } from '../core/batch.ts'
import type { InputStates, Measure } from '../core/plan.ts'
import { compareUtf8 } from '../core/series.ts'
import { MEASURE, SLOT } from '../kernel/span-state.ts'

/** States as the kernel returns them: one buffer seen as doubles and as 64-bit integers. */
export interface StateViews {
  f64: Float64Array
  i64: BigInt64Array
}

type Values = Float64Array | BigInt64Array

/** The state of one aggregate input in every cell, updated from spans of blocks; cells appear as they are met. */
export class InputCells {
  readonly type: FieldType
  readonly measures: readonly Measure[]
  /** Bits of the measures for the kernel. */
  readonly mask: number
  #capacity: number
  #count: Float64Array
  #sumHigh: Float64Array | undefined
  #sumLow: Float64Array | undefined
  #min: Values | undefined
  #max: Values | undefined
  #first: Values | undefined
  #firstTime: BigInt64Array | undefined
  #last: Values | undefined
  #lastTime: BigInt64Array | undefined
  #mean: Float64Array | undefined
  #m2: Float64Array | undefined
  /** Texts behind the codes of a string input. */
  readonly #texts: string[] = []
  readonly #codes = new Map<string, bigint>()

  /** `expectedCells` is how many cells there is room for before arrays grow. */
  constructor(type: FieldType, measures: readonly Measure[], expectedCells: number) {
    this.type = type
    this.#capacity = Math.max(1, expectedCells)
    this.measures = measures
    this.mask = measures.reduce((bits, measure) => bits | MEASURE[measure], 0)
    const has = (measure: Measure): boolean => measures.includes(measure)
    const values = (): Values => (type === 'f64' ? new Float64Array(this.#capacity) : new BigInt64Array(this.#capacity))
    const doubles = (): Float64Array => new Float64Array(this.#capacity)
    const times = (): BigInt64Array => new BigInt64Array(this.#capacity)
    this.#count = doubles()
    if (has('sum')) [this.#sumHigh, this.#sumLow] = [doubles(), doubles()]
    if (has('min')) this.#min = values()
    if (has('max')) this.#max = values()
    if (has('first')) [this.#first, this.#firstTime] = [values(), times()]
    if (has('last')) [this.#last, this.#lastTime] = [values(), times()]
    if (has('moments')) [this.#mean, this.#m2] = [doubles(), doubles()]
  }

  /** Adds one span's state, at `base` in the views, to a cell. */
  add(cell: number, states: StateViews, base: number): void {
    const added = states.f64[base + SLOT.count] as number
    if (added === 0) return
    if (cell >= this.#capacity) this.#grow(cell + 1)
    const before = this.#count[cell] as number
    if (this.#mean && this.#m2) addMoments(this.#mean, this.#m2, cell, before, states.f64, base)
    this.#count[cell] = before + added
    if (this.#sumHigh && this.#sumLow) addSum(this.#sumHigh, this.#sumLow, cell, states.f64, base)
    const view = this.type === 'f64' ? states.f64 : states.i64
    if (this.type === 'string') this.#addTexts(cell, states.i64, base, before === 0)
    else {
      if (this.#min instanceof BigInt64Array) keepLessInteger(this.#min, cell, states.i64, base, before === 0)
      else if (this.#min) keepLess(this.#min, cell, states.f64[base + SLOT.min] as number, before === 0)
      if (this.#max instanceof BigInt64Array) keepGreaterInteger(this.#max, cell, states.i64, base, before === 0)
      else if (this.#max) keepGreater(this.#max, cell, states.f64[base + SLOT.max] as number, before === 0)
    }
    if (this.#first && this.#firstTime) {
      const time = states.i64[base + SLOT.firstTime] as bigint
      const sooner = before === 0 || time < (this.#firstTime[cell] as bigint)
      this.#keepTimed(this.#first, this.#firstTime, cell, {
        value: view[base + SLOT.first] as number | bigint,
        time,
        sooner,
      })
    }
    if (this.#last && this.#lastTime) {
      const time = states.i64[base + SLOT.lastTime] as bigint
      const sooner = before === 0 || time > (this.#lastTime[cell] as bigint)
      this.#keepTimed(this.#last, this.#lastTime, cell, {
        value: view[base + SLOT.last] as number | bigint,
        time,
        sooner,
      })
    }
  }

  /** Least and greatest text; codes are in no order. */
  #addTexts(cell: number, codes: BigInt64Array, base: number, isFirst: boolean): void {
    const min = codes[base + SLOT.min] as bigint
    const max = codes[base + SLOT.max] as bigint
    if (this.#min && (isFirst || this.#exceeds(this.#min[cell] as bigint, min))) this.#min[cell] = min
    if (this.#max && (isFirst || this.#exceeds(max, this.#max[cell] as bigint))) this.#max[cell] = max
  }

  /** A code for a text that the states of a string input may carry. */
  code(text: string): bigint {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    const code = BigInt(this.#texts.push(text) - 1)
    this.#codes.set(text, code)
    return code
  }

  /** The states of some cells, in their order. */
  states(cells: Uint32Array): InputStates {
    if (cells.length > this.#capacity) this.#grow(cells.length)
    const doubles = (from: Float64Array): Float64Array => {
      const out = new Float64Array(cells.length)
      for (let i = 0; i < cells.length; i++) out[i] = from[cells[i] as number] ?? 0
      return out
    }
    const times = (from: BigInt64Array): BigInt64Array => {
      const out = new BigInt64Array(cells.length)
      for (let i = 0; i < cells.length; i++) out[i] = from[cells[i] as number] ?? 0n
      return out
    }
    const column = (name: string, from: Values): Column =>
      this.#column(name, from instanceof Float64Array ? doubles(from) : times(from))
    return {
      type: this.type,
      count: doubles(this.#count),
      ...(this.#sumHigh && { sumHigh: doubles(this.#sumHigh) }),
      ...(this.#sumLow && { sumLow: doubles(this.#sumLow) }),
      ...(this.#min && { min: column('min', this.#min) }),
      ...(this.#max && { max: column('max', this.#max) }),
      ...(this.#first && this.#firstTime && { first: column('first', this.#first), firstTime: times(this.#firstTime) }),
      ...(this.#last && this.#lastTime && { last: column('last', this.#last), lastTime: times(this.#lastTime) }),
      ...(this.#mean && { mean: doubles(this.#mean) }),
      ...(this.#m2 && { m2: doubles(this.#m2) }),
    }
  }

  #column(name: string, values: Values): Column {
    if (values instanceof Float64Array) return { name, type: 'f64', values }
    if (this.type === 'bool') return { name, type: 'bool', values: Uint8Array.from(values, Number) }
    if (this.type === 'string') {
      return { name, type: 'string', values: Uint32Array.from(values, Number), dictionary: [...this.#texts] }
    }
    return { name, type: 'i64', values }
  }

  /**
   * Of two values with one time the greater is kept, as first and as last, so that the order in which series and hosts
   * are merged does not matter.
   */
  #keepTimed(
    values: Values,
    times: BigInt64Array,
    cell: number,
    next: { value: number | bigint; time: bigint; sooner: boolean },
  ): void {
    const tie = !next.sooner && next.time === times[cell] && this.#exceeds(next.value, values[cell] as number | bigint)
    if (!next.sooner && !tie) return
    values[cell] = next.value
    times[cell] = next.time
  }

  #exceeds(a: number | bigint, b: number | bigint): boolean {
    if (this.type === 'string') return compareUtf8(this.#texts[Number(a)] ?? '', this.#texts[Number(b)] ?? '') > 0
    // NaN is the greatest, and 0 is above -0.
    return a > b || (Number.isNaN(a) && !Number.isNaN(b)) || (a === 0 && Object.is(b, -0))
  }

  #grow(needed: number): void {
    this.#capacity = Math.max(needed, this.#capacity * 2)
    this.#count = grown(this.#count, this.#capacity)
    this.#sumHigh &&= grown(this.#sumHigh, this.#capacity)
    this.#sumLow &&= grown(this.#sumLow, this.#capacity)
    this.#min &&= grown(this.#min, this.#capacity)
    this.#max &&= grown(this.#max, this.#capacity)
    this.#first &&= grown(this.#first, this.#capacity)
    this.#firstTime &&= grown(this.#firstTime, this.#capacity)
    this.#last &&= grown(this.#last, this.#capacity)
    this.#lastTime &&= grown(this.#lastTime, this.#capacity)
    this.#mean &&= grown(this.#mean, this.#capacity)
    this.#m2 &&= grown(this.#m2, this.#capacity)
  }
}

function grown<T extends Float64Array | BigInt64Array>(from: T, capacity: number): T {
  const to = from instanceof Float64Array ? new Float64Array(capacity) : new BigInt64Array(capacity)
  if (to instanceof Float64Array && from instanceof Float64Array) to.set(from)
  else if (to instanceof BigInt64Array && from instanceof BigInt64Array) to.set(from)
  return to as T // the type of `from`, by the line that made it
}

/** Knuth's two-sum: the rounding error of the high part goes into the low one. */
function addSum(high: Float64Array, low: Float64Array, cell: number, from: Float64Array, base: number): void {
  const a = high[cell] as number
  const b = from[base + SLOT.sumHigh] as number
  const sum = a + b
  high[cell] = sum
  if (!Number.isFinite(sum)) return
  const virtual = sum - a
  low[cell] = (low[cell] as number) + (a - (sum - virtual) + (b - virtual)) + (from[base + SLOT.sumLow] as number)
}

/** Chan, Golub and LeVeque's merge of means and squared deviations. */
function addMoments(
  mean: Float64Array,
  m2: Float64Array,
  cell: number,
  before: number,
  from: Float64Array,
  base: number,
): void {
  const added = from[base + SLOT.count] as number
  const addedMean = from[base + SLOT.mean] as number
  if (before === 0) {
    mean[cell] = addedMean
    m2[cell] = from[base + SLOT.m2] as number
    return
  }
  const total = before + added
  const delta = addedMean - (mean[cell] as number)
  mean[cell] = (mean[cell] as number) + (delta * added) / total
  m2[cell] = (m2[cell] as number) + (from[base + SLOT.m2] as number) + (delta * delta * before * added) / total
}

function keepLessInteger(
  values: BigInt64Array,
  cell: number,
  from: BigInt64Array,
  base: number,
  isFirst: boolean,
): void {
  const value = from[base + SLOT.min] as bigint
  if (isFirst || value < (values[cell] as bigint)) values[cell] = value
}

function keepGreaterInteger(
  values: BigInt64Array,
  cell: number,
  from: BigInt64Array,
  base: number,
  isFirst: boolean,
): void {
  const value = from[base + SLOT.max] as bigint
  if (isFirst || value > (values[cell] as bigint)) values[cell] = value
}

/** NaN loses to every number, and stays only where there is nothing else. */
function keepLess(values: Float64Array, cell: number, value: number, isFirst: boolean): void {
  const known = values[cell] as number
  if (isFirst || value < known || Number.isNaN(known) || isZeroBelow(value, known)) values[cell] = value
}

function keepGreater(values: Float64Array, cell: number, value: number, isFirst: boolean): void {
  const known = values[cell] as number
  if (isFirst || value > known || Number.isNaN(known) || isZeroBelow(known, value)) values[cell] = value
}

/** Whether one is -0 and the other 0: zeros are told apart by their sign, so that the order of rows shows in no bit. */
function isZeroBelow(a: number, b: number): boolean {
  return a === 0 && b === 0 && Object.is(a, -0) && !Object.is(b, -0)
}
