import { TidemarkError } from '../../core/errors.ts'
import { queryBrackets } from './brackets.ts'
import { nearestExpected, nearestLeading, OPERATOR } from './nearest-word.ts'
import type { DurationSyntax, NameSyntax, SelectStatement, SourceRange } from './syntax.ts'
import { type Token, tokenize } from './token.ts'

/** Longest text of a statement, in UTF-16 code units. */
export const MAX_TEXT_LENGTH: number = 1024 * 1024

/** What can stand at a place: a word or sign of the grammar, or a class of things. */
export type Expected = string

/**
 * The tokens of a statement and a place among them. Whoever asks for a token that is not there leaves a note of it, so
 * that an error, and the editor's completion, can say all that would have been right at that place.
 */
export class Cursor {
  readonly text: string
  readonly #tokens: readonly Token[]
  #at = 0
  #expected: Expected[] = []
  #shortfall: { ahead: number; words: Expected } | undefined
  /** The last name that was taken for an alias without AS: it may be a misspelt word of the grammar. */
  #bareAlias: { token: Token; expected: readonly Expected[] } | undefined
  /** Which tokens are brackets that hold a query; found when it is first asked. */
  #queries: Uint8Array | undefined
  /** Levels of brackets and queries that are open around the current expression. */
  nesting = 0
  /** The rule for queries. Expressions hold queries and queries expressions, and files do not import in a circle. */
  parseQuery: ((cursor: Cursor) => SelectStatement) | undefined

