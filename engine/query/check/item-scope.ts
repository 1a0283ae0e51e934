import { TidemarkError } from '../../core/errors.ts'
import { columnsOf } from '../../core/expression.ts'
import type { Output } from './checked.ts'
import { queryError } from './query-error.ts'
import type { Scope } from './scope.ts'

/**
 * A scope in which names mean items, too, by what these are called: a column goes first where one can stand there, as
 * in DuckDB. `before` is the clause that comes before functions with OVER.
 */
export function itemScope(scope: Scope, outputs: readonly Output[], before?: string): Scope {
  return {
    ...scope,
    column: (name) => {
      const item = name.qualifier === undefined ? outputs.find((each) => each.name === name.name) : undefined
      if (item === undefined) return scope.column(name)
      try {
        return scope.column(name)
      } catch (error) {
        if (!(error instanceof TidemarkError)) throw error
      }
      if (before !== undefined && columnsOf(item.expression).some((each) => each.startsWith('~'))) {
        throw queryError(name.range, `'${name.name}' has OVER, which comes behind ${before}`)
      }
      return item.expression
    },
  }
}
