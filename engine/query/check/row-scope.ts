import type { Expression } from '../../core/expression.ts'
import type { TableInfo } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { CALLABLE, FUNCTIONS } from '../../function/registry.ts'
import { LEADING_WORDS } from '../parse/nearest-word.ts'
import type { ExpressionSyntax, NameSyntax } from '../parse/syntax.ts'
import { AGGREGATE_NAMES, isAggregate } from './aggregate-call.ts'
import { type AppliedStep, appliedColumn } from './applied.ts'
import { checkCall, SPECIAL_CALLS } from './check-call.ts'
import { checkExpression } from './check-expression.ts'
import type { WindowCall } from './checked.ts'
import type { Ranged } from './coerce.ts'
import { columnInOrAround } from './outer-column.ts'
import { queryError, unknownName } from './query-error.ts'
import type { CallSyntax, Environment, Scope } from './scope.ts'
import type { Sources } from './sources.ts'
import { callOver, isPlaceFunction, PLACE_FUNCTION_NAMES } from './window-call.ts'

/** Most rows that LIMIT and OFFSET may name. */
export const MAX_LIMIT = 1_000_000_000

/** Every function that a statement can call, by name. */
export const FUNCTION_NAMES: readonly string[] = [
  ...AGGREGATE_NAMES,
  ...SPECIAL_CALLS.keys(),
  ...CALLABLE.map(({ name }) => name),
  ...PLACE_FUNCTION_NAMES,
  'now',
].sort()

/** How a function of a row is called and what it does; `undefined` of others. */
export function functionHelp(name: string): { signature: string; doc: string } | undefined {
  const found = FUNCTIONS.get(name) ?? SPECIAL_CALLS.get(name)
  return found && { signature: found.signature, doc: found.doc }
}

/** Where calls are added that become columns of the rows; absent where they cannot stand. */
export interface RowCalls {
  windows?: WindowCall[]
  applied?: AppliedStep[]
}

/** The meaning of names and calls in WHERE and within aggregates. */
export function rowScope(sources: Sources, environment: Environment, where: string, added: RowCalls = {}): Scope {
  const { windows, applied } = added
  return {
    environment,
    column: (name) => columnInOrAround(name, sources, environment),
    ...(applied && { apply: (query) => appliedColumn(query, applied, environment) }),
    call: (call, own) => {
      if (call.over) {
        return callOver(call, call.over, { where, windows, inner: () => rowScope(sources, environment, where) })
      }
      if (!isAggregate(call.name)) return scalarCall(call, own)
      throw queryError(call.range, `${call.name}() cannot stand ${where}`)
    },
  }
}

/** Functions of a row. */
export function scalarCall(call: CallSyntax, scope: Scope): Expression {
  if (call.name === 'now') return currentTime(call, scope.environment)
  if (isPlaceFunction(call.name)) {
    throw queryError(call.range, `${call.name}() expected OVER behind it`, { expected: ['OVER'] })
  }
  if (!FUNCTIONS.has(call.name) && !SPECIAL_CALLS.has(call.name)) {
    throw unknownName(call.nameRange, { what: 'function', wrong: call.name }, [...FUNCTION_NAMES, ...LEADING_WORDS])
  }
  if (call.star) throw queryError(call.range, `${call.name}(*) means nothing; expected arguments`)
  const args = call.args.map((argument): Ranged => [checkExpression(argument, scope), argument.range])
  return checkCall(call, args)
}

function currentTime(call: CallSyntax, environment: Environment): Expression {
  if (call.args.length > 0 || call.star) throw queryError(call.range, 'now() takes no argument')
  environment.uses.now = true
  return { kind: 'literal', type: 'time', value: environment.now }
}

/** Names that have to be tags of a table, each once. */
export function tagNames(names: readonly NameSyntax[], table: TableInfo): string[] {
  for (const { name, range } of names) {
    if (table.tags.includes(name)) continue
    if (name !== TIME_COLUMN && !table.fields.some((field) => field.name === name))
      throw unknownName(range, { what: 'tag', wrong: name, of: table.name }, table.tags)
    throw queryError(range, `'${name}' is no tag; expected a tag`, { expected: table.tags })
  }
  return [...new Set(names.map((each) => each.name))]
}

/** Where nothing but constants can stand. */
export function constantScope(environment: Environment, clause: string, what: string): Scope {
  const refuse = ({ range }: { range: CallSyntax['range'] }): never => {
    throw queryError(range, `${clause} expected ${what}`, { expected: [what] })
  }
  return {
    environment,
    column: refuse,
    call: (call, own) => (isAggregate(call.name) ? refuse(call) : scalarCall(call, own)),
  }
}

/** A constant that has to be a count of rows. */
export function rowCount(syntax: ExpressionSyntax, clause: string, environment: Environment): number {
  const checked = checkExpression(syntax, constantScope(environment, clause, 'a whole number'))
  const value = checked.kind === 'literal' ? checked.value : null
  const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  if (!whole || Number(value) < 0 || Number(value) > MAX_LIMIT) {
    throw queryError(syntax.range, `${clause} expected a whole number from 0 to ${MAX_LIMIT}`, {
      expected: ['a whole number'],
    })
  }
  return Number(value)
}
