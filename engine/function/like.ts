import { TidemarkError } from '../core/errors.ts'
import { byValue } from './by-value.ts'
import type { Overload, ScalarFunction } from './scalar-function.ts'

/** One place of a pattern: any text, any one character, or a character. */
type LikePart = '%' | '_' | { character: string }

function readPattern(pattern: string, escaping: string | undefined): LikePart[] {
  if (escaping !== undefined && [...escaping].length !== 1) {
    throw new TidemarkError('query', `ESCAPE expected one character, not '${escaping}'`)
  }
  const parts: LikePart[] = []
  const characters = [...pattern]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string
    if (character === escaping) {
      const next = characters[++i]
      if (next === undefined)
        throw new TidemarkError('query', `the pattern '${pattern}' ends with its escape character`)
      parts.push({ character: next })
    } else parts.push(character === '%' || character === '_' ? character : { character })
  }
  return parts
}

/** Whether a pattern takes a whole text. After a mismatch only the last `%` takes more, so the time is at most a product. */
function matches(text: readonly string[], parts: readonly LikePart[]): boolean {
  let [at, part, lastAny, lastAt] = [0, 0, -1, 0]
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted === '%') [lastAny, lastAt] = [part++, at]
    else if (wanted !== undefined && (wanted === '_' || wanted.character === text[at])) {
      at++
      part++
    } else if (lastAny < 0) return false
    else {
      part = lastAny + 1
      at = ++lastAt
    }
  }
  while (parts[part] === '%') part++
  return part === parts.length
}

/** The pattern that was read last: one mostly serves a whole statement. */
function likeTest(fold: (text: string) => string): (text: string, pattern: string, escaping?: string) => boolean {
  let last: { pattern: string; escaping: string | undefined; parts: LikePart[] } | undefined
  return (text, pattern, escaping) => {
    if (last?.pattern !== pattern || last.escaping !== escaping) {
      last = { pattern, escaping, parts: readPattern(fold(pattern), escaping) }
    }
    return matches([...fold(text)], last.parts)
  }
}

function overloads(fold: (text: string) => string): Overload[] {
  const test = likeTest(fold)
  return [byValue(['string', 'string'], 'bool', test), byValue(['string', 'string', 'string'], 'bool', test)]
}

export const LIKE: readonly ScalarFunction[] = [
  {
    name: 'like',
    signature: "text LIKE 'pattern'",
    doc: 'whether the whole text matches; % is any text, _ one character',
    overloads: overloads((text) => text),
    testsTags: true,
  },
  {
    name: 'ilike',
    signature: "text ILIKE 'pattern'",
    doc: 'LIKE in any case of letters',
    overloads: overloads((text) => text.toLowerCase()),
    testsTags: true,
  },
]
