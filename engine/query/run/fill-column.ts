import { type Column, isValid, setValid } from '../../core/batch.ts'
import type { Literal } from '../../core/expression.ts'
import type { FillMethod } from '../check/relation.ts'

/** How the rows of a column lie: those of one window next to each other, one of each group. */
export interface Series {
  starts: BigInt64Array
  /** Where the window after the last one would begin. */
  end: bigint
  groups: number
  /** More missing windows in a row than this, in ns, stay missing. */
  maxGap?: bigint
}

/** Windows `[from, to)` of a group that have no value. */
interface Gap {
  group: number
  from: number
  to: number
}

/** A column with its missing values filled, group by group. */
export function fillColumn(column: Column, method: FillMethod, series: Series): Column {
  const { validity } = column
  if (validity === undefined || method.kind === 'null') return column
  const filled = copyOf(column, method.kind === 'value' ? method.value : null)
  if (filled === undefined) return column
  const bits = validity.slice()
  const fillGap = fillerOf(filled, method, series)
  for (let group = 0; group < series.groups; group++) {
    for (const gap of gapsOf(validity, group, series)) {
      for (const place of fillGap(gap)) setValid(bits, place)
    }
  }
  return { ...filled, validity: bits }
}

/** The column with values of its own to write to; `undefined` where it cannot have the value. */
function copyOf(column: Column, value: Literal): Column | undefined {
  if (value !== null && typeOfLiteral(value) !== kindOf(column.type)) return undefined
  if (column.type === 'string') {
    const dictionary = typeof value === 'string' ? [...column.dictionary, value] : column.dictionary
    return { ...column, values: column.values.slice(), dictionary }
  }
  return { ...column, values: column.values.slice() } as Column // one type for both, which spreading loses
}

function typeOfLiteral(value: Literal): string {
  return typeof value
}

function kindOf(type: Column['type']): string {
  if (type === 'f64') return 'number'
  if (type === 'bool') return 'boolean'
  return type === 'string' ? 'string' : 'bigint'
}

/** The gaps of a group that are not too long, in order. */
function* gapsOf(validity: Uint8Array, group: number, { starts, end, groups, maxGap }: Series): Generator<Gap> {
  const windows = starts.length
  for (let from = 0; from < windows; from++) {
    if (isValid(validity, from * groups + group)) continue
    let to = from + 1
    while (to < windows && !isValid(validity, to * groups + group)) to++
    const length = (starts[to] ?? end) - (starts[from] ?? 0n)
    if (maxGap === undefined || length <= maxGap) yield { group, from, to }
    from = to
  }
}

/** Fills a gap and says which places have a value then. */
function fillerOf(column: Column, method: FillMethod, series: Series): (gap: Gap) => Iterable<number> {
  switch (method.kind) {
    case 'previous':
      return (gap) => (gap.from === 0 ? [] : copyWindow(column, gap, { series, from: gap.from - 1 }))
    case 'next':
      return (gap) => (gap.to === series.starts.length ? [] : copyWindow(column, gap, { series, from: gap.to }))
    case 'linear':
      return (gap) => (gap.from === 0 || gap.to === series.starts.length ? [] : drawLine(column, gap, series))
    case 'value':
      return (gap) => putValue(column, gap, { series, value: method.value })
    case 'null':
      return () => []
  }
}

function* placesOf({ group, from, to }: Gap, { groups }: Series): Generator<number> {
  for (let window = from; window < to; window++) yield window * groups + group
}

function* copyWindow(
  { values }: Column,
  gap: Gap,
  { series, from }: { series: Series; from: number },
): Generator<number> {
  const source = from * series.groups + gap.group
  for (const place of placesOf(gap, series)) {
    values.copyWithin(place, source, source + 1)
    yield place
  }
}

function* putValue(column: Column, gap: Gap, { series, value }: { series: Series; value: Literal }): Generator<number> {
  if (value === null) return
  for (const place of placesOf(gap, series)) {
    if (column.values instanceof BigInt64Array) column.values[place] = BigInt(value)
    else if (column.type === 'string') column.values[place] = column.dictionary.length - 1
    else column.values[place] = Number(value)
    yield place
  }
}

/** The line between the values on both sides of a gap, by the starts of windows. */
function* drawLine(column: Column, gap: Gap, series: Series): Generator<number> {
  const { starts, groups } = series
  const [before, behind] = [gap.from - 1, gap.to]
  const [a, b] = [column.values[before * groups + gap.group], column.values[behind * groups + gap.group]]
  const origin = starts[before] ?? 0n
  const length = (starts[behind] ?? 0n) - origin
  for (let window = gap.from; window < gap.to; window++) {
    const place = window * groups + gap.group
    const past = (starts[window] ?? 0n) - origin
    if (column.values instanceof BigInt64Array)
      column.values[place] = between(BigInt(a ?? 0n), BigInt(b ?? 0n), { past, length })
    else if (column.type === 'f64') column.values[place] = mix(Number(a), Number(b), Number(past) / Number(length))
    else return
    yield place
  }
}

/** The whole number next to the line, of two as near the even one. */
function between(a: bigint, b: bigint, { past, length }: { past: bigint; length: bigint }): bigint {
  const scaled = a * (length - past) + b * past
  const floor = scaled / length - (scaled % length < 0n ? 1n : 0n)
  const twice = (scaled - floor * length) * 2n
  if (twice === length) return floor + (floor & 1n)
  return twice > length ? floor + 1n : floor
}

/** Values that are alike stay as they are, and a line between finite values is finite. */
function mix(a: number, b: number, part: number): number {
  const difference = b - a
  return Number.isFinite(difference) || !Number.isFinite(a) || !Number.isFinite(b)
    ? a + difference * part
    : a * (1 - part) + b * part
}
