import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { TidemarkError, unsaidExpectations } from '../../engine/core/errors.ts'
import type { Catalog } from '../../engine/core/plan.ts'
import { isSubscribe } from '../../engine/core/subscribe-text.ts'
import type { QueryOptions } from '../../engine/engine.ts'
import { printRoute } from '../app/route.ts'
import '../chart/time-chart.ts'
import { lineSpan } from '../chart/line.ts'
import type { QueryEditor } from '../editor/query-editor.ts'
import type { Source } from '../source/source.ts'
import { controls } from '../theme/controls.ts'
import { type CollectedResult, collectResult, MAX_READ_ROWS, MAX_TABLE_ROWS } from './collected-result.ts'
import { type DownloadFormat, resultFile, saveFile } from './download.ts'
import { exampleQueries } from './example-queries.ts'
import { exploreStyles } from './explore-styles.ts'
import { LiveResult } from './live-result.ts'
import { QueryHistory } from './query-history.ts'
import './rejected-rows.ts'
import './result-table.ts'
import './running-queries.ts'
import './schema-tree.ts'
import './store-backup.ts'
import './table-rules.ts'

type Outcome =
  | { state: 'none' }
  | { state: 'running' }
  | { state: 'failed'; error: Error }
  | { state: 'done'; text: string; result: CollectedResult; elapsedMs: number }
  | { state: 'live'; text: string; result: CollectedResult }

const whole = new Intl.NumberFormat('en-US')
const EMPTY_CATALOG: Catalog = { tables: [] }
/** What runs without the Run button, as from a link, must not change anything. */
const READ_ONLY: QueryOptions = { readOnly: true }

