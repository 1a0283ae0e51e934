import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Column, type ColumnType, valueAt } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { type BinaryOperator, type Expression, expressionType, operandsOf } from '../../engine/core/expression.ts'
import { loadPatterns } from '../../engine/core/pattern.ts'
import { evaluate, evaluateFilter } from '../../engine/scan/evaluate.ts'
import { columnOf, type Value } from '../support/plain-column.ts'
import { evaluateRow } from '../support/plain-expression.ts'

const COLUMNS: readonly [name: string, type: ColumnType, source: 'field' | 'tag' | 'time'][] = [
  ['f', 'f64', 'field'],
  ['g', 'f64', 'field'],
  ['i', 'i64', 'field'],
  ['j', 'i64', 'field'],
  ['b', 'bool', 'field'],
  ['s', 'string', 'field'],
  ['host', 'string', 'tag'],
  ['time', 'time', 'time'],
]

const integer = fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }))
const double = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double())
const text = fc.constantFrom('a', 'b', 'ab', '', 'é', '\u{1f30a}', '\uffff')
const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<Exclude<Value, null>>>> = {
  f64: double,
  i64: integer,
  time: integer,
  bool: fc.boolean(),
  string: text,
}

const rowArbitrary = fc.tuple(
  ...COLUMNS.map(([, type, source]) => (source === 'field' ? fc.option(VALUES[type], { freq: 4 }) : VALUES[type])),
)

/** Checked expressions of a type, as the language would make them. */
function expressionOf(type: ColumnType, depth: number): fc.Arbitrary<Expression> {
  const columns = COLUMNS.filter(([, t]) => t === type).map(
    ([name, , source]): Expression => ({ kind: 'column', name, source, type }),
  )
  const leaf = fc.oneof(
    fc.constantFrom(...columns),
    VALUES[type].map((value): Expression => ({ kind: 'literal', type, value })),
  )
  if (depth === 0 || type === 'string' || type === 'time') return leaf
  if (type === 'bool') return fc.oneof(leaf, conditionOf(depth - 1), choiceOf(type, depth - 1))
  const ops: BinaryOperator[] = type === 'f64' ? ['+', '-', '*', '/', '%'] : ['+', '-', '*', '%']
  const inner = type === 'f64' ? fc.constantFrom<ColumnType>('f64', 'i64') : fc.constant<ColumnType>('i64')
  const operand = inner.chain((each) => expressionOf(each, depth - 1))
  const binary = fc.tuple(fc.constantFrom(...ops), operand, operand).map(([op, left, right]): Expression => {
    const whole = expressionType(left) === 'i64' && expressionType(right) === 'i64' && op !== '/'
    return { kind: 'binary', op, type: whole ? 'i64' : 'f64', left, right }
  })
  return fc.oneof(
    leaf,
    choiceOf(type, depth - 1),
    binary.filter((each) => expressionType(each) === type),
    expressionOf(type, depth - 1).map((operand): Expression => ({ kind: 'unary', op: '-', type, operand })),
  )
}

/** CASE and COALESCE. */
function choiceOf(type: ColumnType, depth: number): fc.Arbitrary<Expression> {
  const value = expressionOf(type, depth)
  const branch = fc.record({ when: expressionOf('bool', depth), value })
  return fc.oneof(
    fc
      .tuple(fc.array(branch, { minLength: 1, maxLength: 3 }), value)
      .map(([branches, otherwise]): Expression => ({ kind: 'case', type, branches, otherwise })),
    fc
      .array(value, { minLength: 1, maxLength: 3 })
      .map((operands): Expression => ({ kind: 'coalesce', type, operands })),
  )
}

