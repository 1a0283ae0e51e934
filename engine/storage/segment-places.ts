/** What series of a segment have in common: their fields, and how many groups. */
export interface SeriesLayout {
  /** Place of the schema in the segment's list. */
  schema: number
  fields: readonly string[]
  groups: number
}

/** Where the blocks of one series are: first those of its times, then those of each field, a block a group. */
export interface SegmentSeries {
  ref: number
  fields: readonly string[]
  groups: number
  firstBlock: number
}

/** The blocks of one column of a series. */
export interface ColumnRun {
  series: SegmentSeries
  /** 0 is that of times; the place of a field plus 1. */
  column: number
  /** Numbers of the first block and of the one after the last. */
  first: number
  end: number
}

/** The columns of times and of some fields, as far as a series has them. */
export function columnsOf(own: readonly string[], fields: readonly string[]): number[] {
  return [0, ...fields.map((field) => 1 + own.indexOf(field)).filter((column) => column > 0)]
}

export function columnRun(series: SegmentSeries, column: number): ColumnRun {
  const first = series.firstBlock + column * series.groups
  return { series, column, first, end: first + series.groups }
}

/** Which series of a segment belong to a host, and their refs there. */
export interface PlacesParts {
  /** How many series. */
  count: number
  /** The least ref. */
  first: number
  /** Ascending; absent where they follow each other without a gap. */
  refs: Uint32Array | undefined
  /** The number in the segment of the series of each ref; absent where that is the ref's place. */
  numbers: Uint32Array | undefined
}

const MARK_BITS = 6
/** Refs further apart are sorted: a table of all between would be larger. */
const SPARSE_REFS = 4
const NO_REF = 0xffffffff

/** The layouts of all series of a segment in their order: two bytes a series, and their first blocks by adding up. */
export class SeriesLayouts {
  readonly distinct: readonly SeriesLayout[]
  readonly #layoutOf: Uint16Array | Uint32Array
  /** First block of every 64th series. */
  readonly #marks: Uint32Array
  /** Blocks of all series. */
  readonly blocks: number

  /** `layoutOf` has each series' place in `distinct`. */
  constructor(distinct: readonly SeriesLayout[], layoutOf: Uint32Array) {
    this.distinct = distinct
    this.#layoutOf = distinct.length <= 1 << 16 ? Uint16Array.from(layoutOf) : layoutOf
    this.#marks = new Uint32Array((layoutOf.length >> MARK_BITS) + 1)
    let blocks = 0
    for (let series = 0; series < layoutOf.length; series++) {
      if (series % (1 << MARK_BITS) === 0) this.#marks[series >> MARK_BITS] = blocks
      blocks += this.#blocksOf(series)
    }
    this.blocks = blocks
  }

  get count(): number {
    return this.#layoutOf.length
  }

  get bytes(): number {
    return this.#layoutOf.byteLength + this.#marks.byteLength
  }

  of(series: number): SeriesLayout {
    return this.distinct[this.#layoutOf[series] as number] as SeriesLayout
  }

  firstBlock(series: number): number {
    let block = this.#marks[series >> MARK_BITS] as number
    for (let i = (series >> MARK_BITS) << MARK_BITS; i < series; i++) block += this.#blocksOf(i)
    return block
  }

  /** Blocks of each series. */
  *eachBlocks(): Generator<number> {
    for (let series = 0; series < this.count; series++) yield this.#blocksOf(series)
  }

  #blocksOf(series: number): number {
    const { fields, groups } = this.of(series)
    return groups * (1 + fields.length)
  }
}

/** Which series of a segment belong to this host, by ref. */
export class SegmentPlaces {
  readonly layouts: SeriesLayouts
  readonly parts: PlacesParts
  readonly #first: number
  readonly #count: number
  readonly #refs: Uint32Array | undefined
  readonly #numbers: Uint32Array | undefined
  #last: SegmentSeries | undefined

  constructor(layouts: SeriesLayouts, parts: PlacesParts) {
    this.layouts = layouts
    this.parts = parts
    this.#first = parts.first
    this.#count = parts.count
    this.#refs = parts.refs
    this.#numbers = parts.numbers
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.layouts.bytes + (this.#refs?.byteLength ?? 0) + (this.#numbers?.byteLength ?? 0)
  }

  *refs(): Generator<number> {
    for (let i = 0; i < this.#count; i++) yield this.#refs ? (this.#refs[i] as number) : this.#first + i
  }

  has(ref: number): boolean {
    return this.#find(ref) >= 0
  }

  get(ref: number): SegmentSeries | undefined {
    if (this.#last?.ref === ref) return this.#last
    const place = this.#find(ref)
    if (place < 0) return undefined
    const number = this.#numbers ? (this.#numbers[place] as number) : place
    const { fields, groups } = this.layouts.of(number)
    this.#last = { ref, fields, groups, firstBlock: this.layouts.firstBlock(number) }
    return this.#last
  }

  #find(ref: number): number {
    const refs = this.#refs
    if (refs === undefined) return ref >= this.#first && ref < this.#first + this.#count ? ref - this.#first : -1
    let low = 0
    let high = refs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((refs[middle] as number) < ref) low = middle + 1
      else high = middle
    }
    return refs[low] === ref ? low : -1
  }
}

/** `refs` are in the segment's order; `numbers` says which series each is of, where they are not all series. */
export function placesOf(refs: Uint32Array, numbers?: Uint32Array): PlacesParts {
  const order = isAscending(refs) ? undefined : orderOf(refs)
  const sorted = order ? order.map((place) => refs[place] as number) : refs
  const ordered = order && numbers ? order.map((place) => numbers[place] as number) : (order ?? numbers)
  const [count, first] = [refs.length, sorted[0] ?? 0]
  const isDense = count === 0 || (sorted[count - 1] as number) - first === count - 1
  const isInOrder = ordered === undefined || ordered.every((number, i) => number === i)
  return {
    count,
    first,
    refs: isDense ? undefined : sorted.slice(),
    numbers: isInOrder ? undefined : ordered.slice(),
  }
}

function isAscending(refs: Uint32Array): boolean {
  for (let i = 1; i < refs.length; i++) if ((refs[i] as number) <= (refs[i - 1] as number)) return false
  return true
}

/** Places of refs in their order. */
function orderOf(refs: Uint32Array): Uint32Array {
  let [least, most] = [NO_REF, 0]
  for (const ref of refs) {
    if (ref < least) least = ref
    if (ref > most) most = ref
  }
  return most - least < SPARSE_REFS * refs.length ? placedOrder(refs, least, most) : sortedOrder(refs)
}

/** Where refs are close to each other: by a table of them, without a comparison. */
function placedOrder(refs: Uint32Array, least: number, most: number): Uint32Array {
  const placeOf = new Uint32Array(most - least + 1).fill(NO_REF)
  for (let place = 0; place < refs.length; place++) placeOf[(refs[place] as number) - least] = place
  const order = new Uint32Array(refs.length)
  let count = 0
  for (const place of placeOf) if (place !== NO_REF) order[count++] = place
  // A damaged segment may have a series twice.
  return count === refs.length ? order : sortedOrder(refs)
}

/** Pairs of a ref and its place sort as integers, without a comparison in code. */
function sortedOrder(refs: Uint32Array): Uint32Array {
  const words = new Uint32Array(2 * refs.length)
  refs.forEach((ref, place) => {
    words[2 * place] = place
    words[2 * place + 1] = ref
  })
  new BigUint64Array(words.buffer).sort()
  return refs.map((_, i) => words[2 * i] as number)
}
