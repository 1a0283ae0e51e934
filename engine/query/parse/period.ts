import type { Cursor } from './cursor.ts'
import { parseExpression } from './parse-expression.ts'
import type { ExpressionSyntax, PeriodSyntax } from './syntax.ts'

/** `SINCE time [UNTIL time]` or `OVER LAST duration`, where it is there. */
export function parsePeriod(cursor: Cursor): PeriodSyntax | undefined {
  const start = cursor.offset
  if (cursor.acceptWords('over last')) {
    const length = cursor.duration()
    return { kind: 'last', range: cursor.rangeFrom(start), length }
  }
  if (!cursor.acceptWords('since')) return undefined
  const since = parseExpression(cursor)
  const until = cursor.acceptWords('until') ? parseExpression(cursor) : undefined
  return { kind: 'since', range: cursor.rangeFrom(start), since, ...(until && { until }) }
}

/** The expressions in it. */
export function periodExpressions(period: PeriodSyntax): readonly ExpressionSyntax[] {
  if (period.kind === 'last') return []
  return period.until ? [period.since, period.until] : [period.since]
}