function conditionOf(depth: number): fc.Arbitrary<Expression> {
  const type = 'bool'
  const comparison = fc
    .tuple(fc.constantFrom<BinaryOperator>('=', '!=', '<', '<=', '>', '>='), fc.constantFrom(...COLUMNS))
    .chain(([op, [, of]]) =>
      fc
        .tuple(expressionOf(of, depth), expressionOf(of, depth))
        .map(([left, right]): Expression => ({ kind: 'binary', op, type, left, right })),
    )
  const logical = fc
    .tuple(fc.constantFrom<BinaryOperator>('and', 'or'), expressionOf('bool', depth), expressionOf('bool', depth))
    .map(([op, left, right]): Expression => ({ kind: 'binary', op, type, left, right }))
  const negated = fc.boolean()
  const match = fc
    .tuple(fc.constantFrom('a|b', '.*b', '', '[^a]+'), negated, expressionOf('string', 0))
    .map(([pattern, not, operand]): Expression => ({ kind: 'match', pattern, negated: not, operand }))
  const member = fc
    .constantFrom(...COLUMNS)
    .chain(([, of]) =>
      fc
        .tuple(
          expressionOf(of, depth),
          fc.array(fc.option(VALUES[of], { freq: 9 }), { minLength: 1, maxLength: 4 }),
          negated,
        )
        .map(([operand, values, not]): Expression => ({ kind: 'in', operand, values, negated: not })),
    )
  const presence = fc
    .constantFrom(...COLUMNS)
    .chain(([, of]) =>
      fc
        .tuple(fc.constantFrom('is null' as const, 'is not null' as const), expressionOf(of, depth))
        .map(([op, operand]): Expression => ({ kind: 'unary', op, type, operand })),
    )
  const not = expressionOf('bool', depth).map((operand): Expression => ({ kind: 'unary', op: 'not', type, operand }))
  return fc.oneof(comparison, logical, match, member, presence, not)
}

function columnsOfRows(rows: readonly (readonly Value[])[]): Map<string, Column> {
  return new Map(
    COLUMNS.map(([name, type], c) => [
      name,
      columnOf(
        name,
        type,
        rows.map((row) => row[c] ?? null),
      ),
    ]),
  )
}

/** Plain BigInt has no bounds, so what exceeds an i64 anywhere is left to the tests of overflow. */
function overflows(expression: Expression, read: (name: string) => Value): boolean {
  const value = evaluateRow(expression, read)
  const beyond = typeof value === 'bigint' && value !== BigInt.asIntN(64, value)
  return beyond || operandsOf(expression).some((child) => overflows(child, read))
}

describe('evaluate', () => {
  test('agrees with the plain reference on random expressions and rows', async () => {
    await loadPatterns()
    const anyExpression = fc
      .constantFrom<ColumnType>('bool', 'bool', 'f64', 'i64')
      .chain((type) => expressionOf(type, 3))
    fc.assert(
      fc.property(anyExpression, fc.array(rowArbitrary, { minLength: 1, maxLength: 20 }), (expression, rows) => {
        const columns = columnsOfRows(rows)
        const readers = rows.map((row) => (name: string) => row[COLUMNS.findIndex(([each]) => each === name)] ?? null)
        fc.pre(!readers.some((read) => overflows(expression, read)))
        const frame = { rows: rows.length, column: (name: string) => columns.get(name) as Column }
        const column = evaluate(expression, frame)
        const expected = readers.map((read) => evaluateRow(expression, read))
        expect(rows.map((_, row) => valueAt(column, row))).toEqual(expected)
        if (column.type === 'bool') {
          expect([...evaluateFilter(expression, frame)]).toEqual(expected.map((value) => (value === true ? 1 : 0)))
        }
      }),
      { numRuns: 2000 },
    )
  })

  const i = (value: bigint): Expression => ({ kind: 'literal', type: 'i64', value })
  const frame = {
    rows: 1,
    column: (): Column => ({ name: 'n', type: 'i64', values: BigInt64Array.of(2n ** 63n - 1n) }),
  }
  const n: Expression = { kind: 'column', name: 'n', source: 'field', type: 'i64' }

  test('adds beyond 2^53 exactly and refuses what exceeds 2^63', () => {
    const sum = (right: bigint): Expression => ({ kind: 'binary', op: '+', type: 'i64', left: n, right: i(right) })
    expect(valueAt(evaluate(sum(-1n), frame), 0)).toBe(2n ** 63n - 2n)
    expect(() => evaluate(sum(1n), frame)).toThrow(TidemarkError)
    expect(() => evaluate(sum(1n), frame)).toThrow('integer overflow in (n + 1)')
  })

  test('an overflow in a row without a value is none', () => {
    const missing: Column = {
      name: 'n',
      type: 'i64',
      values: BigInt64Array.of(2n ** 63n - 1n),
      validity: Uint8Array.of(0),
    }
    const product: Expression = { kind: 'binary', op: '*', type: 'i64', left: n, right: n }
    expect(valueAt(evaluate(product, { rows: 1, column: () => missing }), 0)).toBeNull()
  })
})
