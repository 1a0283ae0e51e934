import { type Expression, expressionType } from '../../core/expression.ts'
import { knownUnits } from '../../core/unit.ts'
import { castName, TYPE_NAMES } from '../../function/cast.ts'
import type { ExpressionSyntax } from '../parse/syntax.ts'
import { caseOf, checkCall } from './check-call.ts'
import { checkUnit } from './check-unit.ts'
import { literal, type Ranged, requireType, typeName } from './coerce.ts'
import { comparison } from './comparison.ts'
import { fold } from './fold.ts'
import { queryError, unknownName } from './query-error.ts'
import { unitOf } from './unit-of.ts'

type SyntaxOf<Kind extends ExpressionSyntax['kind']> = Extract<ExpressionSyntax, { kind: Kind }>
/** Forms that are made of other expressions and of calls. */
type FormSyntax = SyntaxOf<'infix' | 'like' | 'is' | 'distinct' | 'case' | 'cast'>
type Check = (syntax: ExpressionSyntax) => Expression

export function checkForm(syntax: FormSyntax, check: Check): Expression {
  const ranged = (inner: ExpressionSyntax): Ranged => [check(inner), inner.range]
  const { range } = syntax
  switch (syntax.kind) {
    case 'infix':
      return checkCall({ name: syntax.op, range }, [ranged(syntax.left), ranged(syntax.right)])
    case 'like': {
      const args = [syntax.operand, syntax.pattern, ...(syntax.escape ? [syntax.escape] : [])]
      return negatedIf(syntax, checkCall({ name: syntax.op, range }, args.map(ranged)))
    }
    case 'is':
      return negatedIf(syntax, checkCall({ name: `is ${syntax.what}`, range }, [ranged(syntax.operand)]))
    case 'distinct':
      return checkDistinct(syntax, [ranged(syntax.left), ranged(syntax.right)])
    case 'case':
      return checkCase(syntax, ranged)
    case 'cast':
      return checkCast(syntax, ranged(syntax.operand))
  }
}

function negatedIf({ negated, range }: FormSyntax & { negated: boolean }, operand: Expression): Expression {
  return negated ? fold({ kind: 'unary', op: 'not', type: 'bool', operand }, range) : operand
}

/** Both sides are brought to one type as those of a comparison are. */
function checkDistinct(syntax: SyntaxOf<'distinct'>, sides: readonly [Ranged, Ranged]): Expression {
  const compared = comparison('=', sides[0], sides[1])
  if (compared.kind !== 'binary') throw new Error('a comparison has two sides')
  const { left, right } = compared
  const args: Ranged[] = [
    [left, syntax.left.range],
    [right, syntax.right.range],
  ]
  const distinct = checkCall({ name: 'is distinct from', range: syntax.range }, args)
  return syntax.negated ? fold({ kind: 'unary', op: 'not', type: 'bool', operand: distinct }, syntax.range) : distinct
}

function checkCase(syntax: SyntaxOf<'case'>, ranged: (inner: ExpressionSyntax) => Ranged): Expression {
  const compared = syntax.operand && ranged(syntax.operand)
  const branches = syntax.branches.map(({ when, value }) => {
    const condition = ranged(when)
    if (compared === undefined) requireType(condition[0], ['bool'], when.range, 'WHEN')
    const test = compared ? fold(comparison('=', compared, condition), when.range) : condition[0]
    return { when: test, value: ranged(value) }
  })
  const otherwise: Ranged = syntax.otherwise ? ranged(syntax.otherwise) : [literal(null), syntax.range]
  return fold(caseOf(branches, otherwise, 'CASE'), syntax.range)
}

function checkCast({ target, targetRange, tries, range }: SyntaxOf<'cast'>, operand: Ranged): Expression {
  const to = TYPE_NAMES.get(target.toLowerCase())
  if (to === undefined && knownUnits().has(target)) {
    return fold(checkUnit(operand, target, targetRange), range)
  }
  if (to === undefined) {
    const names = [...TYPE_NAMES.keys(), ...(unitOf(operand[0]) === undefined ? [] : knownUnits().keys())]
    throw unknownName(targetRange, { what: 'type or unit', wrong: target }, names)
  }
  const from = expressionType(operand[0])
  if (from === to) return operand[0]
  if (from === 'null') return { kind: 'literal', type: to, value: null }
  if ((from === 'time' || to === 'time') && !['i64', 'string', 'time'].includes(from === 'time' ? to : from)) {
    throw queryError(range, `${typeName(from)} cannot be converted to ${typeName(to)}`)
  }
  return checkCall({ name: castName(to, tries), range }, [operand])
}
