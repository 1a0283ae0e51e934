import { type Cursor, isWord, QUERY_WORDS } from './cursor.ts'
import { namesInBrackets } from './list.ts'
import { parseBound } from './over.ts'
import { limitDepth, limitNesting, parseExpression } from './parse-expression.ts'
import type { JoinKind, JoinSyntax, NameSyntax, SourceSyntax } from './syntax.ts'
import { CLAUSE_WORDS, type Token } from './token.ts'

/** Words of joins; `OUTER` may be there and says nothing. */
const JOINS: readonly (readonly [words: string, join: JoinKind])[] = [
  ['join', 'inner'],
  ['inner join', 'inner'],
  ['left join', 'left'],
  ['right join', 'right'],
  ['full join', 'full'],
  ['left outer join', 'left'],
  ['right outer join', 'right'],
  ['full outer join', 'full'],
  ['cross join', 'cross'],
]

/** ASOF JOIN keeps every row of the left side unless INNER is said. */
const ASOF_JOINS: readonly (readonly [words: string, join: JoinKind])[] = [
  ['asof join', 'left'],
  ['asof left join', 'left'],
  ['asof inner join', 'inner'],
]

/** WINDOW JOIN keeps every row of the left side. */
const WINDOW_JOINS: readonly (readonly [words: string, join: JoinKind])[] = [['window join', 'left']]

/** The letters, sorted, of the words that say what kind of a join it is. */
const JOIN_LETTERS = new Set(
  [...JOINS, ...ASOF_JOINS, ...WINDOW_JOINS].map(([words]) => [...words.replace(/ .*/, '')].sort().join()),
)

/** Parses what stands behind FROM: tables and sub-queries, and what joins them, from left to right. */
export function parseSource(cursor: Cursor): SourceSyntax {
  limitNesting(cursor, cursor.nesting)
  const start = cursor.offset
  let left = parseOperand(cursor)
  for (;;) {
    const join = parseJoin(cursor, left, start)
    if (join === undefined) return left
    left = join
  }
}

function parseJoin(cursor: Cursor, left: SourceSyntax, start: number): JoinSyntax | undefined {
  const asof = acceptJoin(cursor, ASOF_JOINS)
  const around = asof ? undefined : acceptJoin(cursor, WINDOW_JOINS)
  const plain = asof ?? around ?? acceptJoin(cursor, JOINS)
  const join = plain ?? (cursor.acceptSign(',') ? 'cross' : undefined)
  if (join === undefined) return undefined
  const right = parseOperand(cursor)
  const matching = asof ? parseAsof(cursor) : around ? parseAround(cursor) : parseMatching(cursor, join)
  const range = cursor.rangeFrom(start)
  return { kind: 'join', range, depth: limitDepth(range, [left, right, matching.on]), join, left, right, ...matching }
}

function acceptJoin(cursor: Cursor, joins: typeof JOINS): JoinKind | undefined {
  const found = joins.find(([words]) => cursor.acceptWords(words, words.replace(' outer', '').toUpperCase()))
  return found?.[1]
}

type Matching = Pick<JoinSyntax, 'on' | 'using' | 'asof' | 'around'>

function parseMatching(cursor: Cursor, join: JoinKind): Matching {
  if (join === 'cross') return { using: [] }
  if (cursor.acceptWords('using')) return { using: requireNames(cursor) }
  cursor.requireWords('on')
  return { on: parseExpression(cursor), using: [] }
}

function parseAsof(cursor: Cursor): Matching {
  const using = cursor.acceptWords('on') || cursor.acceptWords('using') ? requireNames(cursor) : []
  const tolerance = cursor.acceptWords('tolerance') ? cursor.duration() : undefined
  const next = cursor.acceptWords('next')
  const direction = next ? 'next' : cursor.acceptWords('nearest') ? 'nearest' : 'previous'
  return { using, asof: { direction, ...(tolerance && { tolerance }) } }
}

function parseAround(cursor: Cursor): Matching {
  const using = cursor.acceptWords('on') || cursor.acceptWords('using') ? requireNames(cursor) : []
  const from = cursor.offset
  cursor.requireWords('range between')
  const start = parseBound(cursor, parseExpression)
  cursor.requireWords('and')
  const end = parseBound(cursor, parseExpression)
  const prevailing = cursor.acceptWords('include prevailing') || !cursor.acceptWords('exclude prevailing')
  return { using, around: { range: cursor.rangeFrom(from), start, end, prevailing } }
}

function requireNames(cursor: Cursor): NameSyntax[] {
  const names = namesInBrackets(cursor, 'a tag')
  if (names.length === 0) throw cursor.unexpected()
  return names
}

function parseOperand(cursor: Cursor): SourceSyntax {
  const start = cursor.offset
  if (cursor.atQuery()) {
    const query = cursor.bracketedQuery()
    const alias = parseAlias(cursor)
    const columns = alias ? namesInBrackets(cursor, 'a name') : []
    return {
      kind: 'query',
      range: cursor.rangeFrom(start),
      depth: query.depth,
      query,
      columns,
      ...(alias && { alias }),
    }
  }
  if (cursor.atSign('(')) {
    cursor.requireSign('(')
    cursor.expect(...QUERY_WORDS.map((word) => word.toUpperCase()))
    const inner = cursor.nested(() => parseSource(cursor))
    cursor.requireSign(')')
    return inner
  }
  const name = cursor.name('a table')
  const alias = parseAlias(cursor)
  return { kind: 'table', range: name.range, depth: 1, name, ...(alias && { alias }) }
}

/** A name behind a source is its alias, also without AS, unless a clause begins with it. */
function parseAlias(cursor: Cursor): NameSyntax | undefined {
  if (cursor.acceptWords('as')) return cursor.name('a name')
  const token = cursor.peek()
  const isAlias =
    token?.kind === 'quoted-name' || (token?.kind === 'name' && !CLAUSE_WORDS.has(token.text.toLowerCase()))
  return isAlias && !isMisspeltJoin(token, cursor.peek(1)) ? cursor.bareAlias() : undefined
}

/** `LFET JOIN`: as an alias it would make a join of another kind, with other rows. With AS it is one. */
function isMisspeltJoin({ kind, text }: Token, next: Token | undefined): boolean {
  const letters = [...text.toLowerCase()].sort().join()
  return kind === 'name' && isWord(next, 'join') && JOIN_LETTERS.has(letters)
}
