import type { Diagnostic } from '@codemirror/lint'
import { systemClock } from '../../engine/core/clock.ts'
import { TidemarkError, unsaidExpectations } from '../../engine/core/errors.ts'
import type { Catalog } from '../../engine/core/plan.ts'
import { loadCalledParts } from '../../engine/query/check/called-parts.ts'
import { check, isPending } from '../../engine/query/check/check.ts'
import { parse } from '../../engine/query/parse/parse.ts'
import { tokenize } from '../../engine/query/parse/token.ts'

/** What the engine would say about a text before it runs: nothing, or the first error with its place. */
export async function findErrors(text: string, catalog: Catalog | undefined): Promise<Diagnostic[]> {
  const tokens = tokenize(text)
  if (tokens.every(({ kind }) => kind === 'comment')) return []
  try {
    const statement = parse(text)
    await loadCalledParts(text, statement)
    if (catalog !== undefined) check(statement, catalog, { now: systemClock.now() })
    return []
  } catch (error) {
    // What follows a query in an expression depends on its answer.
    if (isPending(error)) return []
    if (!(error instanceof TidemarkError)) throw error
    return [toDiagnostic(error, text.length)]
  }
}

/** An error at the end of the text, or of no length, underlines the character before it. */
function toDiagnostic(error: TidemarkError, textLength: number): Diagnostic {
  const { offset, length } = error.position ?? { offset: 0, length: textLength }
  const to = Math.min(textLength, offset + Math.max(1, length))
  const unsaid = unsaidExpectations(error)
  const expected = unsaid.length > 0 ? `Expected ${unsaid.join(', ')}.` : ''
  const message = [error.message, expected, error.hint ?? ''].filter((part) => part !== '').join('\n')
  return { from: Math.max(0, Math.min(offset, to - 1)), to, severity: 'error', message }
}
