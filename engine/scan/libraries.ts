import { aggregatesAreProvided } from '../aggregate/stateful.ts'
import { type Expression, nodesOf } from '../core/expression.ts'
import type { Library } from '../core/library.ts'
import { PATTERNS } from '../core/pattern.ts'
import type { AccumulatorInput } from '../core/plan.ts'
import { functionsAreProvided } from '../function/provided-functions.ts'
import { functionOf } from './call.ts'

/** Loads what expressions need before they are evaluated. */
export async function loadLibraries(expressions: Iterable<Expression | undefined>): Promise<void> {
  const needed = new Set<Library>()
  for (const expression of expressions) {
    if (expression === undefined) continue
    for (const node of nodesOf(expression)) {
      if (node.kind === 'call' && !functionsAreProvided()) await import('../function/registry.ts')
      const library = node.kind === 'match' ? PATTERNS : node.kind === 'call' ? functionOf(node).of.needs : undefined
      if (library && !library.isLoaded()) needed.add(library)
    }
  }
  for (const library of needed) await library.load()
}

/** Loads the aggregates with states of their own, where a plan has one. */
export async function loadAggregates(accumulators: readonly AccumulatorInput[]): Promise<void> {
  if (accumulators.length > 0 && !aggregatesAreProvided()) await import('../aggregate/stateful-registry.ts')
}
