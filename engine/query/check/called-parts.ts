import { mayCallStateful } from '../../aggregate/stateful-names.ts'
import { loadPatterns } from '../../core/pattern.ts'
import { librariesCalled } from '../../function/registry.ts'

const MATCH_SIGN = /[=!]~/

/** Loads what a statement may call and few do: to be awaited before it is checked. A word that is taken for a call does no harm. */
export async function loadCalledParts(text: string): Promise<void> {
  if (MATCH_SIGN.test(text)) await loadPatterns()
  for (const library of librariesCalled(text)) await library.load()
  if (mayCallStateful(text)) await import('../../aggregate/stateful-registry.ts')
}
