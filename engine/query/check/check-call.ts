import type { ColumnType } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { type Expression, expressionType } from '../../core/expression.ts'
import { parseTimestamp } from '../../core/time.ts'
import { fitsCount, typeTaken } from '../../function/provided-functions.ts'
import { FUNCTIONS } from '../../function/registry.ts'
import type { Overload, ScalarFunction } from '../../function/scalar-function.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { checkConvert } from './check-unit.ts'
import { literal, type Ranged, requireType, toDouble, typeName, unify } from './coerce.ts'
import { fold } from './fold.ts'
import { queryError } from './query-error.ts'
import { unitOf } from './unit-of.ts'

/** A call with the place of the whole. */
export interface CalledName {
  name: string
  range: SourceRange
}

/** A call that is no function, since it does not ask about all of its arguments. */
interface SpecialCall {
  signature: string
  doc: string
  check(args: readonly Ranged[], called: CalledName): Expression
}

export const SPECIAL_CALLS: ReadonlyMap<string, SpecialCall> = new Map<string, SpecialCall>([
  ['coalesce', { signature: 'coalesce(a, b, ...)', doc: 'the first argument that is there', check: checkCoalesce }],
  ['ifnull', { signature: 'ifnull(a, b)', doc: 'a, or b where a is missing', check: checkCoalesce }],
  [
    'convert',
    {
      signature: "convert(x [, 'from'], 'to')",
      doc: 'x in another unit; that of x is known from its field',
      check: (args, { range }) => checkConvert(args, range),
    },
  ],
  ['if', { signature: 'if(condition, a, b)', doc: 'a where the condition is true, else b', check: checkIf }],
  ['iff', { signature: 'iff(condition, a, b)', doc: 'a where the condition is true, else b', check: checkIf }],
])

/** Gives a call of a function, by its name, the overload that its arguments fit, and folds it where it is constant. */
export function checkCall(called: CalledName, args: readonly Ranged[]): Expression {
  const special = SPECIAL_CALLS.get(called.name)
  if (special) return fold(special.check(args, called), called.range)
  const of = FUNCTIONS.get(called.name)
  if (of === undefined) throw new Error(`there is no function ${called.name}`)
  const fits = of.overloads.filter((overload) => fitsCount(overload, args.length))
  if (fits.length === 0) throw wrongCount(of, called)
  const chosen = fits
    .map((overload) => ({ overload, cost: costOf(overload, args) }))
    .reduce((best, each) => (each.cost < best.cost ? each : best))
  if (chosen.cost === Number.POSITIVE_INFINITY) throw wrongType(of, fits, args)
  return fold(callOf(of, chosen.overload, { args, called }), called.range)
}

interface CheckedCall {
  args: readonly Ranged[]
  called: CalledName
}

function callOf(of: ScalarFunction, overload: Overload, { args, called }: CheckedCall): Expression {
  for (const k of of.constants ?? []) {
    const [argument, range] = args[k] ?? []
    if (argument && range && argument.kind !== 'literal') {
      throw queryError(range, `${printName(of)} expected a constant here`, { expected: ['a constant'] })
    }
  }
  verify(of, args, called)
  const converted = args.map(([argument], k) => convert(argument, typeTaken(overload, k)))
  const [first] = args
  const unit = of.keepsUnit && first ? unitOf(first[0]) : undefined
  return { kind: 'call', name: of.name, type: overload.gives, args: converted, ...(unit !== undefined && { unit }) }
}

/** Lets the function refuse constants that mean nothing to it. */
function verify(of: ScalarFunction, args: readonly Ranged[], { range }: CalledName): void {
  try {
    of.verify?.(args.map(([argument]) => (argument.kind === 'literal' ? argument.value : undefined)))
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
    throw queryError(range, error.message, error.hint === undefined ? {} : { hint: error.hint })
  }
}

/** How many arguments an overload has to convert; infinite where it cannot. */
function costOf(overload: Overload, args: readonly Ranged[]): number {
  return args.reduce((cost, [argument], k) => cost + conversionCost(argument, typeTaken(overload, k)), 0)
}

function conversionCost(argument: Expression, to: ColumnType | undefined): number {
  const from = expressionType(argument)
  if (from === to) return 0
  if (from === 'null' || (from === 'i64' && to === 'f64')) return 1
  if (to === 'time' && argument.kind === 'literal' && typeof argument.value === 'string') {
    return parseTimestamp(argument.value) === undefined ? Number.POSITIVE_INFINITY : 1
  }
  return Number.POSITIVE_INFINITY
}

function convert(argument: Expression, to: ColumnType | undefined): Expression {
  const from = expressionType(argument)
  if (from === to || to === undefined) return argument
  if (from === 'null') return { kind: 'literal', type: to, value: null }
  if (from === 'i64') return toDouble(argument)
  const value = argument.kind === 'literal' ? parseTimestamp(String(argument.value)) : undefined
  return value === undefined ? argument : { kind: 'literal', type: 'time', value }
}

function printName(of: ScalarFunction): string {
  return /^\w+$/.test(of.name) ? `${of.name}()` : of.signature
}

function wrongCount(of: ScalarFunction, { range }: CalledName): Error {
  return queryError(range, `expected ${of.signature}`, { expected: [of.signature] })
}

/** Blames the first argument that no overload takes, given those before it. */
function wrongType(of: ScalarFunction, fits: readonly Overload[], args: readonly Ranged[]): Error {
  let left = fits
  for (const [k, [argument, range]] of args.entries()) {
    const next = left.filter((overload) => conversionCost(argument, typeTaken(overload, k)) < Number.POSITIVE_INFINITY)
    if (next.length === 0) {
      const expected = [...new Set(left.map((overload) => typeName(typeTaken(overload, k) ?? 'null')))]
      const list =
        expected.length > 2 ? `${expected.slice(0, -1).join(', ')} or ${expected.at(-1)}` : expected.join(' or ')
      const message = `${printName(of)} expected ${list}, but this is ${typeName(expressionType(argument))}`
      return queryError(range, message, { expected, hint: `${of.signature}: ${of.doc}` })
    }
    left = next
  }
  throw new Error(`no overload of ${of.name} fits, but each argument does`)
}

function checkCoalesce(args: readonly Ranged[], { name, range }: CalledName): Expression {
  const counted = name === 'ifnull' ? args.length === 2 : args.length > 0
  if (!counted) throw queryError(range, `expected ${SPECIAL_CALLS.get(name)?.signature}`)
  const unified = unify(args, `${name}()`)
  return unified ? { kind: 'coalesce', type: unified.type, operands: unified.all } : literal(null)
}

function checkIf(args: readonly Ranged[], { name, range }: CalledName): Expression {
  const [condition, yes, no] = args
  if (!condition || !yes || !no || args.length > 3)
    throw queryError(range, `expected ${SPECIAL_CALLS.get(name)?.signature}`)
  requireType(condition[0], ['bool'], condition[1], `${name}()`)
  return caseOf([{ when: condition[0], value: yes }], no, `${name}()`)
}

/** A CASE of checked parts; its results are brought to one type. */
export function caseOf(
  branches: readonly { when: Expression; value: Ranged }[],
  otherwise: Ranged,
  what: string,
): Expression {
  const unified = unify([...branches.map(({ value }) => value), otherwise], what)
  if (unified === undefined) return literal(null)
  const { type, all } = unified
  const typed = branches.map(({ when }, i) => ({ when, value: all[i] ?? literal(null) }))
  return { kind: 'case', type, branches: typed, otherwise: all.at(-1) ?? literal(null) }
}
