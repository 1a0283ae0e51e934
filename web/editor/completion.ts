import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import type { Catalog } from '../../engine/core/plan.ts'
import { complete } from '../../engine/query/complete.ts'

/** Names and words that may stand at the cursor, by the engine's grammar and the catalog. */
export function completeStatement(context: CompletionContext, catalog: Catalog): CompletionResult | null {
  const { from, options } = complete(context.state.doc.toString(), context.pos, catalog)
  if (options.length === 0 || (from === context.pos && !context.explicit)) return null
  return {
    from,
    options: options.map(({ label, kind, signature, doc }) => ({
      label,
      detail: signature ?? kind,
      ...(doc !== undefined && { info: doc }),
      boost: kind === 'keyword' ? -1 : 0,
    })),
    validFor: /^\w*$/,
  }
}
