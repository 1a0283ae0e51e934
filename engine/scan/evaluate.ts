import { type Column, emptyValidity, isValid, type StringColumn, setValid } from '../core/batch.ts'
import { gatherColumn, missingColumn } from '../core/columns.ts'
import type { Expression, Literal } from '../core/expression.ts'
import { compilePattern, type Pattern } from '../core/pattern.ts'
import { arithmetic } from './arithmetic.ts'
import { callFunction, functionOf, withoutEmpty } from './call.ts'
import { Choice, presentRows } from './choice.ts'
import { compare, compareWithInteger, compareWithNumber, isComparison } from './comparison.ts'
import type { Frame } from './frame.ts'

/** The column of an expression over the rows of a frame. Throws `query` where an integer overflows. */
export function evaluate(expression: Expression, frame: Frame): Column {
  switch (expression.kind) {
    case 'literal':
      return literalColumn(expression.value, expression.type, frame.rows)
    case 'column':
      return typed(frame.column(expression.name, expression.source), expression.type)
    case 'unary':
      return evaluateUnary(expression, frame)
    case 'binary':
      return evaluateBinary(expression, frame)
    case 'match':
      return testStrings(stringOperand(expression.operand, frame), patternOf(expression), expression.negated)
    case 'in':
      return evaluateIn(expression, frame)
    case 'call':
      return evaluateCall(expression, frame)
    case 'case':
      return evaluateCase(expression, frame)
    case 'coalesce':
      return evaluateCoalesce(expression, frame)
  }
}

/** The column of an expression as an answer shows it, and as functions see it: an absent tag is missing, not `''`. */
export function evaluateValue(expression: Expression, frame: Frame): Column {
  const column = evaluate(expression, frame)
  return isTag(expression) ? withoutEmpty(column) : column
}

/** A field that no row has may come as doubles, all missing. */
function typed(column: Column, type: Column['type']): Column {
  const untyped = column.type === 'f64' && type !== 'f64'
  return untyped ? missingColumn(column.name, type, column.values.length) : column
}

/** One byte a row: 1 where the expression is true, 0 where it is false or missing. */
export function evaluateFilter(expression: Expression, frame: Frame): Uint8Array {
  const column = evaluate(expression, frame)
  if (column.type !== 'bool') throw new Error(`a filter must be bool, not ${column.type}`)
  const { values, validity } = column
  if (validity === undefined) return values
  const passes = new Uint8Array(frame.rows)
  for (let i = 0; i < passes.length; i++) passes[i] = (values[i] ?? 0) & ((validity[i >> 3] ?? 0) >> (i & 7))
  return passes
}

/** A column that has one value in every row; of no valid row where the value is null. */
export function literalColumn(value: Literal, type: Column['type'] | 'null', rows: number): Column {
  const name = ''
  if (value === null) return missingColumn(name, type === 'null' ? 'f64' : type, rows)
  if (typeof value === 'boolean') return { name, type: 'bool', values: new Uint8Array(rows).fill(value ? 1 : 0) }
  if (typeof value === 'string') return { name, type: 'string', values: new Uint32Array(rows), dictionary: [value] }
  if (typeof value === 'number') return { name, type: 'f64', values: new Float64Array(rows).fill(value) }
  return { name, type: type === 'time' ? 'time' : 'i64', values: new BigInt64Array(rows).fill(value) }
}

type Unary = Extract<Expression, { kind: 'unary' }>
type Binary = Extract<Expression, { kind: 'binary' }>
type In = Extract<Expression, { kind: 'in' }>
type Match = Extract<Expression, { kind: 'match' }>
type Call = Extract<Expression, { kind: 'call' }>
type Case = Extract<Expression, { kind: 'case' }>
type Coalesce = Extract<Expression, { kind: 'coalesce' }>

function evaluateCall(expression: Call, frame: Frame): Column {
  const evaluateArgument = functionOf(expression).of.testsTags ? operandColumn : evaluateValue
  const columns = expression.args.map((argument) => evaluateArgument(argument, frame))
  return callFunction(expression, columns, frame.rows)
}

