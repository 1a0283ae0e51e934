import { type Expression, nodesOf } from '../core/expression.ts'
import type { Library } from '../core/library.ts'
import { PATTERNS } from '../core/pattern.ts'
import { functionOf } from './call.ts'

/** Loads what expressions need before they are evaluated. */
export async function loadLibraries(expressions: Iterable<Expression | undefined>): Promise<void> {
  const needed = new Set<Library>()
  for (const expression of expressions) {
    if (expression === undefined) continue
    for (const node of nodesOf(expression)) {
      const library = node.kind === 'match' ? PATTERNS : node.kind === 'call' ? functionOf(node).of.needs : undefined
      if (library && !library.isLoaded()) needed.add(library)
    }
  }
  for (const library of needed) await library.load()
}
