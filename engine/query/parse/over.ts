import type { Cursor } from './cursor.ts'
import { isWord } from './cursor.ts'
import { listOf } from './list.ts'
import type { BoundSyntax, ExpressionSyntax, FrameSyntax, OrderItem, OverSyntax } from './syntax.ts'

type ParseExpression = (cursor: Cursor) => ExpressionSyntax

/** Whether a word is next; what was expected where it is not. */
function noted(cursor: Cursor, word: string): boolean {
  const there = isWord(cursor.peek(), word)
  if (!there) cursor.expect(word.toUpperCase())
  return there
}

/** `FILTER (WHERE condition)` behind a call, where it is there. */
export function parseFilter(cursor: Cursor, expression: ParseExpression): ExpressionSyntax | undefined {
  if (!cursor.atSign('(', 1) || !noted(cursor, 'filter')) return undefined
  cursor.advance()
  cursor.requireSign('(')
  cursor.requireWords('where')
  const condition = expression(cursor)
  cursor.requireSign(')')
  return condition
}

/** `OVER (PARTITION BY ... ORDER BY ... ROWS BETWEEN ... AND ...)` behind a call, where it is there. */
export function parseOver(cursor: Cursor, expression: ParseExpression): OverSyntax | undefined {
  if (!cursor.atSign('(', 1) || !noted(cursor, 'over')) return undefined
  const start = cursor.offset
  cursor.advance()
  cursor.requireSign('(')
  const partitionBy = cursor.acceptWords('partition by') ? listOf(cursor, expression) : []
  const orderBy = cursor.acceptWords('order by') ? listOf(cursor, (at) => parseOrderItem(at, expression)) : []
  const frame = parseFrame(cursor, expression)
  cursor.requireSign(')')
  return { range: cursor.rangeFrom(start), partitionBy, orderBy, ...(frame && { frame }) }
}

/** An expression to sort by, with its direction. */
export function parseOrderItem(cursor: Cursor, parseExpression: ParseExpression): OrderItem {
  const expression = parseExpression(cursor)
  const descending = cursor.acceptWords('desc') || (cursor.acceptWords('asc') && false)
  const nullsFirst = cursor.acceptWords('nulls first') || (cursor.acceptWords('nulls last') && false)
  return { expression, descending, nullsFirst }
}

/** Without an end a frame goes to the current row. */
function parseFrame(cursor: Cursor, expression: ParseExpression): FrameSyntax | undefined {
  const from = cursor.offset
  const unit = (['rows', 'range'] as const).find((word) => cursor.acceptWords(word))
  if (unit === undefined) return undefined
  const between = cursor.acceptWords('between')
  const start = parseBound(cursor, expression)
  if (!between) return { range: cursor.rangeFrom(from), unit, start, end: { range: start.range, kind: 'current' } }
  cursor.requireWords('and')
  const end = parseBound(cursor, expression)
  return { range: cursor.rangeFrom(from), unit, start, end }
}

/** One end of a frame. */
export function parseBound(cursor: Cursor, expression: ParseExpression): BoundSyntax {
  const from = cursor.offset
  if (cursor.acceptWords('current row')) return { range: cursor.rangeFrom(from), kind: 'current' }
  const distance = cursor.acceptWords('unbounded') ? undefined : expression(cursor)
  const kind = (['preceding', 'following'] as const).find((word) => cursor.acceptWords(word))
  if (kind === undefined) throw cursor.unexpected()
  return { range: cursor.rangeFrom(from), kind, ...(distance && { distance }) }
}
