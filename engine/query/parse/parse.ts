import { Cursor, isWord } from './cursor.ts'
import { parseDetect } from './detect.ts'
import { parseForecast } from './forecast.ts'
import { parseQuery } from './select.ts'
import { parseShow } from './show.ts'
import type { Statement } from './syntax.ts'

type StatementParser = (cursor: Cursor) => Statement

/** Each statement by its first word. */
const STATEMENTS: ReadonlyMap<string, StatementParser> = new Map<string, StatementParser>([
  ['select', parseQuery],
  ['with', parseQuery],
  ['values', parseQuery],
  ['show', parseShow],
  ['forecast', parseForecast],
  ['detect', parseDetect],
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
  const statement = statementParser(cursor)(cursor)
  const ended = cursor.acceptSign(';')
  const next = cursor.peek()
  if (next === undefined) return statement
  if (!ended) throw cursor.unexpected()
  throw cursor.failure('expected the end: one call runs one statement', next)
}

function statementParser(cursor: Cursor): StatementParser {
  const first = cursor.peek()
  for (const [word, parser] of STATEMENTS) {
    if (isWord(first, word)) return parser
    cursor.expect(word.toUpperCase())
  }
  if (first?.kind === 'operator' && first.text === '(') return parseQuery
  throw cursor.unexpected()
}
