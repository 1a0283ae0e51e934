import { type Extension, RangeSetBuilder, StateField } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view'
import { CONTEXT_WORDS, type Token, type TokenKind, tokenize } from '../../engine/query/parse/token.ts'

const CLASSES: Readonly<Partial<Record<TokenKind, string>>> = {
  keyword: 'tok-keyword',
  string: 'tok-string',
  integer: 'tok-number',
  float: 'tok-number',
  duration: 'tok-number',
  parameter: 'tok-parameter',
  comment: 'tok-comment',
}

/** The class of a token: the tokenizer's kind, where words that are keywords or functions by their place are told apart. */
export function tokenClass(token: Token, next: Token | undefined): string | undefined {
  if (token.kind !== 'name') return CLASSES[token.kind]
  if (next?.kind === 'operator' && next.text === '(') return 'tok-function'
  return CONTEXT_WORDS.has(token.text.toLowerCase()) ? 'tok-keyword' : undefined
}

function decorate(text: string): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  const tokens = tokenize(text)
  tokens.forEach((token, i) => {
    const tokenClassName = tokenClass(token, tokens[i + 1])
    if (tokenClassName === undefined) return
    builder.add(token.offset, token.offset + token.length, Decoration.mark({ class: tokenClassName }))
  })
  return builder.finish()
}

/** Colours TSQL with the engine's own tokenizer. */
export const highlighting: Extension = StateField.define<DecorationSet>({
  create: (state) => decorate(state.doc.toString()),
  update: (decorations, transaction) =>
    transaction.docChanged ? decorate(transaction.state.doc.toString()) : decorations,
  provide: (field) => EditorView.decorations.from(field),
})