/** Write a query, see its answer as chart and table. */
export class ExplorePage extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    query: {},
    queryRevision: { type: Number },
    catalogRevision: { type: Number },
    catalog: { state: true },
    outcome: { state: true },
    running: { state: true },
    saving: { state: true },
  }
  static override styles: CSSResultGroup = [controls, exploreStyles]

  declare source: Source
  /** A query to show and run, from the address. */
  declare query: string | undefined
  /** Counted up to run the same query again, and to read the catalog again. */
  declare queryRevision: number
  declare catalogRevision: number
  declare catalog: Catalog | undefined
  declare outcome: Outcome
  /** Ends what runs; there while something does. */
  declare running: AbortController | undefined
  declare saving: string | undefined

  readonly #history = new QueryHistory(localStorage)
  readonly #isWide: boolean = matchMedia('(min-width: 861px)').matches
  #text: string

  constructor() {
    super()
    this.outcome = { state: 'none' }
    this.#text = this.#history.queries[0] ?? ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void import('../editor/query-editor.ts')
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.running?.abort()
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('source') || changed.has('catalogRevision')) void this.#loadCatalog()
    if (changed.has('source')) this.#stop({ state: 'none' })
    if ((changed.has('query') || changed.has('queryRevision')) && this.query !== undefined) this.#text = this.query
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const asked = changed.has('query') || changed.has('queryRevision')
    if (asked && this.query !== undefined && this.query === this.#text) void this.#run(this.query, READ_ONLY)
  }

  async #loadCatalog(): Promise<void> {
    const { source } = this
    try {
      const catalog = await source.catalog()
      if (source === this.source) this.catalog = catalog
      if (this.#text === '' && catalog.tables.length > 0) this.#show(exampleQueries(catalog)[1]?.query ?? '')
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.#stop({ state: 'failed', error })
    }
  }

  #stop(outcome: Outcome): void {
    this.running?.abort()
    this.running = undefined
    this.outcome = outcome
  }

  /** Ends what runs; what was shown before stays. */
  #cancel(): void {
    const wasFirst = this.outcome.state === 'running'
    const error = new TidemarkError('cancelled', 'The query was stopped.')
    this.#stop(wasFirst ? { state: 'failed', error } : this.outcome)
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented || this.running === undefined) return
    event.preventDefault()
    this.#cancel()
  }

  #show(text: string): void {
    this.#text = text
    this.requestUpdate()
  }

  async #run(text: string, options: QueryOptions = {}): Promise<void> {
    if (text.trim() === '') return
    this.running?.abort()
    const controller = new AbortController()
    this.running = controller
    if (this.outcome.state !== 'done') this.outcome = { state: 'running' }
    if (isSubscribe(text)) return this.#follow(text, controller)
    const begun = performance.now()
    try {
      const result = await collectResult(await this.source.query(text, { ...options, signal: controller.signal }))
      if (this.running !== controller) return
      this.#history.remember(text)
      // A reload, and whoever gets the address, sees the same.
      history.replaceState(null, '', printRoute({ page: 'explore', query: text }))
      this.outcome = { state: 'done', text, result, elapsedMs: performance.now() - begun }
      // The statement may have made tables or columns.
      if (options.readOnly !== true) void this.#loadCatalog()
    } catch (error) {
      if (this.running !== controller) return
      if (!(error instanceof Error)) throw error
      this.outcome = { state: 'failed', error }
    }
    this.running = undefined
  }

  /** Shows answers as they come, until something else runs. */
  #follow(text: string, controller: AbortController): void {
    const live = new LiveResult()
    const subscription = this.source.subscribe(text, {
      next: (update) => {
        if (this.running !== controller) return
        live.put(update)
        this.outcome = { state: 'live', text, result: live.collected }
      },
      error: (error) => {
        if (this.running === controller) this.#stop({ state: 'failed', error })
      },
    })
    controller.signal.addEventListener('abort', () => subscription.unsubscribe())
    this.#history.remember(text)
    history.replaceState(null, '', printRoute({ page: 'explore', query: text }))
  }

  async #download(text: string, format: DownloadFormat): Promise<void> {
    this.saving = 'Preparing the file…'
    try {
      saveFile(await resultFile(await this.source.query(text, READ_ONLY), format))
      this.saving = undefined
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.saving = error.message
    }
  }

  #insert(name: string): void {
    this.renderRoot.querySelector<QueryEditor>('tidemark-query-editor')?.insert(name)
  }

  #toolbar(): TemplateResult {
    const examples = exampleQueries(this.catalog ?? EMPTY_CATALOG)
    const recent = this.#history.queries
    const pick = (event: Event): void => {
      if (!(event.target instanceof HTMLSelectElement)) return
      const text = event.target.value
      event.target.value = ''
      this.#show(text)
      void this.#run(text, READ_ONLY)
    }
    return html`<div class="toolbar">
      <button class="button primary" @click=${() => this.#run(this.#text)}>Run <kbd>Ctrl ⏎</kbd></button>
      ${
        this.running === undefined
          ? nothing
          : html`<button class="button" @click=${() => this.#cancel()}>Stop <kbd>Esc</kbd></button>`
      }
      <select class="field" aria-label="Examples" @change=${pick}>
        <option value="">Examples</option>
        ${examples.map(({ title, query }) => html`<option value=${query}>${title}</option>`)}
      </select>
      <select class="field" aria-label="Recent queries" @change=${pick} ?disabled=${recent.length === 0}>
        <option value="">Recent</option>
        ${recent.map((query) => html`<option value=${query}>${query.replaceAll(/\s+/g, ' ').slice(0, 90)}</option>`)}
      </select>
    </div>`
  }

  #failure(error: Error): TemplateResult {
    const detail = error instanceof TidemarkError ? error : undefined
    const unsaid = detail ? unsaidExpectations(detail) : []
    const expected = unsaid.length > 0 ? `Expected ${unsaid.join(', ')}.` : undefined
    return html`<div class="message bad" role="alert">
      <strong>${error.message}</strong>
      ${expected === undefined ? nothing : html`<p>${expected}</p>`}
      ${detail?.hint === undefined ? nothing : html`<p>${detail.hint}</p>`}
    </div>`
  }

  #summary(result: CollectedResult, elapsedMs: number): string {
    const rows = `${whole.format(result.rows)}${result.complete ? '' : '+'} ${result.rows === 1 ? 'row' : 'rows'}`
    const time = elapsedMs < 10 ? `${elapsedMs.toFixed(1)} ms` : `${whole.format(Math.round(elapsedMs))} ms`
    const cut = result.rows > MAX_TABLE_ROWS ? `; the table shows the first ${whole.format(MAX_TABLE_ROWS)}` : ''
    const unread = result.complete ? '' : `, read up to ${whole.format(MAX_READ_ROWS)} of them`
    return `${rows} in ${time}${cut}${unread}`
  }

  #chart({ lines }: CollectedResult): TemplateResult | typeof nothing {
    const span = lines.drawable ? lineSpan(lines.lines) : undefined
    if (span === undefined) return nothing
    return html`<tidemark-time-chart
      class="chart"
      label="Chart of the answer"
      zone="utc"
      .lines=${lines.lines}
      .unit=${lines.unit}
      .start=${span.start}
      .end=${span.end}
    ></tidemark-time-chart>`
  }

  #answer(): TemplateResult {
    const { outcome } = this
    if (outcome.state === 'failed') return this.#failure(outcome.error)
    if (outcome.state === 'running') return html`<div class="message" role="status">Running…</div>`
    if (outcome.state === 'none') {
      const empty = this.catalog?.tables.length === 0
      return html`<div class="message">
        ${
          empty
            ? 'There is no data here yet. Drop a CSV, line-protocol, Parquet or Arrow file anywhere on this page.'
            : 'Run a query to see its answer here.'
        }
      </div>`
    }
    const { result, text } = outcome
    if (outcome.state === 'live') return this.#live(result)
    return html`
      ${this.#chart(result)}
      <div class="summary">
        <span role="status">${this.#summary(result, outcome.elapsedMs)}</span>
        <span class="grow" role="status">${this.saving ?? ''}</span>
        <button class="button quiet" @click=${() => this.#download(text, 'csv')}>CSV</button>
        <button class="button quiet" @click=${() => this.#download(text, 'arrow')}>Arrow</button>
      </div>
      ${
        result.rows === 0
          ? html`<div class="message">The query ran and found no rows.</div>`
          : html`<tidemark-result-table .result=${result}></tidemark-result-table>`
      }
    `
  }

  #live(result: CollectedResult): TemplateResult {
    return html`
      ${this.#chart(result)}
      <div class="summary">
        <span role="status">${whole.format(result.rows)} ${result.rows === 1 ? 'row' : 'rows'}, live</span>
        <span class="grow"></span>
        <button class="button quiet" @click=${() => this.#stop({ state: 'none' })}>Stop</button>
      </div>
      <tidemark-result-table .result=${result}></tidemark-result-table>
    `
  }

  protected override render(): TemplateResult {
    return html`
      <aside aria-label="Tables">
        <details class="schema" ?open=${this.#isWide}>
          <summary>Tables</summary>
          <tidemark-schema-tree
            .catalog=${this.catalog ?? EMPTY_CATALOG}
            @insert=${(event: CustomEvent<string>) => this.#insert(event.detail)}
          ></tidemark-schema-tree>
        </details>
        <tidemark-table-rules
          .source=${this.source}
          .catalog=${this.catalog ?? EMPTY_CATALOG}
          @changed=${() => this.#loadCatalog()}
        ></tidemark-table-rules>
        <tidemark-rejected-rows .source=${this.source} .revision=${this.catalogRevision}></tidemark-rejected-rows>
        <tidemark-running-queries .source=${this.source}></tidemark-running-queries>
        <tidemark-store-backup .source=${this.source} @restored=${() => location.reload()}></tidemark-store-backup>
      </aside>
      <section class="work" @keydown=${(event: KeyboardEvent) => this.#onKey(event)}>
        <div class="editor-card">
          <tidemark-query-editor
            .text=${this.#text}
            .catalog=${this.catalog ?? EMPTY_CATALOG}
           
            @text-changed=${(event: CustomEvent<string>) => {
              this.#text = event.detail
            }}
            @run=${() => this.#run(this.#text)}
          ></tidemark-query-editor>
          ${this.#toolbar()}
        </div>
        <div class="answer-card">${this.#answer()}</div>
      </section>
    `
  }
}

customElements.define('tidemark-explore-page', ExplorePage)
