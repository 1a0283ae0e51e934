import { Cursor, isWord } from './cursor.ts'
import { parseDelete } from './delete.ts'
import { parseDetect } from './detect.ts'
import { parseForecast } from './forecast.ts'
import { parseInsert } from './insert.ts'
import { parseKill } from './kill.ts'
import { parseQuery } from './select.ts'
import { parseShow } from './show.ts'
import type { Statement } from './statement.ts'
import { parseSubscribe } from './subscribe.ts'
import type { ExplainedStatement, ExplainStatement, SelectStatement } from './syntax.ts'
import { parseAlter, parseCreate, parseDrop } from './table.ts'
import { parseExport, parseImport } from './transfer.ts'
import { parseAlterView, parseCreateView, parseDropView, parseRefreshView } from './view.ts'

type StatementParser<S extends Statement> = (cursor: Cursor) => S
type StatementParsers<S extends Statement> = ReadonlyMap<string, StatementParser<S>>

/** What is said of a table or of a view, by the words behind the first. */
function tableOrView<T extends Statement, V extends Statement>(
  table: StatementParser<T>,
  view: StatementParser<V>,
): StatementParser<T | V> {
  return (cursor) => {
    cursor.advance()
    return cursor.acceptWords('materialized view') ? view(cursor) : table(cursor)
  }
}

/** Statements that read rows, by their first word. */
const EXPLAINED: StatementParsers<ExplainedStatement> = new Map<string, StatementParser<ExplainedStatement>>([
  ['select', parseQuery],
  ['with', parseQuery],
  ['values', parseQuery],
  ['forecast', parseForecast],
  ['detect', parseDetect],
])

/** Each statement by its first word. */
const STATEMENTS: StatementParsers<Statement> = new Map<string, StatementParser<Statement>>([
  ...EXPLAINED,
  ['show', parseShow],
  ['explain', parseExplain],
  ['insert', parseInsert],
  ['delete', parseDelete],
  ['create', tableOrView(parseCreate, parseCreateView)],
  ['alter', tableOrView(parseAlter, parseAlterView)],
  ['drop', tableOrView(parseDrop, parseDropView)],
  ['export', parseExport],
  ['import', parseImport],
  ['subscribe', parseSubscribe],
  ['refresh', parseRefreshView],
  ['kill', parseKill],
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
  cursor.parseQuery = parseQuery
  const statement = parserOf(cursor, STATEMENTS)(cursor)
  const ended = cursor.acceptSign(';')
  const next = cursor.peek()
  if (next === undefined) return statement
  if (!ended) throw cursor.unexpected()
  throw cursor.failure('expected the end: one call runs one statement', next)
}

function parseExplain(cursor: Cursor): ExplainStatement {
  cursor.requireWords('explain')
  const analyze = cursor.acceptWords('analyze')
  const statement = parserOf(cursor, EXPLAINED)(cursor)
  return { kind: 'explain', range: cursor.rangeFrom(0), statement, analyze }
}

/** The parser of what begins with the next word. */
function parserOf<S extends Statement>(
  cursor: Cursor,
  parsers: StatementParsers<S | SelectStatement>,
): StatementParser<S | SelectStatement> {
  const first = cursor.peek()
  for (const [word, parser] of parsers) {
    if (isWord(first, word)) return parser
    cursor.expect(word.toUpperCase())
  }
  if (cursor.atSign('(')) return parseQuery
  throw cursor.unexpected()
}
