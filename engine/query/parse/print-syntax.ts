import { printLiteral, printName } from '../../core/expression.ts'
import type { BoundSyntax, ExpressionSyntax, NameSyntax, OverSyntax } from './syntax.ts'

const BINDING: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  not: 3,
  '=': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '||': 5,
  '&': 5,
  '|': 5,
  '<<': 5,
  '>>': 5,
  '->': 5,
  '->>': 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  '%': 7,
  '//': 7,
}
const TEST = 4
const SIGN = 8
const CAST = 9
const LEAF = 10

/** An expression as the reader would write it, with only the brackets it needs: the name of a column without an alias. */
export function printSyntax(syntax: ExpressionSyntax): string {
  switch (syntax.kind) {
    case 'name':
      return printQualifier(syntax) + printName(syntax.name)
    case 'integer':
    case 'float':
    case 'duration':
      return syntax.text
    case 'string':
      return printLiteral(syntax.text)
    case 'boolean':
      return String(syntax.value)
    case 'null':
      return 'null'
    case 'parameter':
      return `$${syntax.name}`
    case 'case':
      return printCase(syntax)
    case 'cast':
      return printCast(syntax)
    case 'call':
      return printCall(syntax)
    case 'query':
      return syntax.text
    case 'exists':
      return `exists ${syntax.text}`
    default:
      return printOperation(syntax)
  }
}

function printCase({ operand, branches, otherwise }: Extract<ExpressionSyntax, { kind: 'case' }>): string {
  const words = branches.map(({ when, value }) => `when ${printSyntax(when)} then ${printSyntax(value)}`)
  if (operand) words.unshift(printSyntax(operand))
  if (otherwise) words.push(`else ${printSyntax(otherwise)}`)
  return `case ${words.join(' ')} end`
}

function printCast({ operand, target, tries }: Extract<ExpressionSyntax, { kind: 'cast' }>): string {
  const name = printTarget(target)
  if (tries) return `try_cast(${printSyntax(operand)} as ${name})`
  return strengthOf(operand) < CAST ? `(${printSyntax(operand)})::${name}` : `${printSyntax(operand)}::${name}`
}

function printTarget(target: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(target) ? target : printLiteral(target)
}

type Operation = Extract<
  ExpressionSyntax,
  {
    kind:
      | 'unary'
      | 'binary'
      | 'infix'
      | 'logical'
      | 'match'
      | 'in'
      | 'in query'
      | 'between'
      | 'like'
      | 'is'
      | 'distinct'
  }
>

function printOperation(syntax: Operation): string {
  const strength = strengthOf(syntax)
  const inner = (child: ExpressionSyntax, least = strength + 1): string =>
    strengthOf(child) < least ? `(${printSyntax(child)})` : printSyntax(child)
  switch (syntax.kind) {
    case 'unary':
      if (syntax.op === '-') return `-${inner(syntax.operand)}`
      return syntax.op === 'not' ? `not ${inner(syntax.operand, strength)}` : `${inner(syntax.operand)} ${syntax.op}`
    case 'binary':
    case 'infix':
      // Comparisons do not follow one another.
      return `${inner(syntax.left, strength === TEST ? strength + 1 : strength)} ${syntax.op} ${inner(syntax.right)}`
    case 'like': {
      const escaping = syntax.escape ? ` escape ${inner(syntax.escape)}` : ''
      return `${inner(syntax.operand)} ${syntax.negated ? 'not ' : ''}${syntax.op} ${inner(syntax.pattern)}${escaping}`
    }
    case 'is':
      return `${inner(syntax.operand)} is ${syntax.negated ? 'not ' : ''}${syntax.what}`
    case 'distinct':
      return `${inner(syntax.left)} is ${syntax.negated ? 'not ' : ''}distinct from ${inner(syntax.right)}`
    case 'logical':
      return syntax.operands.map((operand) => inner(operand)).join(` ${syntax.op} `)
    case 'match':
      return `${inner(syntax.operand)} ${syntax.negated ? '!~' : '=~'} ${inner(syntax.pattern)}`
    case 'in':
      return `${inner(syntax.operand)} ${syntax.negated ? 'not in' : 'in'} (${syntax.values.map((value) => inner(value)).join(', ')})`
    case 'in query':
      return `${inner(syntax.operand)} ${syntax.negated ? 'not in' : 'in'} ${syntax.text}`
    case 'between':
      return `${inner(syntax.operand)} ${syntax.negated ? 'not between' : 'between'} ${inner(syntax.low)} and ${inner(syntax.high)}`
  }
}

/** In quotes, since a bare `t.name` is one name. */
function printQualifier({ qualifier }: NameSyntax): string {
  return qualifier === undefined ? '' : `"${qualifier.replaceAll('"', '""')}".`
}

const TESTS: ReadonlySet<ExpressionSyntax['kind']> = new Set([
  'match',
  'in',
  'in query',
  'between',
  'like',
  'is',
  'distinct',
])

function strengthOf(syntax: ExpressionSyntax): number {
  if (syntax.kind === 'binary' || syntax.kind === 'infix' || syntax.kind === 'logical')
    return BINDING[syntax.op] ?? LEAF
  if (syntax.kind === 'unary') return syntax.op === '-' ? SIGN : syntax.op === 'not' ? 3 : TEST
  if (syntax.kind === 'cast') return syntax.tries ? LEAF : CAST
  // `~(x)::t` is read as `~(x::t)`.
  if (syntax.kind === 'call' && syntax.name === '~') return SIGN
  return TESTS.has(syntax.kind) ? TEST : LEAF
}

function printCall(syntax: Extract<ExpressionSyntax, { kind: 'call' }>): string {
  const { name, star, distinct, args, filter, over } = syntax
  const call = `${name}(${star ? '*' : (distinct ? 'distinct ' : '') + args.map(printSyntax).join(', ')})`
  const filtered = filter ? `${call} filter (where ${printSyntax(filter)})` : call
  return over ? `${filtered} over (${printOver(over)})` : filtered
}

function printOver({ partitionBy, orderBy, frame }: OverSyntax): string {
  const order = orderBy.map(({ expression, descending, nullsFirst }) => {
    return `${printSyntax(expression)}${descending ? ' desc' : ''}${nullsFirst ? ' nulls first' : ''}`
  })
  return [
    ...(partitionBy.length > 0 ? [`partition by ${partitionBy.map(printSyntax).join(', ')}`] : []),
    ...(order.length > 0 ? [`order by ${order.join(', ')}`] : []),
    ...(frame ? [`${frame.unit} between ${printBound(frame.start)} and ${printBound(frame.end)}`] : []),
  ].join(' ')
}

function printBound({ kind, distance }: BoundSyntax): string {
  if (kind === 'current') return 'current row'
  return `${distance ? printSyntax(distance) : 'unbounded'} ${kind}`
}
