import { columnsOf, type Literal } from '../../core/expression.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import { firstStart } from '../../core/time-window.ts'
import type { CoreSyntax, ExpressionSyntax, FillOption, FillSyntax } from '../parse/syntax.ts'
import { conjunctsOf } from './boolean.ts'
import { checkExpression, fixedDuration } from './check-expression.ts'
import type { CheckedWindows } from './check-windows.ts'
import type { Output } from './checked.ts'
import { coerce, typeName } from './coerce.ts'
import { queryError, unknownName } from './query-error.ts'
import {
  type AggregateRelation,
  columnReference,
  type FillMethod,
  type FillRelation,
  type OpenRange,
  outputColumn,
  type Relation,
} from './relation.ts'
import { constantScope } from './row-scope.ts'
import type { ColumnExpression, Environment } from './scope.ts'
import { narrow } from './time-range.ts'

export interface FillPlace {
  core: CoreSyntax
  windows: CheckedWindows
  time: ColumnExpression
  environment: Environment
}

/** Rows with those that FILL adds, and the items over them. */
export interface Filled {
  relation: Relation
  outputs: readonly Output[]
}

/** The name of the column that the i-th item becomes before it is filled. */
function filledColumn(i: number): string {
  return `=${i}`
}

/**
 * What FILL makes of the rows of windows. Items are filled as they are in the answer; aggregates that are no item of their
 * own, as HAVING may have them, are filled as the items for which nothing is said.
 */
export function withFill(
  fill: FillSyntax,
  grouped: AggregateRelation,
  { rows, outputs, place }: { rows: Relation; outputs: readonly Output[]; place: FillPlace },
): Filled {
  const { core, windows } = place
  const items = outputs.map((output, i) => ({ output, i })).filter(({ output }) => readsCalls(output))
  const options = optionsOf(
    fill,
    items.map(({ output }) => output),
    outputs,
  )
  if (options.every(({ method }) => method === 'none')) return { relation: rows, outputs }
  const [first] = core.groupBy.filter(({ kind }) => kind === 'duration')
  if (first === undefined) throw new Error('FILL stands behind a duration')
  const methods = new Map<string, FillMethod>()
  const computed: Output[] = []
  const filled = [...outputs]
  items.forEach(({ output, i }, k) => {
    const method = methodOf(options[k] ?? { range: fill.range, method: 'null' }, output, place.environment)
    const column = { ...output, name: filledColumn(k) }
    computed.push(column)
    methods.set(column.name, method)
    const { expression } = output
    if (expression.kind === 'column' && !methods.has(expression.name)) methods.set(expression.name, method)
    filled[i] = { ...output, expression: columnReference(outputColumn(column)) }
  })
  const relation: FillRelation = {
    kind: 'fill',
    input: rows,
    window: windows.window,
    range: rangeOf(place, grouped.input),
    keys: grouped.groups.map(({ column }) => column.name),
    computed,
    methods,
    otherwise: defaultOf(fill, place.environment),
    ...(fill.maxGap && { maxGap: fixedDuration(fill.maxGap.text, fill.maxGap.range) }),
  }
  return { relation, outputs: filled }
}

function readsCalls({ expression }: Output): boolean {
  const read = columnsOf(expression)
  return read.some((name) => name.startsWith('#')) && !read.some((name) => name.startsWith('~'))
}

/** The option of each item: those with names, by place, or one for all that are not named. */
function optionsOf({ options, range }: FillSyntax, items: readonly Output[], all: readonly Output[]): FillOption[] {
  const named = new Map<string, FillOption>()
  for (const option of options) {
    const { column } = option
    if (column === undefined) continue
    if (!items.some(({ name }) => name === column.name)) throw noItem(column, items, all)
    if (named.has(column.name)) throw queryError(column.range, `FILL names '${column.name}' twice`)
    named.set(column.name, option)
  }
  const others = options.filter(({ column }) => column === undefined)
  const rest = items.filter(({ name }) => !named.has(name))
  if (others.length > 1 && others.length !== rest.length) {
    throw queryError(
      range,
      `FILL has ${others.length} options for ${rest.length} columns; expected one for all or each`,
    )
  }
  const missing: FillOption = { range, method: 'null' }
  return items.map((item) => {
    const place = others.length > 1 ? rest.indexOf(item) : 0
    return named.get(item.name) ?? others[place] ?? missing
  })
}

function noItem(
  { name, range }: NonNullable<FillOption['column']>,
  items: readonly Output[],
  all: readonly Output[],
): Error {
  if (all.some((output) => output.name === name)) {
    return queryError(range, `'${name}' is no aggregate, so it is never missing in a window`)
  }
  return unknownName(
    range,
    { what: 'item', wrong: name },
    items.map((item) => item.name),
  )
}

function methodOf({ method, value, range }: FillOption, output: Output, environment: Environment): FillMethod {
  if (method === 'none') return { kind: 'null' }
  if (method !== 'value') {
    const measured = output.type === 'f64' || output.type === 'i64' || output.type === 'time'
    if (method === 'linear' && !measured) {
      throw queryError(range, `LINEAR is for numbers, but '${output.name}' is ${typeName(output.type)}`, {
        expected: ['PREVIOUS', 'NEXT', 'NULL'],
      })
    }
    return { kind: method }
  }
  const { literal, syntax } = constantOf(value, range, environment)
  const coerced = coerce({ kind: 'literal', type: literal.type, value: literal.value }, output.type, syntax)
  if (coerced.kind === 'literal' && coerced.type === output.type) return { kind: 'value', value: coerced.value }
  throw queryError(
    range,
    `FILL expected ${typeName(output.type)} for '${output.name}', but this is ${typeName(literal.type)}`,
    {
      expected: [typeName(output.type)],
    },
  )
}

function constantOf(
  syntax: ExpressionSyntax | undefined,
  range: FillOption['range'],
  environment: Environment,
): { literal: { type: Parameters<typeof typeName>[0]; value: Literal }; syntax: FillOption['range'] } {
  if (syntax === undefined) throw new Error('a value has its expression')
  const what = 'NULL, PREVIOUS, NEXT, LINEAR, NONE or a constant'
  const checked = checkExpression(syntax, constantScope(environment, 'FILL', what))
  if (checked.kind !== 'literal') throw queryError(range, `FILL expected ${what}`)
  return { literal: { type: checked.type, value: checked.value }, syntax: syntax.range }
}

/** What stands for columns that are no item: the one option for all, if there is one. */
function defaultOf({ options, range }: FillSyntax, environment: Environment): FillMethod {
  const others = options.filter(({ column }) => column === undefined)
  const [only] = others
  if (only === undefined || others.length > 1 || only.method === 'none') return { kind: 'null' }
  if (only.method !== 'value') return { kind: only.method }
  return { kind: 'value', value: constantOf(only.value, range, environment).literal.value }
}

/** Where rows are filled: between FROM and TO, else between the bounds of time in WHERE, else where rows are. */
function rangeOf({ windows, time }: FillPlace, input: Relation): OpenRange {
  if (windows.bounds) return windows.bounds
  if (input.kind !== 'filter') return {}
  const range = { start: MIN_TIME, end: MAX_TIME }
  for (const test of conjunctsOf(input.condition)) if (columnsOf(test)[0] === time.name) narrow(range, test)
  return {
    ...(range.start !== MIN_TIME && { start: firstStart(range.start, windows.window) }),
    ...(range.end !== MAX_TIME && { end: range.end }),
  }
}
