import { Cursor } from './cursor.ts'
import { parseExpression } from './parse-expression.ts'
import type {
  DurationSyntax,
  NameSyntax,
  OrderItem,
  SelectItem,
  SelectStatement,
  ShowStatement,
  ShowSubject,
  Statement,
} from './syntax.ts'

/** Each statement by its first word. */
const STATEMENTS: ReadonlyMap<string, (cursor: Cursor) => Statement> = new Map<string, (cursor: Cursor) => Statement>([
  ['select', parseSelect],
  ['show', parseShow],
])

/**
 * Parses one TSQL statement, in time linear in the text.
 * Throws `query` with the position and what was expected there.
 */
export function parse(text: string): Statement {
  return parseStatement(new Cursor(text))
}

/** `parse` over a cursor, whose notes of what was expected remain to be read. */
export function parseStatement(cursor: Cursor): Statement {
  for (const [word, parseRest] of STATEMENTS) {
    if (!cursor.acceptWords(word)) continue
    const statement = parseRest(cursor)
    const ended = cursor.acceptSign(';')
    const next = cursor.peek()
    if (next === undefined) return statement
    const error = cursor.unexpected()
    if (!ended) throw error
    throw cursor.failure('expected the end: one call runs one statement', next)
  }
  throw cursor.unexpected()
}

function parseSelect(cursor: Cursor): SelectStatement {
  const start = 0
  const items = [parseItem(cursor)]
  while (cursor.acceptSign(',')) items.push(parseItem(cursor))
  cursor.requireWords('from')
  const table = cursor.name('a table')
  const where = cursor.acceptWords('where') ? parseExpression(cursor) : undefined
  const latest = parseLatest(cursor)
  const groupBy = latest === undefined ? parseGroupBy(cursor) : []
  const orderBy = parseOrderBy(cursor)
  const limit = cursor.acceptWords('limit') ? parseExpression(cursor) : undefined
  const offset = limit && cursor.acceptWords('offset') ? parseExpression(cursor) : undefined
  return {
    kind: 'select',
    range: cursor.rangeFrom(start),
    items,
    table,
    groupBy,
    orderBy,
    ...(where && { where }),
    ...(latest && { latest }),
    ...(limit && { limit }),
    ...(offset && { offset }),
  }
}

function parseItem(cursor: Cursor): SelectItem {
  const start = cursor.peek()?.offset ?? 0
  if (cursor.acceptSign('*')) return { kind: 'star', range: cursor.rangeFrom(start) }
  const expression = parseExpression(cursor)
  return cursor.acceptWords('as')
    ? { kind: 'expression', expression, alias: cursor.name('a name') }
    : { kind: 'expression', expression }
}

function parseLatest(cursor: Cursor): SelectStatement['latest'] {
  const start = cursor.peek()?.offset ?? 0
  if (!cursor.acceptWords('latest on')) return undefined
  cursor.requireWords('time')
  const range = cursor.rangeFrom(start)
  return { range, by: cursor.acceptWords('partition by') ? parseNames(cursor) : [] }
}

function parseNames(cursor: Cursor): NameSyntax[] {
  const names = [cursor.name('a tag')]
  while (cursor.acceptSign(',')) names.push(cursor.name('a tag'))
  return names
}

function parseGroupBy(cursor: Cursor): (NameSyntax | DurationSyntax)[] {
  if (!cursor.acceptWords('group by')) return []
  const items = [parseGroupItem(cursor)]
  while (cursor.acceptSign(',')) items.push(parseGroupItem(cursor))
  return items
}

function parseGroupItem(cursor: Cursor): NameSyntax | DurationSyntax {
  const token = cursor.peek()
  if (token?.kind === 'duration') {
    cursor.advance()
    return { kind: 'duration', text: token.text, range: { offset: token.offset, length: token.length }, depth: 1 }
  }
  cursor.expect('a duration')
  return cursor.name('a tag')
}

function parseOrderBy(cursor: Cursor): OrderItem[] {
  if (!cursor.acceptWords('order by')) return []
  const items = [parseOrderItem(cursor)]
  while (cursor.acceptSign(',')) items.push(parseOrderItem(cursor))
  return items
}

function parseOrderItem(cursor: Cursor): OrderItem {
  const expression = parseExpression(cursor)
  const descending = cursor.acceptWords('desc') || (cursor.acceptWords('asc') && false)
  const nullsFirst = cursor.acceptWords('nulls first') || (cursor.acceptWords('nulls last') && false)
  return { expression, descending, nullsFirst }
}

const SUBJECTS: readonly ShowSubject[] = [
  'tables',
  'tags',
  'tag values',
  'fields',
  'series',
  'cardinality',
  'encodings',
]

function parseShow(cursor: Cursor): ShowStatement {
  const subject = SUBJECTS.find((words) => cursor.acceptWords(words))
  if (subject === undefined) throw cursor.unexpected()
  const from = subject === 'cardinality' ? cursor.acceptWords('from') : subject !== 'tables'
  if (from && subject !== 'cardinality') cursor.requireWords('from')
  const table = from ? cursor.name('a table') : undefined
  if (subject === 'tag values') cursor.requireWords('key')
  const key = subject === 'tag values' ? cursor.name('a tag') : undefined
  const where = subject === 'series' && cursor.acceptWords('where') ? parseExpression(cursor) : undefined
  const limit = cursor.acceptWords('limit') ? parseExpression(cursor) : undefined
  return {
    kind: 'show',
    range: cursor.rangeFrom(0),
    subject,
    ...(table && { table }),
    ...(key && { key }),
    ...(where && { where }),
    ...(limit && { limit }),
  }
}