  constructor(text: string) {
    if (text.length > MAX_TEXT_LENGTH) {
      throw new TidemarkError('query', `a statement may have ${MAX_TEXT_LENGTH} characters; this has ${text.length}`)
    }
    this.text = text
    this.#tokens = tokenize(text).filter((token) => token.kind !== 'comment')
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead]
  }

  /** Where the next token begins. */
  get offset(): number {
    return this.peek()?.offset ?? this.text.length
  }

  /** Where the last token taken begins. */
  get lastOffset(): number {
    return this.#tokens[this.#at - 1]?.offset ?? 0
  }

  atSign(sign: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token?.kind === 'operator' && token.text === sign
  }

  /** Whether a query in brackets begins at a token. */
  atQuery(ahead = 0): boolean {
    if (!this.atSign('(', ahead)) return false
    if (!this.atSign('(', ahead + 1)) return this.#beginsQuery(this.#at + ahead + 1)
    this.#queries ??= queryBrackets(this.#tokens, (at) => this.#beginsQuery(at))
    return this.#queries[this.#at + ahead] === 1
  }

  /** WITH and VALUES are names, too. */
  #beginsQuery(at: number): boolean {
    const [token, next] = [this.#tokens[at], this.#tokens[at + 1]]
    if (isWord(token, 'values')) return next?.kind === 'operator' && next.text === '('
    return isWord(token, 'select') || (isWord(token, 'with') && (next?.kind === 'name' || next?.kind === 'quoted-name'))
  }

  /** A query in brackets. */
  bracketedQuery(): SelectStatement {
    this.requireSign('(')
    const { parseQuery } = this
    if (parseQuery === undefined) throw this.unexpected()
    const query = this.nested(() => parseQuery(this))
    this.requireSign(')')
    return query
  }

  /** Parses something that is one level deeper than what is around it. */
  nested<T>(parse: () => T, nesting: number = this.nesting + 1): T {
    const before = this.nesting
    this.nesting = nesting
    try {
      return parse()
    } finally {
      this.nesting = before
    }
  }

  /** What was asked for at the current place, in the order of asking. */
  get expected(): readonly Expected[] {
    return this.#shortfall === undefined ? [...new Set(this.#expected)] : [this.#shortfall.words]
  }

  /** Whether the text ends where the next thing is expected. */
  get atEnd(): boolean {
    return this.peek(this.#shortfall?.ahead ?? 0) === undefined
  }

  expect(...what: Expected[]): void {
    for (const each of what) this.#expected.push(each)
  }

  advance(): Token {
    const token = this.peek()
    if (token === undefined) throw this.unexpected()
    this.#at++
    this.#expected.length = 0
    this.#shortfall = undefined
    return token
  }

  /** Takes the next token if it is this sign; if not, notes what was expected. */
  acceptSign(sign: string, expected: Expected = `'${sign}'`): boolean {
    const token = this.peek()
    if (token?.kind === 'operator' && token.text === sign) {
      this.advance()
      return true
    }
    this.#expected.push(expected)
    return false
  }

  /** Takes the next tokens if they are these words, in any case; all or none. */
  acceptWords(words: string, expected?: Expected): boolean {
    const { wanted, shown } = splitWords(words)
    if (!isWord(this.peek(), wanted[0] ?? '')) {
      this.#expected.push(expected ?? shown)
      return false
    }
    if (wanted.length > 1 && !wanted.every((word, i) => isWord(this.peek(i), word))) {
      this.#noteWords(wanted)
      return false
    }
    for (const _ of wanted) this.advance()
    return true
  }

  /** Where the first words are there, the text goes wrong behind them: `BY` is what is missing after `GROUP`. */
  #noteWords(wanted: readonly string[]): void {
    const ahead = wanted.findIndex((word, i) => !isWord(this.peek(i), word))
    this.#shortfall ??= { ahead, words: wanted.slice(ahead).join(' ').toUpperCase() }
  }

  requireSign(sign: string): void {
    if (!this.acceptSign(sign)) throw this.unexpected()
  }

  requireWords(words: string): void {
    if (!this.acceptWords(words)) throw this.unexpected()
  }

  /** A bare or quoted name; `what` says of what, for the error. */
  name(what: Expected): NameSyntax {
    const token = this.peek()
    if (token?.kind !== 'name' && token?.kind !== 'quoted-name') {
      this.expect(what)
      throw this.unexpected()
    }
    this.advance()
    return { kind: 'name', name: token.text, range: { offset: token.offset, length: token.length }, depth: 1 }
  }

  /** A name that is an alias without AS. */
  bareAlias(): NameSyntax {
    const token = this.peek()
    if (token !== undefined) this.#bareAlias = { token, expected: [...this.#expected] }
    return this.name('a name')
  }

  /** A duration such as 5m. */
  duration(): DurationSyntax {
    const token = this.peek()
    if (token?.kind !== 'duration') {
      this.expect('a duration')
      throw this.unexpected()
    }
    this.advance()
    return { kind: 'duration', text: token.text, range: { offset: token.offset, length: token.length }, depth: 1 }
  }

  /** From the start of one place to the end of the last token taken. */
  rangeFrom(offset: number): SourceRange {
    const last = this.#tokens[this.#at - 1]
    return { offset, length: last === undefined ? 0 : last.offset + last.length - offset }
  }

  /** The error that the next token, or an alias right before it, is not what was asked for. */
  unexpected(): TidemarkError {
    const { expected } = this
    const ahead = this.#shortfall?.ahead ?? 0
    const token = this.peek(ahead)
    const meant = nearestExpected({ token, next: this.peek(ahead + 1), expected })
    if (meant === undefined && this.#bareAlias?.token.offset === this.lastOffset) {
      const { token: alias } = this.#bareAlias
      const instead = [...new Set([...this.#bareAlias.expected, ...expected])]
      const word = nearestExpected({ token: alias, next: this.peek(), expected: instead })
      if (word !== undefined) return this.failure(listed(instead), alias, { expected: instead, meant: word })
    }
    const leading = meant === undefined && expected.includes(OPERATOR) ? this.#tokens[this.#at + ahead - 1] : undefined
    return this.failure(listed(expected), token, { expected, meant: meant ?? nearestLeading(leading) })
  }

  #describe(token: Token | undefined): string {
    if (token === undefined) return 'the end of the text'
    const source = this.text.slice(token.offset, token.offset + token.length)
    return token.kind === 'string' ? `the string ${shorten(source)}` : `'${shorten(source)}'`
  }

  /** The error that something else was expected in place of a token; `meant` is what that most likely means. */
  failure(
    message: string,
    token: Token | undefined,
    { expected = [], meant }: { expected?: readonly Expected[]; meant?: string | undefined } = {},
  ): TidemarkError {
    const position = token ? { offset: token.offset, length: token.length } : { offset: this.text.length, length: 0 }
    const hint = token && hintFor(token)
    const question = meant === undefined ? '' : `; did you mean ${meant}?`
    const details = { position, expected, ...(hint && { hint }) }
    return new TidemarkError('query', `${message}, but found ${this.#describe(token)}${question}`, details)
  }
}

/** What a query in brackets can begin with. */
export const QUERY_WORDS: readonly string[] = ['select', 'with', 'values']

interface Words {
  wanted: readonly string[]
  /** As errors and completions have them. */
  shown: Expected
}

const splits = new Map<string, Words>()

/** The words of a clause, split once: the parser asks for the same few again and again. */
function splitWords(words: string): Words {
  let split = splits.get(words)
  if (split === undefined) {
    split = { wanted: words.split(' '), shown: words.toUpperCase() }
    splits.set(words, split)
  }
  return split
}

export function isWord(token: Token | undefined, word: string): boolean {
  if (token === undefined || token.text.length !== word.length) return false
  return (token.kind === 'name' || token.kind === 'keyword') && token.text.toLowerCase() === word
}

function listed(expected: readonly Expected[]): string {
  return expected.length > 0 ? `expected ${joinAlternatives(expected)}` : 'expected the end'
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}...`
}

function hintFor(token: Token): string | undefined {
  if (token.kind === 'keyword') return `To use ${token.text} as a name, write it in double quotes.`
  if (token.kind !== 'invalid') return undefined
  if (token.text.startsWith("'")) return 'The string has no closing quote.'
  if (token.text.startsWith('"')) return 'The quoted name has no closing quote.'
  if (token.text.startsWith('/*')) return 'The comment is not closed.'
  if (/^\d/.test(token.text)) return 'Numbers look like 12, 1.5 and 1e-3, durations like 500ms, 5m and 1h30m.'
  return undefined
}

export function joinAlternatives(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
