import type { Expression } from '../../core/expression.ts'
import type { Matcher } from '../../core/matcher.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { TimeRange } from '../../core/time-window.ts'
import { conjunctsOf, joinLogical } from '../check/boolean.ts'
import { narrow } from '../check/time-range.ts'

/** A condition taken apart into what selects series, what selects times, and what each row has to be asked. */
export interface Predicate {
  matchers: readonly Matcher[]
  start: bigint
  end: bigint
  filter?: Expression
  /** No row can pass. */
  empty: boolean
}

type Binary = Extract<Expression, { kind: 'binary' }>

/** Takes a checked condition apart. Its conjuncts on tags become matchers, those on time the range, the rest the filter. */
export function splitCondition(condition: Expression | undefined): Predicate {
  const range: TimeRange = { start: MIN_TIME, end: MAX_TIME }
  const matchers: Matcher[] = []
  const rest: Expression[] = []
  let never = false
  for (const conjunct of condition === undefined ? [] : conjunctsOf(condition)) {
    const matcher = matcherOf(conjunct)
    if (matcher !== undefined) matchers.push(matcher)
    else if (conjunct.kind === 'literal') never ||= conjunct.value !== true
    else if (!narrow(range, conjunct)) rest.push(conjunct)
  }
  const filter = rest.length === 0 ? {} : { filter: joinLogical('and', rest) }
  return { matchers, ...range, ...filter, empty: never || range.start >= range.end }
}

function disjunctsOf(condition: Expression): Expression[] {
  if (condition.kind !== 'binary' || condition.op !== 'or') return [condition]
  return [...disjunctsOf(condition.left), ...disjunctsOf(condition.right)]
}

function matcherOf(test: Expression): Matcher | undefined {
  switch (test.kind) {
    case 'binary':
      return test.op === 'or' ? matcherOfAlternatives(test) : matcherOfComparison(test)
    case 'match': {
      const tag = tagOf(test.operand)
      return tag === undefined ? undefined : { tag, op: test.negated ? '!~' : '=~', value: test.pattern }
    }
    case 'in': {
      const tag = tagOf(test.operand)
      const values = test.values.filter((value) => typeof value === 'string')
      if (tag === undefined || values.length !== test.values.length) return undefined
      return { tag, op: test.negated ? 'not in' : 'in', values }
    }
    case 'unary': {
      const tag = tagOf(test.operand)
      if (tag === undefined || !test.op.startsWith('is')) return undefined
      return { tag, op: test.op === 'is null' ? '=' : '!=', value: '' }
    }
    default:
      return undefined
  }
}

function matcherOfComparison({ op, left, right }: Binary): Matcher | undefined {
  if (op !== '=' && op !== '!=') return undefined
  const tag = tagOf(left) ?? tagOf(right)
  const literal = left.kind === 'literal' ? left : right
  if (tag === undefined || literal.kind !== 'literal' || typeof literal.value !== 'string') return undefined
  return { tag, op, value: literal.value }
}

/** `host = 'a' OR host = 'b'` is one test of one tag. */
function matcherOfAlternatives(test: Binary): Matcher | undefined {
  const values: string[] = []
  let tag: string | undefined
  for (const alternative of disjunctsOf(test)) {
    const matcher = alternative.kind === 'binary' && alternative.op === 'or' ? undefined : matcherOf(alternative)
    if (matcher === undefined || (tag ?? matcher.tag) !== matcher.tag) return undefined
    tag = matcher.tag
    if (matcher.op === '=') values.push(matcher.value)
    else if (matcher.op === 'in') values.push(...matcher.values)
    else return undefined
  }
  return tag === undefined ? undefined : { tag, op: 'in', values: [...new Set(values)] }
}

function tagOf(expression: Expression): string | undefined {
  return expression.kind === 'column' && expression.source === 'tag' ? expression.name : undefined
}
