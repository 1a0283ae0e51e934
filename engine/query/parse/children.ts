import type { ExpressionSyntax } from './syntax.ts'

/** The expressions that one is made of, in about the order of the text; what stands in OVER among them. */
export function childrenOf(syntax: ExpressionSyntax): readonly ExpressionSyntax[] {
  switch (syntax.kind) {
    case 'call': {
      const { args, filter, over } = syntax
      const order = over?.orderBy.map(({ expression }) => expression) ?? []
      return [...args, ...(filter ? [filter] : []), ...(over?.partitionBy ?? []), ...order]
    }
    case 'binary':
    case 'infix':
    case 'distinct':
      return [syntax.left, syntax.right]
    case 'logical':
      return syntax.operands
    case 'match':
      return [syntax.operand, syntax.pattern]
    case 'in':
      return [syntax.operand, ...syntax.values]
    case 'like':
      return [syntax.operand, syntax.pattern, ...(syntax.escape ? [syntax.escape] : [])]
    case 'between':
      return [syntax.operand, syntax.low, syntax.high]
    case 'case': {
      const branches = syntax.branches.flatMap(({ when, value }) => [when, value])
      const { operand, otherwise } = syntax
      return [...(operand ? [operand] : []), ...branches, ...(otherwise ? [otherwise] : [])]
    }
    default:
      return 'operand' in syntax ? [syntax.operand] : []
  }
}
