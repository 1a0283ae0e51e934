import { TidemarkError } from '../../core/errors.ts'
import { childrenOf } from './children.ts'
import { type Cursor, isWord } from './cursor.ts'
import { OPERATOR } from './nearest-word.ts'
import { parseFilter, parseOver } from './over.ts'
import { type FormParts, parseForm, parseTarget } from './parse-form.ts'
import type { ExpressionSyntax, InfixOperator, SelectStatement, SourceRange, TruthWord } from './syntax.ts'
import type { Token } from './token.ts'

/** Deepest nesting of an expression, counting brackets, operators and calls. */
export const MAX_NESTING = 200

/** What the editor's completion, too, knows this class by. */
export const EXPRESSION = 'an expression'

type BinarySyntax = Extract<ExpressionSyntax, { kind: 'binary' }>

const COMPARISONS: ReadonlyMap<string, BinarySyntax['op']> = new Map([
  ['=', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])
type ChainOperator = BinarySyntax['op'] | InfixOperator

/** Operators by how they bind, the loosest first. */
const CHAINS: readonly ReadonlySet<string>[] = [
  new Set<ChainOperator>(['||', '&', '|', '<<', '>>', '->', '->>']),
  new Set<ChainOperator>(['+', '-']),
  new Set<ChainOperator>(['*', '/', '%', '//']),
]
const INFIX: ReadonlySet<string> = new Set<InfixOperator>(['||', '&', '|', '<<', '>>', '//', '->', '->>'])

/** Parses one expression: OR binds loosest, then AND, NOT, comparisons, other operators, sums, products, signs and `::`. */
export function parseExpression(cursor: Cursor): ExpressionSyntax {
  return parseLogical(cursor, 'or', cursor.nesting)
}

function parseLogical(cursor: Cursor, op: 'or' | 'and', nesting: number): ExpressionSyntax {
  const operand = (): ExpressionSyntax =>
    op === 'or' ? parseLogical(cursor, 'and', nesting) : parseNot(cursor, nesting)
  const first = operand()
  const operands = [first]
  while (cursor.acceptWords(op, OPERATOR)) operands.push(operand())
  if (operands.length === 1) return first
  return { kind: 'logical', op, operands, ...spanning(cursor, first.range.offset, operands) }
}

function parseNot(cursor: Cursor, nesting: number): ExpressionSyntax {
  limitNesting(cursor, nesting)
  const start = cursor.peek()?.offset ?? 0
  if (!cursor.acceptWords('not', EXPRESSION)) return parseComparison(cursor, nesting)
  const operand = parseNot(cursor, nesting + 1)
  return { kind: 'unary', op: 'not', operand, ...spanning(cursor, start, [operand]) }
}

function parseComparison(cursor: Cursor, nesting: number): ExpressionSyntax {
  const operand = parseChain(cursor, 0, nesting)
  const start = operand.range.offset
  const op = acceptOneOf(cursor, COMPARISONS)
  if (op !== undefined) {
    const right = parseChain(cursor, 0, nesting)
    return { kind: 'binary', op, left: operand, right, ...spanning(cursor, start, [operand, right]) }
  }
  for (const sign of ['=~', '!~']) {
    if (!cursor.acceptSign(sign, OPERATOR)) continue
    const pattern = parseChain(cursor, 0, nesting)
    return { kind: 'match', negated: sign === '!~', operand, pattern, ...spanning(cursor, start, [operand, pattern]) }
  }
  return cursor.acceptWords('is', OPERATOR)
    ? parseIs(cursor, operand, nesting)
    : parseRangeTest(cursor, operand, nesting)
}

const TRUTH_WORDS: readonly TruthWord[] = ['true', 'false', 'good', 'uncertain', 'bad']

function parseIs(cursor: Cursor, operand: ExpressionSyntax, nesting: number): ExpressionSyntax {
  const start = operand.range.offset
  const negated = cursor.acceptWords('not')
  if (cursor.acceptWords('null')) {
    return { kind: 'unary', op: negated ? 'is not null' : 'is null', operand, ...spanning(cursor, start, [operand]) }
  }
  if (cursor.acceptWords('distinct from')) {
    const right = parseChain(cursor, 0, nesting)
    return { kind: 'distinct', negated, left: operand, right, ...spanning(cursor, start, [operand, right]) }
  }
  const what = TRUTH_WORDS.find((word) => cursor.acceptWords(word))
  if (what === undefined) throw cursor.unexpected()
  return { kind: 'is', negated, what, operand, ...spanning(cursor, start, [operand]) }
}

const RANGE_TESTS = ['in', 'between', 'like', 'ilike']

function parseRangeTest(cursor: Cursor, operand: ExpressionSyntax, nesting: number): ExpressionSyntax {
  const start = operand.range.offset
  const negated = RANGE_TESTS.some((word) => isWord(cursor.peek(1), word)) && cursor.acceptWords('not')
  if (cursor.acceptWords('in', OPERATOR)) {
    if (cursor.atQuery()) {
      const query = parseSubquery(cursor, nesting)
      return { kind: 'in query', negated, operand, ...query, ...spanning(cursor, start, [operand, query.query]) }
    }
    cursor.requireSign('(')
    cursor.expect('SELECT')
    const values = [parseChain(cursor, 0, nesting + 1)]
    while (cursor.acceptSign(',')) values.push(parseChain(cursor, 0, nesting + 1))
    cursor.requireSign(')')
    return { kind: 'in', negated, operand, values, ...spanning(cursor, start, [operand, ...values]) }
  }
  if (cursor.acceptWords('between', OPERATOR)) {
    const low = parseChain(cursor, 0, nesting)
    cursor.requireWords('and')
    const high = parseChain(cursor, 0, nesting)
    return { kind: 'between', negated, operand, low, high, ...spanning(cursor, start, [operand, low, high]) }
  }
  for (const op of ['like', 'ilike'] as const) {
    if (!cursor.acceptWords(op, OPERATOR)) continue
    const pattern = parseChain(cursor, 0, nesting)
    const escaping = cursor.acceptWords('escape') ? parseChain(cursor, 0, nesting) : undefined
    const children = escaping ? [operand, pattern, escaping] : [operand, pattern]
    return {
      kind: 'like',
      op,
      negated,
      operand,
      pattern,
      ...(escaping && { escape: escaping }),
      ...spanning(cursor, start, children),
    }
  }
  return operand
}

/** Operators of one strength and the stronger ones, from left to right. */
function parseChain(cursor: Cursor, level: number, nesting: number): ExpressionSyntax {
  const operators = CHAINS[level]
  if (operators === undefined) return parseSign(cursor, nesting)
  let left = parseChain(cursor, level + 1, nesting)
  for (;;) {
    const op = acceptChained(cursor, operators)
    if (op === undefined) return left
    const right = parseChain(cursor, level + 1, nesting)
    const node = { left, right, ...spanning(cursor, left.range.offset, [left, right]) }
    left = isInfix(op) ? { kind: 'infix', op, ...node } : { kind: 'binary', op, ...node }
  }
}

function acceptChained(cursor: Cursor, operators: ReadonlySet<string>): ChainOperator | undefined {
  const token = cursor.peek()
  if (token?.kind === 'operator' && operators.has(token.text)) return cursor.advance().text as ChainOperator // of the set
  cursor.expect(OPERATOR)
  return undefined
}

function isInfix(op: ChainOperator): op is InfixOperator {
  return INFIX.has(op)
}

function parseSign(cursor: Cursor, nesting: number): ExpressionSyntax {
  limitNesting(cursor, nesting)
  const start = cursor.peek()?.offset ?? 0
  if (cursor.acceptSign('~', EXPRESSION)) {
    const nameRange = cursor.rangeFrom(start)
    const operand = parseSign(cursor, nesting + 1)
    return {
      kind: 'call',
      name: '~',
      nameRange,
      args: [operand],
      star: false,
      distinct: false,
      ...spanning(cursor, start, [operand]),
    }
  }
  if (!cursor.acceptSign('-', EXPRESSION)) return parsePostfix(cursor, nesting)
  const operand = parseSign(cursor, nesting + 1)
  return { kind: 'unary', op: '-', operand, ...spanning(cursor, start, [operand]) }
}

function parsePostfix(cursor: Cursor, nesting: number): ExpressionSyntax {
  let operand = parsePrimary(cursor, nesting)
  while (cursor.acceptSign('::', OPERATOR)) {
    const target = parseTarget(cursor)
    operand = { kind: 'cast', operand, ...target, tries: false, ...spanning(cursor, operand.range.offset, [operand]) }
  }
  return operand
}

function parsePrimary(cursor: Cursor, nesting: number): ExpressionSyntax {
  const start = cursor.offset
  if (cursor.atQuery()) {
    const query = parseSubquery(cursor, nesting)
    return { kind: 'query', ...query, ...spanning(cursor, start, [query.query]) }
  }
  if (isWord(cursor.peek(), 'exists') && cursor.atQuery(1)) {
    cursor.advance()
    const query = parseSubquery(cursor, nesting)
    return { kind: 'exists', ...query, ...spanning(cursor, start, [query.query]) }
  }
  if (cursor.acceptSign('(', EXPRESSION)) {
    cursor.expect('SELECT')
    const inner = parseLogical(cursor, 'or', nesting + 1)
    cursor.requireSign(')')
    return inner
  }
  const form = parseForm(cursor, nesting, PARTS)
  if (form !== undefined) return form
  const token = cursor.peek()
  const leaf = token && leafOf(token)
  if (leaf === undefined) {
    cursor.expect(EXPRESSION)
    throw cursor.unexpected()
  }
  cursor.advance()
  if (leaf.kind !== 'name') return leaf
  if (cursor.atSign('.')) return parseQualified(cursor, leaf)
  return token?.kind === 'name' ? parseSuffixes(cursor, parseCall(cursor, leaf, nesting), nesting) : leaf
}

function parseSubquery(cursor: Cursor, nesting: number): { query: SelectStatement; text: string } {
  const start = cursor.offset
  const query = cursor.nested(() => cursor.bracketedQuery(), nesting)
  const { offset, length } = cursor.rangeFrom(start)
  return { query, text: cursor.text.slice(offset, offset + length) }
}

/** `"t"."column"`; of bare names the dot is a part. */
function parseQualified(cursor: Cursor, qualifier: NameLeaf): ExpressionSyntax {
  cursor.requireSign('.')
  const { name } = cursor.name('a column')
  return { kind: 'name', name, qualifier: qualifier.name, ...spanning(cursor, qualifier.range.offset, []) }
}

/** What forms are made of, which are parsed in a file of their own. */
const PARTS: FormParts = {
  expression: (cursor, nesting) => parseLogical(cursor, 'or', nesting),
  operand: (cursor, nesting) => parseChain(cursor, 0, nesting),
  spanning,
}

type NameLeaf = Extract<ExpressionSyntax, { kind: 'name' }>

function parseCall(cursor: Cursor, name: NameLeaf, nesting: number): ExpressionSyntax {
  const open = cursor.peek()
  if (open?.kind !== 'operator' || open.text !== '(') return name
  cursor.advance()
  const { offset } = name.range
  const call = { kind: 'call', name: name.name.toLowerCase(), nameRange: name.range } as const
  if (cursor.acceptSign('*')) {
    cursor.requireSign(')')
    return { ...call, args: [], star: true, distinct: false, ...spanning(cursor, offset, []) }
  }
  const args: ExpressionSyntax[] = []
  const distinct = cursor.acceptWords('distinct')
  if (distinct || !cursor.acceptSign(')')) {
    args.push(parseLogical(cursor, 'or', nesting + 1))
    while (cursor.acceptSign(',')) args.push(parseLogical(cursor, 'or', nesting + 1))
    cursor.requireSign(')')
  }
  return { ...call, args, star: false, distinct, ...spanning(cursor, offset, args) }
}

/** FILTER and OVER behind a call. */
function parseSuffixes(cursor: Cursor, call: ExpressionSyntax, nesting: number): ExpressionSyntax {
  if (call.kind !== 'call') return call
  const expression = (at: Cursor): ExpressionSyntax => parseLogical(at, 'or', nesting + 1)
  const filter = parseFilter(cursor, expression)
  const over = parseOver(cursor, expression)
  if (filter === undefined && over === undefined) return call
  const whole = { ...call, ...(filter && { filter }), ...(over && { over }) }
  return { ...whole, ...spanning(cursor, call.range.offset, childrenOf(whole)) }
}

function leafOf(token: Token): ExpressionSyntax | undefined {
  const node = { range: { offset: token.offset, length: token.length }, depth: 1 }
  switch (token.kind) {
    case 'name':
    case 'quoted-name':
      return { kind: 'name', name: token.text, ...node }
    case 'integer':
    case 'float':
    case 'string':
    case 'duration':
      return { kind: token.kind, text: token.text, ...node }
    case 'parameter':
      return { kind: 'parameter', name: token.text, ...node }
    case 'keyword':
      if (token.text === 'null') return { kind: 'null', ...node }
      if (token.text === 'true' || token.text === 'false')
        return { kind: 'boolean', value: token.text === 'true', ...node }
      return undefined
    default:
      return undefined
  }
}

function acceptOneOf<T>(cursor: Cursor, signs: ReadonlyMap<string, T>): T | undefined {
  const token = cursor.peek()
  const found = token?.kind === 'operator' ? signs.get(token.text) : undefined
  if (found === undefined) cursor.expect(OPERATOR)
  else cursor.advance()
  return found
}

/** Range and depth of a node whose text began at `offset` and ends with the last token taken. */
function spanning(
  cursor: Cursor,
  offset: number,
  children: readonly { depth: number }[],
): { range: SourceRange; depth: number } {
  const range = cursor.rangeFrom(offset)
  return { range, depth: limitDepth(range, children) }
}

/** The depth of the deepest of some nodes. */
export function deepest(nodes: readonly ({ depth: number } | undefined)[]): number {
  let depth = 0
  for (const node of nodes) depth = Math.max(depth, node?.depth ?? 0)
  return depth
}

/** The depth of a node with these below it. Throws where that is deeper than a tree may be. */
export function limitDepth(range: SourceRange, children: readonly ({ depth: number } | undefined)[]): number {
  const depth = deepest(children)
  if (depth >= MAX_NESTING) throw tooDeep(range)
  return depth + 1
}

/** Throws where the text is nested deeper than a tree may be. */
export function limitNesting(cursor: Cursor, nesting: number): void {
  if (nesting < MAX_NESTING) return
  const token = cursor.peek()
  throw tooDeep(token ? { offset: token.offset, length: token.length } : cursor.rangeFrom(cursor.text.length))
}

function tooDeep(position: SourceRange): TidemarkError {
  return new TidemarkError('query', `an expression may be nested ${MAX_NESTING} levels deep`, {
    position,
    hint: 'Chains of AND and OR do not count; brackets, NOT and arithmetic do.',
  })
}
