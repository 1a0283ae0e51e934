import { type Cursor, isWord } from './cursor.ts'
import { type GroupingSyntax, parseGrouping } from './grouping.ts'
import { listOf, namesInBrackets } from './list.ts'
import { parseOrderItem } from './over.ts'
import { deepest, limitDepth, limitNesting, parseExpression } from './parse-expression.ts'
import { parsePeriod, periodExpressions } from './period.ts'
import { parseSource } from './source.ts'
import { spanExpressions } from './span.ts'
import type {
  CoreSyntax,
  DurationSyntax,
  NamedQuery,
  NameSyntax,
  QueryBody,
  SelectItem,
  SelectStatement,
  SetOperator,
  ValuesSyntax,
} from './syntax.ts'
import { CLAUSE_WORDS, type Token } from './token.ts'

/** Parses a query: SELECT, VALUES or a query in brackets, what combines them, and the clauses around. */
export function parseQuery(cursor: Cursor): SelectStatement {
  limitNesting(cursor, cursor.nesting)
  const start = cursor.offset
  const tables = cursor.acceptWords('with') ? listOf(cursor, parseNamedQuery) : []
  const body = parseUnion(cursor)
  const orderBy = cursor.acceptWords('order by') ? listOf(cursor, (at) => parseOrderItem(at, parseExpression)) : []
  const limit = cursor.acceptWords('limit') ? parseExpression(cursor) : undefined
  const per = limit && cursor.acceptWords('per') ? listOf(cursor, parseExpression) : []
  const offset = limit && cursor.acceptWords('offset') ? parseExpression(cursor) : undefined
  const range = cursor.rangeFrom(start)
  const inner = [...tables.map(({ query }) => query), body, ...orderBy.map(({ expression }) => expression), ...per]
  return {
    kind: 'select',
    range,
    depth: deepest(inner),
    tables,
    body,
    orderBy,
    per,
    ...(limit && { limit }),
    ...(offset && { offset }),
  }
}

function parseNamedQuery(cursor: Cursor): NamedQuery {
  const name = cursor.name('a name')
  const columns = namesInBrackets(cursor, 'a name')
  cursor.requireWords('as')
  return { name, columns, query: cursor.bracketedQuery() }
}

const UNION_OPERATORS: readonly SetOperator[] = ['union', 'except']
const INTERSECT_OPERATORS: readonly SetOperator[] = ['intersect']

/** INTERSECT binds tighter than UNION and EXCEPT, which go from left to right. */
function parseUnion(cursor: Cursor): QueryBody {
  return parseSets(cursor, UNION_OPERATORS, () => parseSets(cursor, INTERSECT_OPERATORS, () => parseBody(cursor)))
}

function parseSets(cursor: Cursor, operators: readonly SetOperator[], operand: () => QueryBody): QueryBody {
  const start = cursor.offset
  let left = operand()
  let operands: QueryBody[] = []
  for (;;) {
    const op = operators.find((word) => cursor.acceptWords(word))
    if (op === undefined) return left
    const all = cursor.acceptWords('all')
    const right = operand()
    const range = cursor.rangeFrom(start)
    // Only a node of this loop has one of its operators, so that the list of operands is that of the node.
    const before = left.kind === 'set' && left.op === op && left.all === all && op !== 'except' ? left : undefined
    if (before === undefined) operands = [left]
    operands.push(right)
    const depth = Math.max(before?.depth ?? 0, limitDepth(range, before ? [right] : operands))
    left = { kind: 'set', range, depth, op, all, operands }
  }
}

function parseBody(cursor: Cursor): QueryBody {
  if (cursor.acceptWords('select')) return parseCore(cursor)
  if (cursor.acceptWords('values')) return parseValues(cursor)
  if (cursor.atSign('(')) return cursor.bracketedQuery()
  cursor.expect("'('")
  throw cursor.unexpected()
}

