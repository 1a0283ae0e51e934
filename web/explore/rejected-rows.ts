import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit'
import { printTimestamp } from '../../engine/core/time.ts'
import type { KeptRejection, RejectedRows } from '../../engine/engine.ts'
import type { Source } from '../source/source.ts'
import { controls } from '../theme/controls.ts'
import { section } from './section.ts'

/** Rows that the list shows; the command line shows all that are kept. */
export const MAX_SHOWN_REJECTIONS = 50

const whole = new Intl.NumberFormat('en-US')

/** The rows that were rejected last, with the reason; asked for when it is opened. */
export class RejectedRowsPanel extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    revision: { type: Number },
    rejected: { state: true },
    failure: { state: true },
  }
  static override styles: CSSResultGroup = [
    controls,
    section,
    css`
      ol {
        list-style: none;
        margin: 0;
        padding: 0 4px;
      }
      li {
        padding: 6px 0;
        border-top: 1px solid var(--grid);
      }
      p {
        margin: 0;
        padding: 0 4px;
        color: var(--ink-soft);
      }
      li p {
        padding: 0;
        color: var(--ink);
        overflow-wrap: anywhere;
      }
      code {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--bad);
      }
      small {
        color: var(--ink-soft);
        font-size: 11.5px;
      }
    `,
  ]

  declare source: Source | undefined
  /** Counted up to ask again. */
  declare revision: number
  declare rejected: RejectedRows | undefined
  declare failure: string | undefined
  #isOpen = false

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('source')) this.rejected = undefined
    if ((changed.has('source') || changed.has('revision')) && this.#isOpen) void this.#load()
  }

  async #load(): Promise<void> {
    const { source } = this
    try {
      const rejected = await source?.rejectedRows()
      if (source !== this.source) return
      this.rejected = rejected
      this.failure = undefined
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.failure = error.message
    }
  }

  #onToggle(event: Event): void {
    this.#isOpen = event.target instanceof HTMLDetailsElement && event.target.open
    if (this.#isOpen) void this.#load()
  }

  #row({ time, line, column, reason, text }: KeptRejection): TemplateResult {
    const iso = printTimestamp(time)
    return html`<li>
      <p>${reason}</p>
      <code title=${text}>${text}</code>
      <small><time datetime=${iso}>${iso.slice(0, 19).replace('T', ' ')}</time>, line ${line}, column ${column}</small>
    </li>`
  }

  #list(): TemplateResult | typeof nothing {
    if (this.failure !== undefined) return html`<p role="alert">${this.failure}</p>`
    if (this.rejected === undefined) return nothing
    const { total, rows } = this.rejected
    if (rows.length === 0) return html`<p role="status">Every row so far was taken.</p>`
    const shown = rows.slice(0, MAX_SHOWN_REJECTIONS)
    const more =
      total > shown.length ? `The newest ${shown.length} of ${whole.format(total)}.` : `${whole.format(total)} in all.`
    return html`<p role="status">${more}</p>
      <ol aria-label="Rejected rows">
        ${shown.map((row) => this.#row(row))}
      </ol>`
  }

  protected override render(): TemplateResult {
    return html`<details @toggle=${this.#onToggle}>
      <summary>Rejected rows</summary>
      ${this.#list()}
    </details>`
  }
}

customElements.define('tidemark-rejected-rows', RejectedRowsPanel)
