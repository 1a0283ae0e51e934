import { type Column, type ColumnType, emptyValidity, setValid } from '../core/batch.ts'
import type { InputStates, Measure } from '../core/plan.ts'

/** One aggregate function. Its states are made, updated and merged by their measures, in one place for all. */
export interface Aggregate {
  name: string
  measures: readonly Measure[]
  /** Whether the answer has its input's unit. */
  keepsUnit: boolean
  /** What it takes, where that is not numbers. */
  takes?: string
  /** The type of the answer by the type of the input; `undefined` where it does not take such. */
  outputType(input: ColumnType): ColumnType | undefined
  /** One value a cell. `label` names the input where an error has to. */
  finish(states: InputStates, label: string): Column
}

/** Bit i is 1 where cell i has at least `least` values; `undefined` where all have. */
export function cellsWith(count: Float64Array, least: number): Uint8Array | undefined {
  let fewest = least
  for (let i = 0; i < count.length; i++) fewest = Math.min(fewest, count[i] ?? 0)
  if (fewest >= least) return undefined
  const validity = emptyValidity(count.length)
  for (let i = 0; i < count.length; i++) if ((count[i] ?? 0) >= least) setValid(validity, i)
  return validity
}

/** A column of one double a cell, missing where the cell has fewer than `least` values. */
export function doublesOf(count: Float64Array, values: Float64Array, least = 1): Column {
  const validity = cellsWith(count, least)
  return { name: '', type: 'f64', values, ...(validity && { validity }) }
}

/** A kept column, missing where its cell has no value. */
export function keptColumn(states: InputStates, kept: Column | undefined): Column {
  const validity = cellsWith(states.count, 1)
  return { ...requireState(kept), ...(validity && { validity }) }
}

/** A state that the aggregate's measures promise. */
export function requireState<T>(state: T | undefined): T {
  if (state === undefined) throw new Error('the states lack a measure that the aggregate asked for')
  return state
}

export function isNumeric(type: ColumnType): boolean {
  return type === 'f64' || type === 'i64'
}
