import { type CSSResultGroup, css, html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { ChartCursor } from '../chart/chart-cursor.ts'
import type { Source } from '../source/source.ts'
import { controls } from '../theme/controls.ts'
import './host-panel.ts'
import { availablePanels, HOST_PANELS, type PanelSpec } from './panel-spec.ts'
import { RANGES, type Range, rememberedRange, rememberRange } from './range.ts'

/** How often an empty store is asked again whether the host's tables are there. */
const CATALOG_RETRY_MS = 1000
/** A relay that has just started has measured each thing within this time. */
const CATALOG_SETTLES_MS = 10_000

/** The live state of the machine that the relay runs on. */
export class HostDashboard extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    range: { state: true },
    panels: { state: true },
    paused: { state: true },
    end: { state: true },
    failure: { state: true },
  }
  static override styles: CSSResultGroup = [
    controls,
    css`
      :host {
        display: block;
        padding: 14px 16px 32px;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        margin-bottom: 12px;
      }
      h1 {
        margin: 0 auto 0 0;
        font-size: 16px;
        font-weight: 600;
      }
      .grid {
        display: grid;
        gap: 12px;
        grid-template-columns: repeat(3, minmax(0, 1fr));
      }
      .wide {
        grid-column: span 2;
      }
      .pause {
        min-width: 74px;
        justify-content: center;
      }
      .empty {
        max-width: 560px;
        margin: 12vh auto 0;
        padding: 0 8px;
      }
      .empty h2 {
        font-size: 18px;
        font-weight: 600;
        margin: 0 0 8px;
      }
      .empty p {
        color: var(--ink-soft);
        margin: 0 0 14px;
        font-size: 14px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      .placeholder {
        height: 232px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--surface);
      }
      @media (max-width: 1080px) {
        .grid {
          grid-template-columns: repeat(2, minmax(0, 1fr));
        }
      }
      @media (max-width: 700px) {
        :host {
          padding: 12px 10px 24px;
        }
        .grid {
          grid-template-columns: minmax(0, 1fr);
        }
        h1 {
          width: 100%;
        }
        .pause {
          margin-left: auto;
        }
        .wide {
          grid-column: auto;
        }
      }
    `,
  ]

  declare source: Source
  declare range: Range
  /** Undefined until the catalog is there. */
  declare panels: readonly PanelSpec[] | undefined
  declare paused: boolean
  declare end: number
  declare failure: string | undefined

  readonly #cursor = new ChartCursor()
  #clockTimer: ReturnType<typeof setInterval> | undefined
  #catalogTimer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.range = rememberedRange(localStorage)
    this.paused = false
    this.end = 0
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#clockTimer)
    clearTimeout(this.#catalogTimer)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#clockTimer = setInterval(() => this.#tick(), 1000)
    if (this.hasUpdated) void this.#findPanels(this.source.nowMs())
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('source')) return
    clearTimeout(this.#catalogTimer)
    this.panels = undefined
    this.end = this.source.nowMs()
    void this.#findPanels(this.end)
  }

  #tick(): void {
    if (!this.paused && document.visibilityState === 'visible') this.end = this.source.nowMs()
  }

  async #findPanels(sinceMs: number): Promise<void> {
    const { source } = this
    try {
      const found = availablePanels(await source.catalog(), HOST_PANELS)
      if (source !== this.source || !this.isConnected) return
      this.failure = undefined
      if (JSON.stringify(found) !== JSON.stringify(this.panels)) this.panels = found
      const settled = source.nowMs() - sinceMs > CATALOG_SETTLES_MS
      if (settled && (found.length > 0 || source.kind === 'browser')) return
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.failure = error.message
    }
    this.#catalogTimer = setTimeout(() => void this.#findPanels(sinceMs), CATALOG_RETRY_MS)
  }

  #choose(range: Range): void {
    this.range = range
    rememberRange(localStorage, range)
  }

  #emptyPage(): TemplateResult {
    if (this.source.kind === 'relay') {
      return html`<div class="empty" role="status">
        <h2>No measurements of this host yet</h2>
        <p>
          ${this.failure ?? 'The relay measures its machine every second unless it was started with --no-host-metrics. What it measures appears here by itself.'}
        </p>
        <div class="actions"><a class="button primary" href="#/explore">Explore the data that is there</a></div>
      </div>`
    }
    return html`<div class="empty">
      <h2>This browser holds no host measurements</h2>
      <p>
        A page cannot see the machine it runs on; a relay can, and shows it here. What this browser can do is hold and
        query your own data: drop a CSV, line-protocol, Parquet or Arrow file anywhere on this page. It stays in this browser.
      </p>
      <div class="actions">
        <button class="button primary" @click=${() => this.dispatchEvent(new CustomEvent('pick-file', { bubbles: true, composed: true }))}>
          Open a file…
        </button>
        <a class="button" href="#/explore">Explore</a>
      </div>
    </div>`
  }

  #charts(panels: readonly PanelSpec[]): TemplateResult {
    return html`<div class="grid">
      ${repeat(
        panels,
        ({ id }) => id,
        (spec) => html`<tidemark-host-panel
          class=${spec.wide ? 'wide' : ''}
          .spec=${spec}
          .source=${this.source}
          .range=${this.range}
          .cursor=${this.#cursor}
          .end=${this.end}
          .paused=${this.paused}
        ></tidemark-host-panel>`,
      )}
    </div>`
  }

  protected override render(): TemplateResult {
    if (this.panels?.length === 0) return this.#emptyPage()
    return html`
      <div class="bar">
        <h1>This host</h1>
        <div class="segmented" role="group" aria-label="Range">
          ${RANGES.map(
            (range) =>
              html`<button aria-pressed=${range === this.range} @click=${() => this.#choose(range)}>${range.name}</button>`,
          )}
        </div>
        <button
          class="button pause"
          aria-pressed=${this.paused}
          @click=${() => {
            this.paused = !this.paused
          }}
        >
          ${this.paused ? '▶ Resume' : '❚❚ Pause'}
        </button>
      </div>
      ${
        this.panels === undefined
          ? html`<div class="grid" aria-busy="true">
              ${HOST_PANELS.map(({ wide }) => html`<div class="placeholder ${wide ? 'wide' : ''}"></div>`)}
            </div>`
          : this.#charts(this.panels)
      }
    `
  }
}

customElements.define('tidemark-host-dashboard', HostDashboard)
