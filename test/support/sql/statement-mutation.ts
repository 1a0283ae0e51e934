import { FUNCTION_NAMES } from '../../../engine/query/check/row-scope.ts'
import { CLAUSE_WORDS, CONTEXT_WORDS, RESERVED_WORDS, tokenize } from '../../../engine/query/parse/token.ts'
import type { Dice } from './dice.ts'

const WORDS: readonly string[] = [...RESERVED_WORDS, ...CONTEXT_WORDS, ...CLAUSE_WORDS, ...FUNCTION_NAMES]
const SIGNS = "( ) , ; . * + - / % = != <> < <= > >= =~ !~ || & | << >> -> ->> :: // ~ : [ ] '".split(' ')
const PIECES = [
  ...[
    '1',
    '9223372036854775808',
    '1e400',
    '.5',
    '0x1',
    '5m',
    '1h30m',
    '1mo',
    '5mm',
    '$p',
    '"q"',
    '"',
    "'a''b'",
    "'",
    '--',
    '/*',
    '*/',
  ],
  ...['\0', '\u00e9', '\u{1f30a}', '\ud800', '\u202e', '\ufeff', '\u00a0', '\u2028', 'K', 'ſ', '``', '\\', '#', '{'],
]

/** A text made of another by cutting, doubling, swapping, nesting and putting in words of the language and stranger things. */
export function mutated(text: string, dice: Dice): string {
  let result = text
  for (let times = dice.between(1, 4); times > 0; times--) result = mutatedOnce(result, dice)
  return result
}

function mutatedOnce(text: string, dice: Dice): string {
  const tokens = tokenize(text)
  if (tokens.length === 0) return text + dice.pick(WORDS)
  const from = dice.below(tokens.length)
  const to = Math.min(tokens.length, from + dice.between(1, 8))
  const start = tokens[from]?.offset ?? 0
  const end = (tokens[to - 1]?.offset ?? 0) + (tokens[to - 1]?.length ?? 0)
  const [before, part, behind] = [text.slice(0, start), text.slice(start, end), text.slice(end)]
  const at = dice.below(text.length + 1)
  switch (dice.below(9)) {
    case 0:
      return before + behind
    case 1:
      return `${before}${part} ${part}${behind}`
    case 2:
      return `${before}(${part})${behind}`
    case 3:
      return `${before}(${text})${behind}`
    case 4:
      return text.slice(0, at)
    case 5:
      return `${before}${dice.pick(WORDS)} ${behind}`
    case 6:
      return `${before}${dice.pick(SIGNS)}${part}${behind}`
    case 7:
      return text.slice(0, at) + dice.pick(PIECES) + text.slice(at)
    default:
      return `${behind} ${part} ${before}`
  }
}
