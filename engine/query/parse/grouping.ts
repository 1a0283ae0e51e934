import type { Cursor } from './cursor.ts'
import { parseFill } from './fill.ts'
import { listOf } from './list.ts'
import { parseExpression } from './parse-expression.ts'
import { parseSpan } from './span.ts'
import type { ExpressionSyntax, SpanSyntax, WindowsSyntax } from './syntax.ts'

/** What rows are grouped by, and how windows of time lie. */
export interface GroupingSyntax {
  groupBy: readonly ExpressionSyntax[]
  windows?: WindowsSyntax
  span?: SpanSyntax
}

/** `GROUP BY duration, keys` or `SAMPLE BY duration`, what is said of the windows, and `BY keys` behind it; or windows of rows. */
export function parseGrouping(cursor: Cursor): GroupingSyntax {
  const groupBy = parseGroups(cursor)
  const windows = groupBy.some(({ kind }) => kind === 'duration') ? parseWindows(cursor) : undefined
  const span = windows ? undefined : parseSpan(cursor)
  const more =
    (windows ?? span) !== undefined && (cursor.acceptWords('by') || cursor.acceptWords('partition by'))
      ? listOf(cursor, parseGroupItem)
      : []
  return { groupBy: [...groupBy, ...more], ...(windows && { windows }), ...(span && { span }) }
}

function parseGroups(cursor: Cursor): ExpressionSyntax[] {
  if (cursor.acceptWords('group by')) return listOf(cursor, parseGroupItem)
  return cursor.acceptWords('sample by') ? [cursor.duration()] : []
}

function parseGroupItem(cursor: Cursor): ExpressionSyntax {
  cursor.expect('a duration', 'a tag')
  return parseExpression(cursor)
}

type WindowsPart = Partial<Omit<WindowsSyntax, 'range'>>

/** Each part of the windows by its first words. */
const PARTS: readonly (readonly [words: string, parse: (cursor: Cursor, start: number) => WindowsPart])[] = [
  ['step', (cursor) => ({ step: cursor.duration() })],
  ['from', parseBounds],
  ['align to', parseAlign],
  ['time zone', (cursor) => ({ zone: parseExpression(cursor) })],
  ['fill', (cursor) => ({ fill: parseFill(cursor) })],
]

/** The parts in any order, each once. */
function parseWindows(cursor: Cursor): WindowsSyntax {
  const start = cursor.offset
  const seen = new Set<string>()
  let windows: WindowsPart = {}
  for (;;) {
    const from = cursor.offset
    const part = PARTS.find(([words]) => !seen.has(words) && cursor.acceptWords(words))
    if (part === undefined) return { ...windows, range: cursor.rangeFrom(start) }
    const [words, parse] = part
    seen.add(words)
    windows = { ...windows, ...parse(cursor, from) }
  }
}

function parseBounds(cursor: Cursor): WindowsPart {
  const from = parseExpression(cursor)
  cursor.requireWords('to')
  return { bounds: { from, to: parseExpression(cursor) } }
}

function parseAlign(cursor: Cursor, start: number): WindowsPart {
  if (cursor.acceptWords('calendar')) return { align: { range: cursor.rangeFrom(start), to: 'calendar' } }
  if (cursor.acceptWords('first')) return { align: { range: cursor.rangeFrom(start), to: 'first' } }
  // A time is a text, a number or a call.
  if (cursor.peek()?.kind === 'name' && !cursor.atSign('(', 1) && cursor.peek(1)?.kind !== 'string') {
    cursor.expect('a time')
    throw cursor.unexpected()
  }
  return { align: { to: parseExpression(cursor), range: cursor.rangeFrom(start) } }
}
