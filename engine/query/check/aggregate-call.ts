import type { InputKind, Parameter, StatefulAggregate } from '../../aggregate/accumulator.ts'
import type { Aggregate } from '../../aggregate/aggregate.ts'
import { AGGREGATES } from '../../aggregate/registry.ts'
import { statefulNamed } from '../../aggregate/stateful.ts'
import { STATEFUL_NAMES } from '../../aggregate/stateful-names.ts'
import type { ColumnType } from '../../core/batch.ts'
import { type Expression, expressionType, type Literal } from '../../core/expression.ts'
import { printSyntax } from '../parse/print-syntax.ts'
import type { ExpressionSyntax, SelectItem } from '../parse/syntax.ts'
import { checkCondition, checkExpression } from './check-expression.ts'
import {
  type AccumulatedCall,
  type AggregateCall,
  callColumn,
  callInputs,
  callKey,
  type MeasuredCall,
  withCallInputs,
} from './checked.ts'
import { typeName } from './coerce.ts'
import { queryError, unknownName } from './query-error.ts'
import type { CallSyntax, ColumnExpression, Scope } from './scope.ts'
import { unitOf } from './unit-of.ts'

/** Every aggregate that a statement can call, by name. */
export const AGGREGATE_NAMES: readonly string[] = [...AGGREGATES.keys(), ...STATEFUL_NAMES, 'state_duration'].sort()

const NAMES: ReadonlySet<string> = new Set(AGGREGATE_NAMES)

export function isAggregate(name: string): boolean {
  return NAMES.has(name)
}

/** Whether an item gives rows of a time and a value rather than one value a cell. */
export function isPoints(item: SelectItem): boolean {
  if (item.kind !== 'expression' || item.expression.kind !== 'call') return false
  return statefulNamed(item.expression.name)?.gives === 'points'
}

/** An aggregate that gives rows stands alone, as an item. */
export function requirePointsAlone(calls: readonly AggregateCall[], items: readonly SelectItem[]): void {
  const points = calls.find(({ aggregate }) => 'gives' in aggregate && aggregate.gives === 'points')
  if (points === undefined) return
  const { name } = points.aggregate
  const other = calls.find((call) => call !== points)
  if (other) throw queryError(other.range, `${name}() gives rows of its own; expected no other aggregate beside it`)
  if (!items.some(isPoints)) throw queryError(points.range, `${name}() gives rows; expected it as an item of its own`)
}

/**
 * Checks a call of an aggregate, whose arguments mean what they mean in `inner`, and adds it to `calls` unless the same call
 * is there already. Returns the column under which the outputs find it.
 */
export function aggregateCall(call: CallSyntax, calls: AggregateCall[], inner: Scope): ColumnExpression {
  const checked = filteredCall(withUnit(checkCall(call, inner)), call, inner)
  const key = callKey(checked)
  const same = calls.findIndex((other) => callKey(other) === key)
  const k = same >= 0 ? same : calls.push(checked) - 1
  const { unit } = checked
  const unitPart = unit === undefined ? {} : { unit }
  return { kind: 'column', source: 'field', name: callColumn(k), type: checked.type, ...unitPart }
}

function withUnit(call: AggregateCall): AggregateCall {
  const [input] = callInputs(call)
  const unit = call.aggregate.keepsUnit && input ? unitOf(input) : undefined
  return unit === undefined ? call : { ...call, unit }
}

/** With FILTER a row that does not pass lacks its argument, and what is missing is not taken. */
function filteredCall(checked: AggregateCall, { filter }: CallSyntax, inner: Scope): AggregateCall {
  if (filter === undefined) return checked
  const when = checkCondition(filter, inner, 'FILTER')
  const passing = (value: Expression): Expression => {
    const own = expressionType(value)
    const type = own === 'null' ? 'f64' : own
    return { kind: 'case', type, branches: [{ when, value }], otherwise: { kind: 'literal', type, value: null } }
  }
  const [input, ...others] = callInputs(checked)
  if (input) return withCallInputs(checked, [passing(input), ...others])
  return {
    ...checked,
    ...(checked.kind === 'measured' && { input: passing({ kind: 'literal', type: 'bool', value: true }) }),
  }
}

function checkCall(asked: CallSyntax, inner: Scope): AggregateCall {
  const call = asked.name === 'state_duration' ? conditionCall(asked) : asked
  const stateful = statefulNamed(call.distinct && call.name === 'count' ? 'count_distinct' : call.name)
  if (call.distinct && call.name !== 'count') {
    throw queryError(call.range, `${call.name}() does not take DISTINCT; expected count(DISTINCT x)`)
  }
  const measured = AGGREGATES.get(call.name)
  if (call.star) return countRows(call, measured)
  if (stateful) return accumulatedCall(call, stateful, inner)
  if (measured) return measuredCall(call, measured, inner)
  throw unknownName(call.nameRange, { what: 'aggregate', wrong: call.name }, AGGREGATE_NAMES)
}

/** `state_duration(x, v)` is `duration_in(x = v)`. */
function conditionCall(call: CallSyntax): CallSyntax {
  const [left, right, ...rest] = call.args
  if (left === undefined || right === undefined || call.star) {
    throw queryError(call.range, `${call.name}() takes 2 to 3 arguments`, { expected: ['2 to 3 arguments'] })
  }
  const { range, depth } = call
  return { ...call, name: 'duration_in', args: [{ kind: 'binary', op: '=', left, right, range, depth }, ...rest] }
}

