import { nearestName } from '../../core/nearest-name.ts'
import { CONTEXT_WORDS, RESERVED_WORDS, type Token } from './token.ts'

/** What stands between two operands: a word or a sign. */
export const OPERATOR = 'an operator'
export const OPERATOR_WORDS: readonly string[] = [
  'AND',
  'OR',
  'IN',
  'IS NULL',
  'IS NOT NULL',
  'BETWEEN',
  'NOT IN',
  'LIKE',
  'NOT LIKE',
  'ILIKE',
  'IS TRUE',
  'IS FALSE',
  'IS DISTINCT FROM',
]

/** Words with which an expression begins, and which are taken for names where they are misspelt. */
export const LEADING_WORDS: readonly string[] = ['DISTINCT', 'CASE', 'NOT', 'TRUE', 'FALSE', 'NULL']

/** Of shorter words most are one letter from another. */
const SHORTEST_WORD = 3

/** Units of durations by what else they are called, without an s at the end. */
const UNITS: ReadonlyMap<string, string> = new Map(
  'nsec:ns nanosecond:ns usec:us microsecond:us msec:ms milli:ms millisecond:ms sec:s second:s min:m minute:m hr:h hour:h day:d wk:w week:w mon:mo month:mo qtr:q quarter:q yr:y year:y'
    .split(' ')
    .map((each): [string, string] => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1)]),
)

/** A token that stands where something else was expected. */
export interface Misplaced {
  token: Token | undefined
  /** The one behind it. */
  next: Token | undefined
  expected: readonly string[]
}

/** What a token most likely means of all that can stand at its place: words of the grammar, or a duration. */
export function nearestExpected({ token, next, expected }: Misplaced): string | undefined {
  if (token?.kind === 'invalid') return nearestDuration(token.text)
  if (token?.kind !== 'name' || token.text.length < SHORTEST_WORD) return undefined
  // A word of the grammar at a wrong place is no other one.
  const word = token.text.toLowerCase()
  if (CONTEXT_WORDS.has(word) || RESERVED_WORDS.has(word)) return undefined
  const behind = ` ${next?.text.toUpperCase()}`
  const going = expected.filter((phrase) => phrase.includes(behind))
  return nearestPhrase(word, going) ?? nearestPhrase(word, expected)
}

/** `NOT for 'NTO'`: what a name most likely means that something stands behind as behind a word of the grammar. */
export function nearestLeading(token: Token | undefined): string | undefined {
  const nearest = token?.kind === 'name' ? nearestName(token.text, LEADING_WORDS) : undefined
  return nearest && `${nearest} for '${token?.text}'`
}

function nearestPhrase(word: string, expected: readonly string[]): string | undefined {
  const words = wordsOf(expected)
  const nearest = nearestName(word, words.keys())
  return nearest === undefined ? undefined : words.get(nearest)
}

/** Phrases of the grammar by their first words, and by all of them with no space between. */
function wordsOf(expected: readonly string[]): Map<string, string> {
  const words = new Map<string, string>()
  for (const what of expected) {
    const phrases = what === OPERATOR ? OPERATOR_WORDS.map(firstWord) : /^[A-Z]/.test(what) ? [what] : []
    for (const phrase of phrases) {
      for (const word of [firstWord(phrase), phrase.replaceAll(' ', '')]) {
        if (!words.has(word)) words.set(word, phrase)
      }
    }
  }
  return words
}

function firstWord(phrase: string): string {
  return phrase.replace(/ .*/, '')
}

/** `5m` for `5min`. */
function nearestDuration(text: string): string | undefined {
  const [, count = '', called = ''] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? []
  const word = called.toLowerCase()
  if (/^(ns|us|ms|mo|[smhdwqy])$/.test(word)) return count + word
  const singular = word.replace(/s$/, '')
  const nearest = singular.length < SHORTEST_WORD ? singular : nearestName(singular, UNITS.keys())
  const unit = nearest === undefined ? undefined : UNITS.get(nearest)
  return unit && count + unit
}
