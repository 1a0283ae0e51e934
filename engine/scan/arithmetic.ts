import { type Column, emptyValidity, isValid, setValid } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import { type Expression, printExpression } from '../core/expression.ts'
import { fromExactDoubles, toDoubles, toExactDoubles } from '../core/integers.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

const MIN_I64 = -(2n ** 63n)
const MAX_I64 = 2n ** 63n - 1n

/**
 * One arithmetic operation over two columns. Integers stay integers but for `/`, which gives f64; by zero they give
 * null. Throws `query` with the expression where an integer result exceeds an i64.
 */
export function arithmetic(op: ArithmeticOperator, left: Column, right: Column, expression: Expression): Column {
  const validity = bothValid(left.validity, right.validity)
  if (isInteger(left) && isInteger(right)) {
    if (op === '/') return divideIntegers(left.values, right.values, validity)
    const type = expression.kind === 'binary' && expression.type === 'time' ? 'time' : 'i64'
    if (op === '%') return { ...remainders(left.values, right.values, validity), type }
    const values = integerLoop(op, { left: left.values, right: right.values, validity, expression })
    return { name: '', type, values, ...(validity && { validity }) }
  }
  const values = floatLoop(op, doublesOf(left), doublesOf(right))
  return { name: '', type: 'f64', values, ...(validity && { validity }) }
}

function isInteger(column: Column): column is Extract<Column, { values: BigInt64Array }> {
  return column.type === 'i64' || column.type === 'time'
}

function doublesOf(column: Column): Float64Array {
  if (column.type === 'f64') return column.values
  if (isInteger(column)) return toDoubles(column.values)
  throw new Error(`arithmetic on ${column.type}`)
}

/** The bitmap of the rows that two bitmaps have; `undefined` is all. */
export function bothValid(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.map((byte, i) => byte & (b[i] ?? 0))
}

function floatLoop(op: ArithmeticOperator, a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(a.length)
  const rows = out.length
  if (op === '+') for (let i = 0; i < rows; i++) out[i] = (a[i] ?? 0) + (b[i] ?? 0)
  else if (op === '-') for (let i = 0; i < rows; i++) out[i] = (a[i] ?? 0) - (b[i] ?? 0)
  else if (op === '*') for (let i = 0; i < rows; i++) out[i] = (a[i] ?? 0) * (b[i] ?? 0)
  else if (op === '/') for (let i = 0; i < rows; i++) out[i] = (a[i] ?? 0) / (b[i] ?? 0)
  else for (let i = 0; i < rows; i++) out[i] = (a[i] ?? 0) % (b[i] ?? 0)
  return out
}

interface IntegerOperands {
  left: BigInt64Array
  right: BigInt64Array
  validity: Uint8Array | undefined
  expression: Expression
}

function integerLoop(op: '+' | '-' | '*', operands: IntegerOperands): BigInt64Array<ArrayBuffer> {
  const a = toExactDoubles(operands.left)
  const b = a && toExactDoubles(operands.right)
  // Doubles that are whole and below 2^53 add and multiply exactly, or give a result beyond it.
  const quick = a && b && fromExactDoubles(floatLoop(op, a, b))
  return quick ?? bigintLoop(op, operands)
}

function bigintLoop(
  op: '+' | '-' | '*',
  { left, right, validity, expression }: IntegerOperands,
): BigInt64Array<ArrayBuffer> {
  const out = new BigInt64Array(left.length)
  for (let i = 0; i < out.length; i++) {
    if (!isValid(validity, i)) continue
    const [a, b] = [left[i] ?? 0n, right[i] ?? 0n]
    const value = op === '+' ? a + b : op === '-' ? a - b : a * b
    if (value < MIN_I64 || value > MAX_I64) {
      throw new TidemarkError('query', `integer overflow in ${printExpression(expression)}`, {
        hint: 'Multiply an operand by 1.0 to calculate in floating point.',
      })
    }
    out[i] = value
  }
  return out
}

function divideIntegers(left: BigInt64Array, right: BigInt64Array, both: Uint8Array | undefined): Column {
  const divisors = toDoubles(right)
  const values = floatLoop('/', toDoubles(left), divisors)
  const validity = nonZero(divisors, both)
  return { name: '', type: 'f64', values, ...(validity && { validity }) }
}

function remainders(left: BigInt64Array, right: BigInt64Array, both: Uint8Array | undefined): IntegerResult {
  const validity = nonZero(toDoubles(right), both)
  const values = new BigInt64Array(left.length)
  for (let i = 0; i < values.length; i++) {
    if (isValid(validity, i)) values[i] = (left[i] ?? 0n) % (right[i] ?? 1n)
  }
  return { name: '', values, ...(validity && { validity }) }
}

interface IntegerResult {
  name: string
  values: BigInt64Array
  validity?: Uint8Array
}

function nonZero(divisors: Float64Array, both: Uint8Array | undefined): Uint8Array | undefined {
  if (!divisors.includes(0)) return both
  const validity = emptyValidity(divisors.length)
  for (let i = 0; i < divisors.length; i++) if (divisors[i] !== 0 && isValid(both, i)) setValid(validity, i)
  return validity
}
