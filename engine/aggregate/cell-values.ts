import type { Column } from '../core/batch.ts'
import { compareUtf8 } from '../core/series.ts'

/** How values move from cell to cell and compare, by type; made once for a pair of columns, used in a loop over cells. */
export interface CellValues {
  /** Puts the value of place `from` of the source into place `to` of the target. */
  copy(to: number, from: number): void
  /** Whether the source's value comes before the target's; NaN comes before nothing, and all else before NaN, and -0 before 0. */
  less(from: number, to: number): boolean
  /** Whether the source's value comes after the target's; NaN comes after nothing, and all else after NaN. */
  greater(from: number, to: number): boolean
  /** Whether the source's value is above the target's where every two values differ: NaN is above all else, 0 above -0. */
  exceeds(from: number, to: number): boolean
}

/**
 * Access to a target column of cells and a source of values of the same type. Strings are added to the target's
 * dictionary when they are first copied; it must be an array that only this target uses.
 */
export function cellValues(target: Column, source: Column): CellValues {
  if (target.type === 'f64' && source.type === 'f64') return doubleValues(target.values, source.values)
  if (target.type === 'i64' && (source.type === 'i64' || source.type === 'time')) {
    return integerValues(target.values, source.values)
  }
  if (target.type === 'bool' && source.type === 'bool') return boolValues(target.values, source.values)
  if (target.type === 'string' && source.type === 'string') return stringValues(target, source)
  throw new Error(`states of ${target.type} cannot take ${source.type}`)
}

function doubleValues(target: Float64Array, source: Float64Array): CellValues {
  const isNaNAt = (to: number): boolean => Number.isNaN(target[to])
  return {
    copy: (to, from) => {
      target[to] = source[from] ?? 0
    },
    less: (from, to) => isLess(source[from] ?? 0, target[to] ?? 0) || (isNaNAt(to) && !Number.isNaN(source[from])),
    greater: (from, to) => isLess(target[to] ?? 0, source[from] ?? 0) || (isNaNAt(to) && !Number.isNaN(source[from])),
    exceeds: (from, to) => {
      if (Number.isNaN(source[from])) return !isNaNAt(to)
      return (source[from] ?? 0) > (target[to] ?? 0) || (source[from] === 0 && Object.is(target[to], -0))
    },
  }
}

/** Zeros are told apart by their sign, so that the order of rows shows in no bit. */
function isLess(a: number, b: number): boolean {
  return a < b || (a === 0 && b === 0 && Object.is(a, -0) && !Object.is(b, -0))
}

function integerValues(target: BigInt64Array, source: BigInt64Array): CellValues {
  return {
    copy: (to, from) => {
      target[to] = source[from] ?? 0n
    },
    less: (from, to) => (source[from] ?? 0n) < (target[to] ?? 0n),
    greater: (from, to) => (source[from] ?? 0n) > (target[to] ?? 0n),
    exceeds: (from, to) => (source[from] ?? 0n) > (target[to] ?? 0n),
  }
}

function boolValues(target: Uint8Array, source: Uint8Array): CellValues {
  return {
    copy: (to, from) => {
      target[to] = source[from] ?? 0
    },
    less: (from, to) => (source[from] ?? 0) < (target[to] ?? 0),
    greater: (from, to) => (source[from] ?? 0) > (target[to] ?? 0),
    exceeds: (from, to) => (source[from] ?? 0) > (target[to] ?? 0),
  }
}

interface Strings {
  values: Uint32Array
  dictionary: readonly string[]
}

function stringValues(target: Strings, source: Strings): CellValues {
  const { dictionary } = target
  if (!isGrowing(dictionary)) throw new Error('the dictionary of string states must be an array of their own')
  const codes = new Map(dictionary.map((text, code) => [text, code]))
  const sourceText = (from: number): string => source.dictionary[source.values[from] ?? 0] ?? ''
  const targetText = (to: number): string => dictionary[target.values[to] ?? 0] ?? ''
  return {
    copy: (to, from) => {
      const text = sourceText(from)
      let code = codes.get(text)
      if (code === undefined) {
        code = dictionary.push(text) - 1
        codes.set(text, code)
      }
      target.values[to] = code
    },
    less: (from, to) => compareUtf8(sourceText(from), targetText(to)) < 0,
    greater: (from, to) => compareUtf8(sourceText(from), targetText(to)) > 0,
    exceeds: (from, to) => compareUtf8(sourceText(from), targetText(to)) > 0,
  }
}

function isGrowing(dictionary: readonly string[]): dictionary is string[] {
  return Array.isArray(dictionary)
}