function parseCore(cursor: Cursor): CoreSyntax {
  const start = cursor.lastOffset
  const distinct = cursor.acceptWords('distinct')
  const items = listOf(cursor, parseItem)
  const from = cursor.acceptWords('from') ? parseSource(cursor) : undefined
  const where = cursor.acceptWords('where') ? parseExpression(cursor) : undefined
  const period = from && parsePeriod(cursor)
  const latest = from && parseLatest(cursor)
  const { groupBy, windows, span }: GroupingSyntax = latest ? { groupBy: [] } : parseGrouping(cursor)
  const having = !latest && cursor.acceptWords('having') ? parseExpression(cursor) : undefined
  const range = cursor.rangeFrom(start)
  const expressions = items.flatMap((item) => (item.kind === 'expression' ? [item.expression] : []))
  const parts = [...(period ? periodExpressions(period) : []), ...(span ? spanExpressions(span) : [])]
  const inner = [...expressions, from, where, ...parts, ...groupBy, having]
  return {
    kind: 'core',
    range,
    depth: deepest(inner),
    distinct,
    items,
    groupBy,
    ...(windows && { windows }),
    ...(span && { span }),
    ...(from && { from }),
    ...(where && { where }),
    ...(period && { period }),
    ...(latest && { latest }),
    ...(having && { having }),
  }
}

function parseItem(cursor: Cursor): SelectItem {
  const start = cursor.offset
  if (cursor.acceptSign('*')) return { kind: 'star', range: cursor.rangeFrom(start) }
  if (cursor.atSign('.', 1) && cursor.atSign('*', 2)) {
    const { name } = cursor.name('a table')
    cursor.requireSign('.')
    cursor.requireSign('*')
    return { kind: 'star', range: cursor.rangeFrom(start), qualifier: name }
  }
  const expression = parseExpression(cursor)
  const offset = parseOffset(cursor)
  const alias = cursor.acceptWords('as') ? cursor.name('a name') : atBareAlias(cursor) ? cursor.bareAlias() : undefined
  return { kind: 'expression', expression, ...(offset && { offset }), ...(alias && { alias }) }
}

/** A name may be called so, too: then no duration follows. */
function parseOffset(cursor: Cursor): DurationSyntax | undefined {
  const next = cursor.peek(1)
  if (isWord(cursor.peek(), 'offset') && next !== undefined && next.kind !== 'duration') return undefined
  return cursor.acceptWords('offset') ? cursor.duration() : undefined
}

/** Whether an alias without AS is next: a name behind which the items go on or end, and with which no clause begins. */
function atBareAlias(cursor: Cursor): boolean {
  const token = cursor.peek()
  if (token?.kind === 'quoted-name') return true
  if (token?.kind !== 'name') return false
  const next = cursor.peek(1)
  if (cursor.atSign(',', 1) || (next?.kind === 'keyword' && isWord(next, 'from'))) return true
  if (beginsClause(token)) return false
  return next === undefined || next.kind === 'operator' || next.kind === 'keyword' || beginsClause(next)
}

function beginsClause(token: Token): boolean {
  return token.kind === 'name' && CLAUSE_WORDS.has(token.text.toLowerCase())
}

function parseLatest(cursor: Cursor): CoreSyntax['latest'] {
  const start = cursor.offset
  if (!cursor.acceptWords('latest on')) return undefined
  cursor.requireWords('time')
  const range = cursor.rangeFrom(start)
  return { range, by: cursor.acceptWords('partition by') ? listOf(cursor, parseTag) : [] }
}

function parseTag(cursor: Cursor): NameSyntax {
  return cursor.name('a tag')
}

function parseValues(cursor: Cursor): ValuesSyntax {
  const start = cursor.lastOffset
  const rows = listOf(cursor, (at) => {
    at.requireSign('(')
    const row = listOf(at, parseExpression)
    at.requireSign(')')
    return row
  })
  const range = cursor.rangeFrom(start)
  return { kind: 'values', range, depth: deepest(rows.flat()), rows }
}
