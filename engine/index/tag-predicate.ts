import type { Matcher } from '../core/matcher.ts'
import { compilePattern, loadPatterns } from '../core/pattern.ts'
import { type Tags, tagValue } from '../core/series.ts'

/** A matcher made ready. Values are tested first and the answer is negated after that. */
export interface TagTest {
  tag: string
  negated: boolean
  /** Whether a value passes the test, before the negation. */
  passes(value: string): boolean
  /** The values that pass, where they are few and known. */
  values?: readonly string[]
  /** What every value that passes begins with, where that is known. */
  prefix?: string
}

export async function compileMatcher(matcher: Matcher): Promise<TagTest> {
  switch (matcher.op) {
    case '=':
    case '!=':
      return testOfValues(matcher.tag, [matcher.value], matcher.op === '!=')
    case 'in':
    case 'not in':
      return testOfValues(matcher.tag, matcher.values, matcher.op === 'not in')
    case '=~':
    case '!~': {
      await loadPatterns()
      return testOfPattern(matcher.tag, matcher.value, matcher.op === '!~')
    }
  }
}

/** Whether the tags of a series pass every test; one that is absent has the value ''. */
export function passesAll(tags: Tags, tests: readonly TagTest[]): boolean {
  return tests.every(({ tag, negated, passes }) => passes(tagValue(tags, tag)) !== negated)
}

function testOfValues(tag: string, values: readonly string[], negated: boolean): TagTest {
  const distinct = new Set(values)
  return { tag, negated, values: [...distinct], passes: (value) => distinct.has(value) }
}

function testOfPattern(tag: string, source: string, negated: boolean): TagTest {
  const passes = compilePattern(source)
  const alternatives = source.split('|')
  if (alternatives.every((text) => LITERAL.test(text))) return testOfValues(tag, alternatives, negated)
  const prefix = source.includes('|') ? '' : literalPrefix(source)
  return { tag, negated, passes, ...(prefix !== '' && { prefix }) }
}

/** Characters that stand for themselves in a pattern. */
const LITERAL = /^[\w \-/:@,;=%&#!~<>'"]*$/
const LITERAL_PREFIX = /^[\w \-/:@,;=%&#!~<>'"]+/

/** What a pattern without alternatives begins with; a last character that may be missing does not count. */
function literalPrefix(source: string): string {
  const prefix = LITERAL_PREFIX.exec(source)?.[0] ?? ''
  return /[*?{]/.test(source.charAt(prefix.length)) ? prefix.slice(0, -1) : prefix
}
