import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching } from '@codemirror/language'
import { forceLinting, linter } from '@codemirror/lint'
import { type Extension, Prec } from '@codemirror/state'
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view'
import { type CSSResultGroup, css, LitElement, type PropertyDeclarations } from 'lit'
import type { Catalog } from '../../engine/core/plan.ts'
import { completeStatement } from './completion.ts'
import { findErrors } from './diagnostics.ts'
import { editorTheme } from './editor-theme.ts'
import { highlighting } from './highlight.ts'

const LINT_DELAY_MS = 350

/** An editor of one TSQL statement. Says `text-changed` with the text, and `run` on Ctrl/Cmd-Enter. */
export class QueryEditor extends LitElement {
  static override properties: PropertyDeclarations = { text: {}, catalog: { attribute: false } }
  static override styles: CSSResultGroup = css`
    :host {
      display: block;
      min-width: 0;
    }
    .cm-editor {
      height: 100%;
    }
  `

  declare text: string
  declare catalog: Catalog

  #view: EditorView | undefined

  constructor() {
    super()
    this.text = ''
    this.catalog = { tables: [] }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#view?.destroy()
    this.#view = undefined
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.#createView()
  }

  protected override firstUpdated(): void {
    this.#createView()
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const view = this.#view
    if (view === undefined) return
    if (changed.has('text') && this.text !== view.state.doc.toString()) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: this.text } })
    }
    if (changed.has('catalog')) forceLinting(view)
  }

  /** Puts a name where the cursor is, with a space before it where one is missing. */
  insert(name: string): void {
    const view = this.#view
    if (view === undefined) return
    const { from, to } = view.state.selection.main
    const before = view.state.sliceDoc(Math.max(0, from - 1), from)
    const text = /[\w"]/.test(before) ? ` ${name}` : name
    view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length } })
    view.focus()
  }

  override focus(): void {
    this.#view?.focus()
  }

  #createView(): void {
    this.#view = new EditorView({
      doc: this.text,
      root: this.shadowRoot ?? document,
      parent: this.renderRoot,
      extensions: this.#extensions(),
    })
  }

  #extensions(): Extension[] {
    const run = (view: EditorView): boolean => {
      closeCompletion(view)
      this.dispatchEvent(new CustomEvent('run'))
      return true
    }
    return [
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      history(),
      drawSelection(),
      bracketMatching(),
      closeBrackets(),
      highlighting,
      editorTheme,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'Query, in TSQL. Ctrl Enter runs it.' }),
      placeholder('SELECT avg(usage_user) FROM host_cpu WHERE time >= now() - 1h GROUP BY 1m'),
      autocompletion({ icons: false, override: [(context) => completeStatement(context, this.catalog)] }),
      linter((view) => findErrors(view.state.doc.toString(), this.catalog), { delay: LINT_DELAY_MS }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return
        this.text = update.state.doc.toString()
        this.dispatchEvent(new CustomEvent('text-changed', { detail: this.text }))
      }),
    ]
  }
}

customElements.define('tidemark-query-editor', QueryEditor)