function evaluateCase({ type, branches, otherwise }: Case, frame: Frame): Column {
  const choice = new Choice(type, frame)
  for (const { when, value } of branches) {
    if (choice.done) break
    choice.deal(evaluateFilter(when, choice.frame), (rows) => evaluateValue(value, rows))
  }
  choice.dealRest((rows) => evaluateValue(otherwise, rows))
  return choice.finish()
}

function evaluateCoalesce({ type, operands }: Coalesce, frame: Frame): Column {
  const choice = new Choice(type, frame)
  for (const operand of operands) {
    if (choice.done) break
    const column = evaluateValue(operand, choice.frame)
    const present = presentRows(column)
    const places = Uint32Array.from(present.keys()).filter((row) => present[row] !== 0)
    choice.deal(present, () => gatherColumn(column, places))
  }
  choice.dealRest(({ rows }) => missingColumn('', type, rows))
  return choice.finish()
}

function evaluateUnary(expression: Unary, frame: Frame): Column {
  const operand = evaluate(expression.operand, frame)
  if (expression.op === 'is null' || expression.op === 'is not null') {
    const wanted = expression.op === 'is null' ? 0 : 1
    return presence(operand, isTag(expression.operand), wanted, frame.rows)
  }
  if (expression.op === 'not') {
    const values = new Uint8Array(frame.rows)
    if (operand.type === 'bool') for (let i = 0; i < values.length; i++) values[i] = 1 - (operand.values[i] ?? 0)
    return { name: '', type: 'bool', values, ...validityOf(operand) }
  }
  const zero = literalColumn(operand.type === 'i64' ? 0n : 0, operand.type, frame.rows)
  return operand.type === 'i64' ? arithmetic('-', zero, operand, expression) : negate(operand, frame.rows)
}

/** Not `0 - x`, which would lose the sign of zero. */
function negate(operand: Column, rows: number): Column {
  const values = new Float64Array(rows)
  if (operand.type === 'f64') for (let i = 0; i < rows; i++) values[i] = -(operand.values[i] ?? 0)
  return { name: '', type: 'f64', values, ...validityOf(operand) }
}

function presence(operand: Column, tag: boolean, wanted: 0 | 1, rows: number): Column {
  const values = new Uint8Array(rows)
  const texts = tag && operand.type === 'string' && operand.dictionary.includes('') ? operand.dictionary : undefined
  for (let i = 0; i < rows; i++) {
    const present = isValid(operand.validity, i) && texts?.[Number(operand.values[i])] !== ''
    values[i] = present === (wanted === 1) ? 1 : 0
  }
  return { name: '', type: 'bool', values }
}

function evaluateBinary(expression: Binary, frame: Frame): Column {
  const { op } = expression
  if (op === 'and' || op === 'or') {
    return logical(op === 'and', evaluate(expression.left, frame), evaluate(expression.right, frame))
  }
  if (!isComparison(op)) {
    return arithmetic(op, evaluate(expression.left, frame), evaluate(expression.right, frame), expression)
  }
  const { right } = expression
  const left = operandColumn(expression.left, frame)
  if (left.type === 'f64' && right.kind === 'literal' && typeof right.value === 'number') {
    return compareWithNumber(op, left, right.value)
  }
  if ((left.type === 'i64' || left.type === 'time') && right.kind === 'literal' && typeof right.value === 'bigint') {
    return compareWithInteger(op, left, right.value)
  }
  if (left.type === 'string' && right.kind === 'literal' && typeof right.value === 'string' && op === '=') {
    const wanted = right.value
    return testStrings(left, (text) => text === wanted, false)
  }
  return compare(op, left, operandColumn(right, frame))
}

function isTag(expression: Expression): boolean {
  return expression.kind === 'column' && expression.source === 'tag'
}

/** In tests an absent tag is the value `''`, as it is for matchers. */
function operandColumn(expression: Expression, frame: Frame): Column {
  const column = evaluate(expression, frame)
  if (column.validity === undefined || column.type !== 'string' || !isTag(expression)) return column
  const dictionary = [...column.dictionary, '']
  const values = column.values.map((code, row) => (isValid(column.validity, row) ? code : dictionary.length - 1))
  return { name: column.name, type: 'string', values, dictionary }
}

