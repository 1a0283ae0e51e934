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
  /** Bytes that every value that passes begins with, or has somewhere, where some are known. */
  text?: { bytes: Uint8Array; isPrefix: boolean }
  /** The pattern, where it is one. */
  source?: string
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
  const matches = compilePattern(source)
  const alternatives = source.split('|')
  if (alternatives.every((text) => LITERAL.test(text))) return testOfValues(tag, alternatives, negated)
  const text = requiredText(source)
  if (text === undefined) return { tag, negated, passes: matches, source }
  const needed = utf8Text.decode(text.bytes)
  return { tag, negated, passes: (value) => value.includes(needed) && matches(value), source, text }
}

/** Characters that stand for themselves in a pattern. */
const LITERAL = /^[\w \-/:@,;=%&#!~<>'"]*$/
/** Patterns of nothing but literals and points, which may be repeated: what their literals say is needed. */
const PLAIN = /^[\w \-/:@,;=%&#!~<>'".*+?]*$/
const LITERALS = /[\w \-/:@,;=%&#!~<>'"]+/g

const utf8 = new TextEncoder()
const utf8Text = new TextDecoder()

/** A text that every value has which passes, the longest that the pattern shows; a character that may be missing does not count. */
function requiredText(source: string): { bytes: Uint8Array; isPrefix: boolean } | undefined {
  if (!PLAIN.test(source)) return undefined
  let best = { text: '', isPrefix: false }
  for (const { 0: run, index } of source.matchAll(LITERALS)) {
    const text = /[*?]/.test(source.charAt(index + run.length)) ? run.slice(0, -1) : run
    if (text.length > best.text.length) best = { text, isPrefix: index === 0 }
  }
  return best.text === '' ? undefined : { bytes: utf8.encode(best.text), isPrefix: best.isPrefix }
}
