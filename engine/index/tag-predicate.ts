import type { Matcher } from '../core/matcher.ts'
import { compilePattern, loadPatterns } from '../core/pattern.ts'

/** A matcher made ready: whether a tag value passes. */
export type TagPredicate = (value: string) => boolean

export async function compileMatcher(matcher: Matcher): Promise<TagPredicate> {
  switch (matcher.op) {
    case '=':
      return (value) => value === matcher.value
    case '!=':
      return (value) => value !== matcher.value
    case 'in': {
      const values = new Set(matcher.values)
      return (value) => values.has(value)
    }
    case 'not in': {
      const values = new Set(matcher.values)
      return (value) => !values.has(value)
    }
    case '=~':
      await loadPatterns()
      return compilePattern(matcher.value)
    case '!~': {
      await loadPatterns()
      const matches = compilePattern(matcher.value)
      return (value) => !matches(value)
    }
  }
}
