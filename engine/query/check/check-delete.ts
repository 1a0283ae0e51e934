import type { DeleteStatement, ExpressionSyntax } from '../parse/syntax.ts'
import { checkCondition } from './check-expression.ts'
import { findTable, tableSources } from './check-source.ts'
import type { CheckedDelete } from './checked.ts'
import { requireWritable } from './named-view.ts'
import { rowScope } from './row-scope.ts'
import type { Environment } from './scope.ts'

/** Checks DELETE. Its condition stays apart in its tests, so that an error can say which of them cannot be. */
export function checkDelete({ table: name, where, range }: DeleteStatement, environment: Environment): CheckedDelete {
  const table = findTable(environment.catalog, name)
  requireWritable(environment.catalog, name)
  const scope = rowScope(tableSources(table), environment, 'in WHERE')
  const tests = testsOf(where).map((test) => {
    return { condition: checkCondition(test, scope, 'WHERE'), range: test.range }
  })
  return { kind: 'delete', range, table: table.name, tests }
}

function testsOf(where: ExpressionSyntax): readonly ExpressionSyntax[] {
  return where.kind === 'logical' && where.op === 'and' ? where.operands.flatMap(testsOf) : [where]
}
