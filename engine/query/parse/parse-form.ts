import { type Cursor, isWord } from './cursor.ts'
import type { ExpressionSyntax, SourceRange } from './syntax.ts'

/** What the editor's completion, too, knows these two classes by. */
export const TARGET = 'a type or a unit'
export const PART = 'a part of a time'

/** The rest of the grammar of expressions, which forms are made of. */
export interface FormParts {
  expression(cursor: Cursor, nesting: number): ExpressionSyntax
  /** Without comparisons, AND and OR. */
  operand(cursor: Cursor, nesting: number): ExpressionSyntax
  spanning(cursor: Cursor, offset: number, children: readonly ExpressionSyntax[]): { range: SourceRange; depth: number }
}

type Form = (cursor: Cursor, start: number, nesting: number, parts: FormParts) => ExpressionSyntax

/** Forms that look like calls but have words inside, by their first word. */
const FORMS: ReadonlyMap<string, Form> = new Map([
  ['cast', (cursor, start, nesting, parts) => parseCast(cursor, start, nesting, { parts, tries: false })],
  ['try_cast', (cursor, start, nesting, parts) => parseCast(cursor, start, nesting, { parts, tries: true })],
  ['extract', parseExtract],
  ['position', parsePosition],
])

const TYPED_LITERALS: ReadonlySet<string> = new Set(['time', 'timestamp', 'date', 'interval'])

/** Parses CASE, CAST, EXTRACT, `POSITION(a IN b)` or `time '...'`; `undefined`, with nothing taken, where none is there. */
export function parseForm(cursor: Cursor, nesting: number, parts: FormParts): ExpressionSyntax | undefined {
  const token = cursor.peek()
  const next = cursor.peek(1)
  if (token?.kind === 'keyword' && isWord(token, 'case')) {
    cursor.advance()
    return parseCase(cursor, token.offset, nesting + 1, parts)
  }
  if (token?.kind !== 'name') return undefined
  const word = token.text.toLowerCase()
  const form = FORMS.get(word)
  if (form !== undefined && next?.kind === 'operator' && next.text === '(') {
    cursor.advance()
    cursor.advance()
    return form(cursor, token.offset, nesting + 1, parts)
  }
  return next?.kind === 'string' && TYPED_LITERALS.has(word) ? parseTyped(cursor, word, token.offset) : undefined
}

function parseCase(cursor: Cursor, start: number, nesting: number, parts: FormParts): ExpressionSyntax {
  const operand = isWord(cursor.peek(), 'when') ? undefined : parts.expression(cursor, nesting)
  const branches: { when: ExpressionSyntax; value: ExpressionSyntax }[] = []
  cursor.requireWords('when')
  do {
    const when = parts.expression(cursor, nesting)
    cursor.requireWords('then')
    branches.push({ when, value: parts.expression(cursor, nesting) })
  } while (cursor.acceptWords('when'))
  const otherwise = cursor.acceptWords('else') ? parts.expression(cursor, nesting) : undefined
  cursor.requireWords('end')
  const children = branches.flatMap(({ when, value }) => [when, value])
  const node = parts.spanning(cursor, start, [
    ...(operand ? [operand] : []),
    ...children,
    ...(otherwise ? [otherwise] : []),
  ])
  return { kind: 'case', branches, ...(operand && { operand }), ...(otherwise && { otherwise }), ...node }
}

function parseCast(
  cursor: Cursor,
  start: number,
  nesting: number,
  { parts, tries }: { parts: FormParts; tries: boolean },
): ExpressionSyntax {
  const operand = parts.expression(cursor, nesting)
  cursor.requireWords('as')
  const target = parseTarget(cursor)
  cursor.requireSign(')')
  return { kind: 'cast', operand, ...target, tries, ...parts.spanning(cursor, start, [operand]) }
}

/** The name of a type or a unit, in quotes where it is no word. */
export function parseTarget(cursor: Cursor): { target: string; targetRange: SourceRange } {
  const token = cursor.peek()
  const isSign = token?.kind === 'operator' && token.text === '%'
  if (token === undefined || !(isSign || ['name', 'quoted-name', 'string'].includes(token.kind))) {
    cursor.expect(TARGET)
    throw cursor.unexpected()
  }
  cursor.advance()
  return { target: token.text, targetRange: { offset: token.offset, length: token.length } }
}

/** `EXTRACT(hour FROM t AT 'Europe/Berlin')` is `date_part('hour', t, 'Europe/Berlin')`. */
function parseExtract(cursor: Cursor, start: number, nesting: number, parts: FormParts): ExpressionSyntax {
  const nameRange = { offset: start, length: 'extract'.length }
  const part = cursor.name(PART)
  cursor.requireWords('from')
  const args: ExpressionSyntax[] = [
    { kind: 'string', text: part.name.toLowerCase(), range: part.range, depth: 1 },
    parts.operand(cursor, nesting),
  ]
  if (cursor.acceptWords('at')) args.push(parts.operand(cursor, nesting))
  cursor.requireSign(')')
  return {
    kind: 'call',
    name: 'date_part',
    nameRange,
    args,
    star: false,
    distinct: false,
    ...parts.spanning(cursor, start, args),
  }
}

/** `POSITION(part IN text)`; with a comma, the same. */
function parsePosition(cursor: Cursor, start: number, nesting: number, parts: FormParts): ExpressionSyntax {
  const nameRange = { offset: start, length: 'position'.length }
  const first = parts.operand(cursor, nesting)
  const swapped = cursor.acceptWords('in')
  if (!swapped) cursor.requireSign(',')
  const second = parts.operand(cursor, nesting)
  cursor.requireSign(')')
  const args = swapped ? [second, first] : [first, second]
  return {
    kind: 'call',
    name: 'position',
    nameRange,
    args,
    star: false,
    distinct: false,
    ...parts.spanning(cursor, start, args),
  }
}

/** `time '2026-11-22'` is a cast; `interval '5m'` is the duration. */
function parseTyped(cursor: Cursor, word: string, start: number): ExpressionSyntax {
  const targetRange = { offset: start, length: word.length }
  cursor.advance()
  const token = cursor.advance()
  const leaf = { text: token.text, range: { offset: token.offset, length: token.length }, depth: 1 } as const
  if (word === 'interval') return { kind: 'duration', ...leaf }
  const operand = { kind: 'string', ...leaf } as const
  return { kind: 'cast', operand, target: 'time', targetRange, tries: false, range: cursor.rangeFrom(start), depth: 2 }
}
