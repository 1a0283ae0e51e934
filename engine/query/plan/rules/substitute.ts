import { type Expression, mapOperands } from '../../../core/expression.ts'
import type { Output } from '../../check/checked.ts'

/** Largest expression that a rule makes by putting one into another; what would grow beyond it stays as it is. */
export const MAX_SUBSTITUTED_NODES = 1_000

/** Columns by name, and what to put in their place. */
export type Substitution = ReadonlyMap<string, Expression>

export function outputSubstitution(outputs: readonly Pick<Output, 'name' | 'expression'>[]): Substitution {
  return new Map(outputs.map(({ name, expression }) => [name, expression]))
}

/**
 * Puts expressions in the place of columns, in all, or in none where one would get too large or mean something else: an absent tag is
 * `''` to a test, but missing to one of a column that had it from a union with a text or from an outer join; one that FULL JOIN
 * made of two is missing in what makes it.
 */
export function substituteAll(
  expressions: readonly Expression[],
  substitution: Substitution,
): readonly Expression[] | undefined {
  let nodes = 0
  let isChanged = false
  const replace = (expression: Expression): Expression => {
    nodes++
    if (nodes > MAX_SUBSTITUTED_NODES) return expression
    const found = expression.kind === 'column' ? substitution.get(expression.name) : undefined
    if (found === undefined) return mapOperands(expression, replace)
    if (isTag(found) !== isTag(expression)) isChanged = true
    nodes += nodeCount(found, MAX_SUBSTITUTED_NODES)
    return found
  }
  const replaced = expressions.map(replace)
  return isChanged || nodes > MAX_SUBSTITUTED_NODES ? undefined : replaced
}

function isTag(expression: Expression): boolean {
  return expression.kind === 'column' && expression.source === 'tag'
}

/** Nodes of an expression; counting ends soon after `most`. */
function nodeCount(expression: Expression, most: number): number {
  let count = 0
  const visit = (node: Expression): Expression => {
    count++
    return count > most ? node : mapOperands(node, visit)
  }
  visit(expression)
  return count
}
