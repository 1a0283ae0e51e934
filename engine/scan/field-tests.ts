import type { Expression, Literal } from '../core/expression.ts'
import type { RowTest } from '../kernel/block-run.ts'

/** A test of a field's values. */
export interface FieldTest {
  field: string
  test: RowTest
}

/** The same test of a column, where it is on the other side. */
export const MIRRORED: Readonly<Record<string, string>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '=': '=',
  '!=': '!=',
}

/** NaN is greater than all else, so that greater is not less or equal. */
const TESTS: Readonly<Record<string, Pick<RowTest, 'compare' | 'negated'>>> = {
  '<': { compare: '<', negated: false },
  '<=': { compare: '<=', negated: false },
  '=': { compare: '=', negated: false },
  '>': { compare: '<=', negated: true },
  '>=': { compare: '<', negated: true },
  '!=': { compare: '=', negated: true },
}

const MIN_I64 = -(1n << 63n)
const MAX_I64 = (1n << 63n) - 1n

/** Tests that together say what a filter says of rows without missing values; `undefined` where it is not made of such. */
export function fieldTests(filter: Expression): readonly FieldTest[] | undefined {
  if (filter.kind !== 'binary') return undefined
  const { op, left, right } = filter
  if (op === 'and') {
    const [first, second] = [fieldTests(left), fieldTests(right)]
    return first && second && [...first, ...second]
  }
  if (right.kind === 'literal') return fieldTest(op, left, right.value)
  if (left.kind === 'literal') return fieldTest(MIRRORED[op], right, left.value)
  return undefined
}

function fieldTest(op: string | undefined, column: Expression, value: Literal): readonly FieldTest[] | undefined {
  const test = op === undefined ? undefined : TESTS[op]
  if (test === undefined || column.kind !== 'column' || column.source !== 'field') return undefined
  const operand = operandOf(column.type, value)
  if (operand === undefined || (column.type !== 'f64' && column.type !== 'i64')) return undefined
  return [{ field: column.name, test: { ...test, type: column.type, operand } }]
}

function operandOf(type: string, value: Literal): bigint | undefined {
  if (type === 'i64' && typeof value === 'bigint' && value >= MIN_I64 && value <= MAX_I64) return value
  if (type !== 'f64' || typeof value !== 'number' || Number.isNaN(value)) return undefined
  return new BigInt64Array(new Float64Array([value]).buffer)[0]
}