function countRows(call: CallSyntax, aggregate: Aggregate | undefined): MeasuredCall {
  if (aggregate?.name !== 'count') throw queryError(call.range, `${call.name}(*) means nothing; expected a column`)
  return { kind: 'measured', aggregate, type: 'i64', label: '*', range: call.range }
}

function measuredCall(call: CallSyntax, aggregate: Aggregate, inner: Scope): MeasuredCall {
  const [argument, second] = call.args
  if (argument === undefined || second !== undefined) {
    throw queryError(second?.range ?? call.range, `${call.name}() takes one argument`, { expected: ['one argument'] })
  }
  const input = checkExpression(argument, inner)
  const inputType = expressionType(input)
  const type = aggregate.outputType(inputType === 'null' ? 'f64' : inputType)
  if (type === undefined) {
    const wanted = aggregate.takes ?? 'a number'
    throw queryError(argument.range, `${call.name}() expected ${wanted}, but this is ${typeName(inputType)}`, {
      expected: [wanted],
    })
  }
  return { kind: 'measured', aggregate, input, type, label: printSyntax(argument), range: call.range }
}

function accumulatedCall(call: CallSyntax, aggregate: StatefulAggregate, inner: Scope): AccumulatedCall {
  const args = argumentsOf(call, aggregate)
  const columns = args.slice(0, aggregate.inputs.length)
  const inputs = columns.map((argument, i) => checkInput(call, argument, { kind: aggregate.inputs[i] ?? 'any', inner }))
  const parameters = aggregate.parameters.map((parameter, i) => {
    const argument = args[columns.length + i]
    return argument ? checkParameter(call, argument, { parameter, inner }) : (parameter.default ?? null)
  })
  const types = inputs.map((input): ColumnType => {
    const type = expressionType(input)
    return type === 'null' ? 'f64' : type
  })
  const type = aggregate.outputType(types)
  const label = call.args.map(printSyntax).join(', ')
  return { kind: 'accumulated', aggregate, inputs, parameters, type, label, range: call.range }
}

/** The arguments with the constant ones last; these may also come first, as in `quantile(0.9, x)`. */
function argumentsOf(call: CallSyntax, { inputs, parameters }: StatefulAggregate): readonly ExpressionSyntax[] {
  const { args, name } = call
  const required = parameters.filter((parameter) => parameter.default === undefined).length
  const least = inputs.length + required
  const most = inputs.length + parameters.length
  if (args.length < least || args.length > most) {
    const surplus = args[most]
    const count = least === most ? String(least) : `${least} to ${most}`
    const expected = `${count} argument${most === 1 ? '' : 's'}`
    throw queryError(surplus?.range ?? call.range, `${name}() takes ${expected}`, { expected: [expected] })
  }
  const constants = args.length - inputs.length
  const leads = constants > 0 && args.slice(0, constants).every(isConstant) && !args.slice(constants).some(isConstant)
  return leads ? [...args.slice(constants), ...args.slice(0, constants)] : args
}

function isConstant({ kind }: ExpressionSyntax): boolean {
  return ['integer', 'float', 'string', 'duration', 'parameter', 'boolean', 'null'].includes(kind)
}

const INPUT_TYPES: Readonly<Record<InputKind, { types: readonly string[]; named: string }>> = {
  any: { types: ['f64', 'i64', 'bool', 'string', 'time'], named: 'a column' },
  number: { types: ['f64', 'i64'], named: 'a number' },
  condition: { types: ['bool'], named: 'a condition' },
  text: { types: ['string'], named: 'a string' },
  bound: { types: ['f64', 'i64', 'string'], named: 'a bound as a number or a string' },
}

interface InputPlace {
  kind: InputKind
  inner: Scope
}

function checkInput(call: CallSyntax, argument: ExpressionSyntax, { kind, inner }: InputPlace): Expression {
  const input = checkExpression(argument, inner)
  const type = expressionType(input)
  const { types, named } = INPUT_TYPES[kind]
  if (type === 'null' || types.includes(type)) return input
  throw queryError(argument.range, `${call.name}() expected ${named}, but this is ${typeName(type)}`, {
    expected: [named],
  })
}

interface ParameterPlace {
  parameter: Parameter
  inner: Scope
}

function checkParameter(call: CallSyntax, argument: ExpressionSyntax, { parameter, inner }: ParameterPlace): Literal {
  const checked = checkExpression(argument, inner)
  const value = checked.kind === 'literal' ? parameterValue(checked.value, parameter) : undefined
  if (value !== undefined) return value
  const wanted = parameterText(parameter)
  throw queryError(argument.range, `${call.name}() expected ${wanted}`, { expected: [wanted] })
}

function parameterValue(value: Literal, { kind, from, to, choices }: Parameter): Literal | undefined {
  if (kind === 'text') {
    return typeof value === 'string' && (choices === undefined || choices.includes(value)) ? value : undefined
  }
  if (kind === 'duration') return typeof value === 'bigint' && value >= 0n ? value : undefined
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const number = Number(value)
  if (kind === 'count' && !Number.isInteger(number)) return undefined
  return number >= (from ?? Number.NEGATIVE_INFINITY) && number <= (to ?? Number.POSITIVE_INFINITY) ? number : undefined
}

function parameterText({ name, kind, from, to, choices }: Parameter): string {
  if (choices) return `${name} as one of ${choices.map((choice) => `'${choice}'`).join(', ')}`
  const words = { number: 'a number', count: 'a whole number', duration: 'a duration', text: 'a string' }
  const range = from === undefined || to === undefined ? '' : ` from ${from} to ${to}`
  return `${name} as ${words[kind]}${range}, the same for all rows`
}
