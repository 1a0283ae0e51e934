import { type Column, type ColumnType, emptyValidity, isValid, setValid } from '../core/batch.ts'
import { type Expression, expressionType, printExpression } from '../core/expression.ts'
import { functionFor } from '../function/provided-functions.ts'
import type { Overload, ScalarFunction } from '../function/scalar-function.ts'
import { bothValid } from './arithmetic.ts'

type CallExpression = Extract<Expression, { kind: 'call' }>

interface Found {
  of: ScalarFunction
  overload: Overload
}

const found = new WeakMap<CallExpression, Found>()

/** The function that a call means. */
export function functionOf(expression: CallExpression): Found {
  let known = found.get(expression)
  if (known === undefined) {
    known = functionFor(expression.name, expression.args.map(argumentType))
    found.set(expression, known)
  }
  return known
}

/** Missing values of no type are given one when a call is checked. */
function argumentType(argument: Expression): ColumnType {
  const type = expressionType(argument)
  if (type === 'null') throw new Error('an argument has no type')
  return type
}

/** Calls a function over columns, which have the types that its overload takes. */
export function callFunction(expression: CallExpression, columns: readonly Column[], rows: number): Column {
  const { of, overload } = functionOf(expression)
  const validity = of.takesMissing ? undefined : allValid(columns)
  const answer = overload.evaluate({
    columns,
    rows,
    constants: expression.args.map((argument) => (argument.kind === 'literal' ? argument.value : undefined)),
    label: () => printExpression(expression),
    ...(validity && { validity }),
  })
  return answer.validity === undefined && validity ? { ...answer, validity } : answer
}

function allValid(columns: readonly Column[]): Uint8Array | undefined {
  const [first, ...others] = columns
  return others.reduce<Uint8Array | undefined>(
    (validity, column) => bothValid(validity, column.validity),
    first?.validity,
  )
}

/** A tag's column in which absent values are missing, and not `''`. */
export function withoutEmpty(column: Column): Column {
  // A dictionary may have a text twice.
  if (column.type !== 'string' || !column.dictionary.includes('')) return column
  const { values, dictionary } = column
  if (!values.some((code) => dictionary[code] === '')) return column
  const validity = emptyValidity(values.length)
  values.forEach((code, row) => {
    if (dictionary[code] !== '' && isValid(column.validity, row)) setValid(validity, row)
  })
  return { ...column, validity }
}
