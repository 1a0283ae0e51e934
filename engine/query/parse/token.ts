export type TokenKind =
  | 'keyword'
  | 'name'
  | 'quoted-name'
  | 'string'
  | 'integer'
  | 'float'
  | 'duration'
  | 'parameter'
  | 'operator'
  | 'comment'
  /** A character that means nothing, or a string, name or comment that does not end. */
  | 'invalid'

export interface Token {
  kind: TokenKind
  /** UTF-16 code units from the start of the text. */
  offset: number
  length: number
  /** The text of a token; of strings, quoted names and parameters what they stand for; keywords in lower case. */
  text: string
}

/** Words that are no names unless quoted. All other words of the grammar are names where a name can stand. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  'and as asc between by case desc distinct false from group having in is limit not null or order select true union where'.split(
    ' ',
  ),
)

/** Words that are keywords only where the grammar expects them. */
export const CONTEXT_WORDS: ReadonlySet<string> = new Set(
  'add alert align all allow alter analyze anomalies asof backtest calendar cardinality cast change changes close column confidence cooldown create cross delete detect drop else emit encodings end ensemble escape event every except exclude exists explain export extract fields fill first for forecast format full gap if ignore ilike immediate import include inner insert intersect into join key kill last lateness latest left like linear manual materialized max motifs nearest next none nulls offset on outer over partition per precision prev prevailing previous queries refresh retain retention right rollup sample save seasonality series session set severity show since slide start state step subscribe table tables tag tags then to tolerance train try_cast unit until using values view views vote when window with zone'.split(
    ' ',
  ),
)

/** Words with which a clause begins behind a source of rows: an alias only where AS or quotes say so. */
export const CLAUSE_WORDS: ReadonlySet<string> = new Set(
  'alert align allow asof at backtest confidence count cross emit event every except fill for full inner intersect join latest left limit nearest next offset on over partition per range right sample save session since state step tolerance train until using window with'.split(
    ' ',
  ),
)

/** One alternative for each kind; sticky, so that the whole text is read once. Only what is closed matches. */
const LEXEMES: readonly (readonly [TokenKind, RegExp])[] = [
  ['comment', /--[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//y],
  ['name', /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/y],
  ['duration', /(?:\d+(?:ns|us|ms|mo|s|m|h|d|w|q|y))+(?![A-Za-z0-9_.])/y],
  ['float', /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])|\d+[eE][+-]?\d+(?![A-Za-z0-9_.])/y],
  ['integer', /\d+(?![A-Za-z0-9_.])/y],
  ['string', /'[^']*(?:''[^']*)*'/y],
  ['quoted-name', /"[^"]*(?:""[^"]*)*"/y],
  ['parameter', /\$[A-Za-z_][A-Za-z0-9_]*/y],
  ['operator', /<=|>=|!=|<>|<<|>>|=~|!~|::|\|\||->>|->|\/\/|\/(?!\*)|[-+*%=<>&|~(),;:.[\]]/y],
]
const SPACE = /\s+/y
/** What begins with a digit and is no number is wrong as a whole; of other characters one code point at a time. */
const INVALID = /[0-9][A-Za-z0-9_.]*|['"][\s\S]*|\/\*[\s\S]*|[\s\S]/uy

/** Splits a text into tokens, comments among them. It never fails: what it cannot read becomes `invalid` tokens. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let offset = 0
  while (offset < text.length) {
    SPACE.lastIndex = offset
    if (SPACE.test(text)) {
      offset = SPACE.lastIndex
      continue
    }
    const token = readToken(text, offset)
    tokens.push(token)
    offset += token.length
  }
  return tokens
}

function readToken(text: string, offset: number): Token {
  for (const [kind, lexeme] of LEXEMES) {
    lexeme.lastIndex = offset
    if (lexeme.test(text)) return makeToken(kind, text.slice(offset, lexeme.lastIndex), offset)
  }
  INVALID.lastIndex = offset
  const end = INVALID.test(text) ? INVALID.lastIndex : offset + 1
  return { kind: 'invalid', offset, length: end - offset, text: text.slice(offset, end) }
}

function makeToken(kind: TokenKind, source: string, offset: number): Token {
  const token = { kind, offset, length: source.length, text: source }
  if (kind === 'string') return { ...token, text: source.slice(1, -1).replaceAll("''", "'") }
  if (kind === 'quoted-name') return { ...token, text: source.slice(1, -1).replaceAll('""', '"') }
  if (kind === 'parameter') return { ...token, text: source.slice(1) }
  if (kind !== 'name') return token
  const word = source.toLowerCase()
  const isKeyword = RESERVED_WORDS.has(word)
  return isKeyword ? { ...token, kind: 'keyword', text: word } : token
}
