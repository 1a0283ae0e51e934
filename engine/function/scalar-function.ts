import type { Column, ColumnType } from '../core/batch.ts'
import type { Literal } from '../core/expression.ts'
import type { Library } from '../core/library.ts'

/** One call over some rows, as a function sees it. */
export interface Call {
  /** One column an argument, of the types that the overload takes. */
  columns: readonly Column[]
  rows: number
  /**
   * Rows in which every argument is there; absent where that is all. What a function computes for other rows is dropped, so
   * it must not fail on them. Of a function that takes missing values it is always absent.
   */
  validity?: Uint8Array
  /** Arguments that are written as constants; `undefined` for others. */
  constants: readonly (Literal | undefined)[]
  /** The call as text, for errors. */
  label(): string
}

/** Computes a column of `call.rows` values. A bitmap that it returns is kept; without one `call.validity` is put on. */
export type Evaluate = (call: Call) => Column

/** A function for arguments of certain types. */
export interface Overload {
  takes: readonly ColumnType[]
  /** The last of `takes` may come any number of times more. */
  variadic?: true
  gives: ColumnType
  evaluate: Evaluate
}

/** A function of the values of one row. */
export interface ScalarFunction {
  name: string
  /** As completion shows it: `round(x [, digits])`. */
  signature: string
  /** What it does, in a line. */
  doc: string
  overloads: readonly Overload[]
  /** Arguments that have to be constants, by number. */
  constants?: readonly number[]
  /** Throws `query` where constants mean nothing, before there are rows; the error is given the place of the call. */
  verify?: (constants: readonly (Literal | undefined)[]) => void
  /** It is asked about missing arguments too; otherwise the answer is missing where one is. */
  takesMissing?: true
  /** A tag that a series lacks is `''` to it, as to the tests of tags, and not missing. */
  testsTags?: true
  /** The answer has the unit of the first argument. */
  keepsUnit?: true
  /** What has to be loaded before it is called. */
  needs?: Library
}
