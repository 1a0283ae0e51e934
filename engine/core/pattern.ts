import { TidemarkError } from './errors.ts'

import type { Library } from './library.ts'

/** Tells whether a whole value matches. */
export type Pattern = (text: string) => boolean

let library: typeof import('re2js') | undefined

/**
 * Loads the library of regular expressions, once. It is large and few statements need it, so whoever is about to run
 * one that has patterns waits for this first; `compilePattern` itself stays synchronous, for loops over data.
 */
export async function loadPatterns(): Promise<void> {
  library ??= await import('re2js')
}

/** The library as what an expression may need. */
export const PATTERNS: Library = { isLoaded: () => library !== undefined, load: loadPatterns }

/** A compiled regular expression that is looked for within texts. */
export interface RegularExpression {
  /** How many groups it has. */
  groups: number
  occurs(text: string): boolean
  /** The first occurrence, or all of them, replaced; `\1` to `\9` are groups, `\0` is the whole, `\\` a backslash. */
  replace(text: string, replacement: string, all: boolean): string
  /** A group of the first occurrence, 0 for the whole; `''` where there is none. */
  extract(text: string, group: number): string
}

/** Like `compilePattern`, for occurrences within a text. Throws like it. */
export function compileExpression(source: string, ignoreCase: boolean): RegularExpression {
  if (library === undefined) throw new Error('compileExpression before loadPatterns')
  const { RE2JS, RE2JSException } = library
  try {
    const compiled = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
    return {
      groups: compiled.groupCount(),
      occurs: (text) => compiled.test(text),
      replace: (text, replacement, all) => {
        const matcher = compiled.matcher(text)
        const fill = (...parts: unknown[]): string => fillReferences(replacement, parts, compiled.groupCount())
        return all ? matcher.replaceAll(fill) : matcher.replaceFirst(fill)
      },
      extract: (text, group) => {
        const matcher = compiled.matcher(text)
        return matcher.find() ? (matcher.group(group) ?? '') : ''
      },
    }
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause
    throw new TidemarkError('invalid', `'${source}' is not a regular expression: ${cause.message}`, { cause })
  }
}

/** A replacement with what the groups matched. */
function fillReferences(replacement: string, parts: readonly unknown[], groups: number): string {
  return replacement.replaceAll(/\\([0-9\\])/g, (_, what: string) => {
    if (what === '\\') return what
    return Number(what) <= groups ? String(parts[Number(what)] ?? '') : ''
  })
}

/**
 * Compiles a regular expression in RE2's syntax; matching takes time linear in the text.
 * Throws `invalid` where the pattern is wrong, and a plain `Error` where `loadPatterns` was not awaited.
 */
export function compilePattern(source: string): Pattern {
  if (library === undefined) throw new Error('compilePattern before loadPatterns')
  const { RE2JS, RE2JSException } = library
  try {
    const compiled = RE2JS.compile(source)
    return (text) => compiled.testExact(text)
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause
    throw new TidemarkError('invalid', `'${source}' is not a regular expression: ${cause.message}`, { cause })
  }
}
