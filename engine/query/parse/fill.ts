import type { Cursor } from './cursor.ts'
import { listOf } from './list.ts'
import { parseExpression } from './parse-expression.ts'
import type { FillOption, FillSyntax } from './syntax.ts'

const METHODS: readonly (readonly [word: string, method: Exclude<FillOption['method'], 'value'>])[] = [
  ['none', 'none'],
  ['null', 'null'],
  ['previous', 'previous'],
  ['prev', 'previous'],
  ['next', 'next'],
  ['linear', 'linear'],
]

/** What stands behind FILL: `(option, column: option) MAX GAP duration`. */
export function parseFill(cursor: Cursor): FillSyntax {
  const start = cursor.lastOffset
  cursor.requireSign('(')
  const options = listOf(cursor, parseOption)
  cursor.requireSign(')')
  const maxGap = cursor.acceptWords('max gap') ? cursor.duration() : undefined
  return { range: cursor.rangeFrom(start), options, ...(maxGap && { maxGap }) }
}

function parseOption(cursor: Cursor): FillOption {
  const start = cursor.offset
  const column = cursor.atSign(':', 1) ? cursor.name('a name') : undefined
  if (column) cursor.requireSign(':')
  const named = column && { column }
  const method = METHODS.find(([word]) => cursor.acceptWords(word))?.[1]
  if (method !== undefined) return { range: cursor.rangeFrom(start), method, ...named }
  if (cursor.peek()?.kind === 'name' && (cursor.atSign(',', 1) || cursor.atSign(')', 1))) {
    cursor.expect('a constant')
    throw cursor.unexpected()
  }
  const value = parseExpression(cursor)
  return { range: cursor.rangeFrom(start), method: 'value', value, ...named }
}
