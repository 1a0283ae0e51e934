import { mayCallStateful } from '../../aggregate/stateful-names.ts'
import { loadPatterns } from '../../core/pattern.ts'
import { librariesCalled } from '../../function/registry.ts'
import type { Statement } from '../parse/statement.ts'
import { loadCheckOf } from './rare-checks.ts'

const MATCH_SIGN = /[=!]~/

/** Loads what a statement needs and few do: to be awaited before it is checked. A word that is taken for a call does no harm. */
export async function loadCalledParts(text: string, statement: Statement): Promise<void> {
  await loadCheckOf(statement)
  if (MATCH_SIGN.test(text)) await loadPatterns()
  for (const library of librariesCalled(text)) await library.load()
  if (mayCallStateful(text)) await import('../../aggregate/stateful-registry.ts')
}