function stringOperand(expression: Expression, frame: Frame): StringColumn {
  const column = operandColumn(expression, frame)
  if (column.type === 'string') return column
  return {
    name: '',
    type: 'string',
    values: new Uint32Array(frame.rows),
    dictionary: [''],
    validity: emptyValidity(frame.rows),
  }
}

/** Three-valued: false and anything is false, true or anything is true, else missing where one is. */
function logical(and: boolean, left: Column, right: Column): Column {
  const rows = left.values.length
  const values = new Uint8Array(rows)
  const deciding = and ? 0 : 1
  if (left.validity === undefined && right.validity === undefined && left.type === 'bool' && right.type === 'bool') {
    const [a, b] = [left.values, right.values]
    if (and) for (let i = 0; i < rows; i++) values[i] = (a[i] ?? 0) & (b[i] ?? 0)
    else for (let i = 0; i < rows; i++) values[i] = (a[i] ?? 0) | (b[i] ?? 0)
    return { name: '', type: 'bool', values }
  }
  const validity = emptyValidity(rows)
  for (let i = 0; i < rows; i++) {
    const a = isValid(left.validity, i) ? Number(left.values[i]) : undefined
    const b = isValid(right.validity, i) ? Number(right.values[i]) : undefined
    const decided = a === deciding || b === deciding
    if (!decided && (a === undefined || b === undefined)) continue
    values[i] = decided ? deciding : 1 - deciding
    setValid(validity, i)
  }
  return { name: '', type: 'bool', values, validity }
}

const patterns = new WeakMap<Match, Pattern>()

function patternOf(expression: Match): Pattern {
  let pattern = patterns.get(expression)
  if (pattern === undefined) {
    pattern = compilePattern(expression.pattern)
    patterns.set(expression, pattern)
  }
  return pattern
}

/** Tests each string of the dictionary that occurs, once. */
function testStrings(column: StringColumn, test: Pattern, negated: boolean): Column {
  const { dictionary } = column
  const results = new Uint8Array(dictionary.length).fill(2)
  const values = new Uint8Array(column.values.length)
  for (let i = 0; i < values.length; i++) {
    const code = column.values[i] ?? 0
    let result = results[code] ?? 0
    if (result === 2) {
      result = test(dictionary[code] ?? '') === negated ? 0 : 1
      results[code] = result
    }
    values[i] = result
  }
  return { name: '', type: 'bool', values, ...validityOf(column) }
}

const members = new WeakMap<In, ReadonlySet<Literal>>()

/** A missing value is in no list and out of none; a list that holds null never answers false. */
function evaluateIn(expression: In, frame: Frame): Column {
  const operand = operandColumn(expression.operand, frame)
  let set = members.get(expression)
  if (set === undefined) {
    set = new Set(expression.values)
    members.set(expression, set)
  }
  const found = memberTest(operand, set)
  const negated = expression.negated ? 1 : 0
  const values = found.map((member) => member ^ negated)
  if (!set.has(null)) return { name: '', type: 'bool', values, ...validityOf(operand) }
  const validity = emptyValidity(frame.rows)
  for (let i = 0; i < frame.rows; i++) if (found[i] === 1 && isValid(operand.validity, i)) setValid(validity, i)
  return { name: '', type: 'bool', values, validity }
}

function memberTest(operand: Column, set: ReadonlySet<Literal>): Uint8Array {
  const found = new Uint8Array(operand.values.length)
  if (operand.type === 'string')
    return Uint8Array.from(boolValues(testStrings(operand, (text) => set.has(text), false)))
  if (operand.type === 'bool')
    for (let i = 0; i < found.length; i++) found[i] = set.has(operand.values[i] === 1) ? 1 : 0
  else if (operand.type === 'f64')
    for (let i = 0; i < found.length; i++) found[i] = set.has(operand.values[i] ?? 0) ? 1 : 0
  else for (let i = 0; i < found.length; i++) found[i] = set.has(operand.values[i] ?? 0n) ? 1 : 0
  return found
}

function boolValues(column: Column): Uint8Array {
  if (column.type !== 'bool') throw new Error(`expected bool, not ${column.type}`)
  return column.values
}

function validityOf(column: Column): { validity?: Uint8Array } {
  return column.validity === undefined ? {} : { validity: column.validity }
}
