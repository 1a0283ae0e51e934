import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit'
import { collectRows, valueAt } from '../../engine/engine.ts'
import type { Source } from '../source/source.ts'
import { controls } from '../theme/controls.ts'
import { section } from './section.ts'

/** The list is asked for so often while it is open. */
const REFRESH_MS = 1000
/** Queries that the list shows. */
export const MAX_SHOWN_QUERIES = 100

const whole = new Intl.NumberFormat('en-US')

interface ShownQuery {
  id: bigint
  state: string
  client: string
  ageMs: number
  rows: number
  text: string
}

/** The queries that the source has now, each with a button that ends it; asked for while it is open. */
export class RunningQueriesPanel extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    queries: { state: true },
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
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 2px 8px;
        align-items: center;
        padding: 6px 0;
        border-top: 1px solid var(--grid);
      }
      p {
        margin: 0;
        padding: 0 4px;
        color: var(--ink-soft);
      }
      code {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      small {
        grid-column: 1;
        color: var(--ink-soft);
        font-size: 11.5px;
      }
      button {
        grid-row: 1 / span 2;
        grid-column: 2;
      }
    `,
  ]

  declare source: Source | undefined
  declare queries: readonly ShownQuery[] | undefined
  declare failure: string | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#close()
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('source')) this.queries = undefined
  }

  #onToggle(event: Event): void {
    this.#close()
    if (!(event.target instanceof HTMLDetailsElement) || !event.target.open) return
    void this.#load()
    this.#timer = setInterval(() => void this.#load(), REFRESH_MS)
  }

  #close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #load(): Promise<void> {
    await this.#ask(async (source) => {
      const queries = await shownQueries(source)
      if (source === this.source) this.queries = queries
    })
  }

  async #kill(id: bigint): Promise<void> {
    await this.#ask((source) => source.query(`KILL ${id}`))
    await this.#load()
  }

  async #ask(question: (source: Source) => Promise<unknown>): Promise<void> {
    if (this.source === undefined) return
    try {
      await question(this.source)
      this.failure = undefined
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.failure = error.message
    }
  }

  #row({ id, state, client, ageMs, rows, text }: ShownQuery): TemplateResult {
    const age = ageMs < 10_000 ? `${(ageMs / 1000).toFixed(1)} s` : `${whole.format(Math.round(ageMs / 1000))} s`
    return html`<li>
      <code title=${text}>${text}</code>
      <small>${state} for ${client}, ${age}, ${whole.format(rows)} rows read</small>
      <button class="button quiet" aria-label="Stop query ${id}" @click=${() => this.#kill(id)}>Stop</button>
    </li>`
  }

  #list(): TemplateResult {
    const { queries = [] } = this
    return html`${this.failure === undefined ? nothing : html`<p role="alert">${this.failure}</p>`}
      ${queries.length === 0 ? html`<p role="status">No query runs.</p>` : nothing}
      <ol aria-label="Queries">
        ${queries.map((query) => this.#row(query))}
      </ol>`
  }

  protected override render(): TemplateResult {
    return html`<details @toggle=${this.#onToggle}>
      <summary>Queries</summary>
      ${this.queries === undefined && this.failure === undefined ? nothing : this.#list()}
    </details>`
  }
}

async function shownQueries(source: Source): Promise<ShownQuery[]> {
  const result = await source.query(`SHOW QUERIES LIMIT ${MAX_SHOWN_QUERIES}`, { readOnly: true })
  const { columns, rows } = await collectRows(result)
  const cell = (name: string, row: number) => {
    const column = columns[result.columns.findIndex((each) => each.name === name)]
    return column && valueAt(column, row)
  }
  return Array.from({ length: rows }, (_, row) => ({
    id: BigInt(cell('id', row) ?? 0),
    state: String(cell('state', row)),
    client: String(cell('client', row)),
    ageMs: Number(cell('age_ms', row)),
    rows: Number(cell('rows', row)),
    text: String(cell('query', row)),
  }))
}

customElements.define('tidemark-running-queries', RunningQueriesPanel)
