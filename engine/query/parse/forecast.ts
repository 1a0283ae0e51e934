import type { Cursor } from './cursor.ts'
import { durationBehind, expressionBehind, parseModel, parseRows } from './model.ts'
import { parseExpression } from './parse-expression.ts'
import type { ExpressionSyntax, ForecastStatement } from './syntax.ts'

/** `FORECAST target USING model FOR duration`, and its clauses. */
export function parseForecast(cursor: Cursor): ForecastStatement {
  cursor.requireWords('forecast')
  const target = parseExpression(cursor)
  cursor.requireWords('using')
  const model = parseModel(cursor)
  cursor.requireWords('for')
  const horizon = cursor.duration()
  const every = durationBehind(cursor, 'every')
  const rows = parseRows(cursor)
  const confidence = parseConfidence(cursor)
  const train = durationBehind(cursor, 'train on')
  const backtest = expressionBehind(cursor, 'backtest')
  const saveAs = cursor.acceptWords('save as') ? cursor.name('a name') : undefined
  return {
    kind: 'forecast',
    range: cursor.rangeFrom(0),
    target,
    model,
    horizon,
    ...rows,
    ...(every && { every }),
    ...(confidence && { confidence }),
    ...(train && { train }),
    ...(backtest && { backtest }),
    ...(saveAs && { saveAs }),
  }
}

/** `CONFIDENCE 95` or `CONFIDENCE 95%`. */
function parseConfidence(cursor: Cursor): ExpressionSyntax | undefined {
  if (!cursor.acceptWords('confidence')) return undefined
  const token = cursor.peek()
  if (token?.kind !== 'integer' && token?.kind !== 'float') {
    cursor.expect('a percentage')
    throw cursor.unexpected()
  }
  cursor.advance()
  cursor.acceptSign('%')
  return { kind: token.kind, text: token.text, range: { offset: token.offset, length: token.length }, depth: 1 }
}
