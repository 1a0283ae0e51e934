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
