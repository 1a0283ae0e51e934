import type { Cursor } from './cursor.ts'
import { parseExpression } from './parse-expression.ts'
import type { ExpressionSyntax, SpanSyntax } from './syntax.ts'

type SpanParser = (cursor: Cursor, start: number) => SpanSyntax

/** Each kind of windows of rows by its first words. */
const SPANS: readonly (readonly [words: string, parse: SpanParser])[] = [
  ['session window', parseSession],
  ['state window', parseState],
  ['event window', parseEvent],
  ['count window', parseCount],
]

/** Windows that rows make, where they are said: `SESSION WINDOW GAP d`, `STATE WINDOW x`, `EVENT WINDOW ...`, `COUNT WINDOW n`. */
export function parseSpan(cursor: Cursor): SpanSyntax | undefined {
  const start = cursor.offset
  return SPANS.find(([words]) => cursor.acceptWords(words))?.[1](cursor, start)
}

/** The expressions in it. */
export function spanExpressions(span: SpanSyntax): readonly ExpressionSyntax[] {
  switch (span.kind) {
    case 'session':
      return []
    case 'state':
      return [span.state]
    case 'event':
      return [span.from, span.to]
    case 'count':
      return [span.count, ...(span.slide ? [span.slide] : [])]
  }
}

function parseSession(cursor: Cursor, start: number): SpanSyntax {
  cursor.requireWords('gap')
  const gap = cursor.duration()
  return { kind: 'session', range: cursor.rangeFrom(start), gap }
}

function parseState(cursor: Cursor, start: number): SpanSyntax {
  const state = parseExpression(cursor)
  return { kind: 'state', range: cursor.rangeFrom(start), state }
}

function parseEvent(cursor: Cursor, start: number): SpanSyntax {
  cursor.requireWords('start')
  const from = parseExpression(cursor)
  cursor.requireWords('end')
  const to = parseExpression(cursor)
  return { kind: 'event', range: cursor.rangeFrom(start), from, to }
}

function parseCount(cursor: Cursor, start: number): SpanSyntax {
  const count = parseExpression(cursor)
  const slide = cursor.acceptWords('slide') ? parseExpression(cursor) : undefined
  return { kind: 'count', range: cursor.rangeFrom(start), count, ...(slide && { slide }) }
}
