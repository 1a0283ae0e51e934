import type { Cursor } from './cursor.ts'
import type { KillStatement } from './syntax.ts'

/** `KILL id`, with a number that SHOW QUERIES gave. */
export function parseKill(cursor: Cursor): KillStatement {
  cursor.requireWords('kill')
  cursor.acceptWords('query')
  const token = cursor.peek()
  if (token?.kind !== 'integer' || !Number.isSafeInteger(Number(token.text))) {
    cursor.expect('the number of a query')
    throw cursor.unexpected()
  }
  cursor.advance()
  const idRange = { offset: token.offset, length: token.length }
  return { kind: 'kill', range: cursor.rangeFrom(0), id: Number(token.text), idRange }
}
