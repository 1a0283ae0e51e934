import { printLiteral, printName } from '../../core/expression.ts'
import type { ExpressionSyntax } from './syntax.ts'

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
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
}
const LEAF = 8

/** An expression as the reader would write it, with only the brackets it needs: the name of a column without an alias. */
export function printSyntax(syntax: ExpressionSyntax): string {
  switch (syntax.kind) {
    case 'name':
      return printName(syntax.name)
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
    case 'call':
      return `${syntax.name}(${syntax.star ? '*' : (syntax.distinct ? 'distinct ' : '') + syntax.args.map(printSyntax).join(', ')})`
    default:
      return printOperation(syntax)
  }
}

type Operation = Extract<ExpressionSyntax, { kind: 'unary' | 'binary' | 'logical' | 'match' | 'in' | 'between' }>

function printOperation(syntax: Operation): string {
  const strength = strengthOf(syntax)
  const inner = (child: ExpressionSyntax, least = strength + 1): string =>
    strengthOf(child) < least ? `(${printSyntax(child)})` : printSyntax(child)
  switch (syntax.kind) {
    case 'unary':
      if (syntax.op === '-') return `-${inner(syntax.operand)}`
      return syntax.op === 'not' ? `not ${inner(syntax.operand, strength)}` : `${inner(syntax.operand)} ${syntax.op}`
    case 'binary':
      return `${inner(syntax.left, strength)} ${syntax.op} ${inner(syntax.right)}`
    case 'logical':
      return syntax.operands.map((operand) => inner(operand)).join(` ${syntax.op} `)
    case 'match':
      return `${inner(syntax.operand)} ${syntax.negated ? '!~' : '=~'} ${inner(syntax.pattern)}`
    case 'in':
      return `${inner(syntax.operand)} ${syntax.negated ? 'not in' : 'in'} (${syntax.values.map(printSyntax).join(', ')})`
    case 'between':
      return `${inner(syntax.operand)} ${syntax.negated ? 'not between' : 'between'} ${inner(syntax.low)} and ${inner(syntax.high)}`
  }
}

function strengthOf(syntax: ExpressionSyntax): number {
  if (syntax.kind === 'binary' || syntax.kind === 'logical') return BINDING[syntax.op] ?? LEAF
  if (syntax.kind === 'unary') return syntax.op === '-' ? 7 : syntax.op === 'not' ? 3 : 4
  return syntax.kind === 'match' || syntax.kind === 'in' || syntax.kind === 'between' ? 4 : LEAF
}
