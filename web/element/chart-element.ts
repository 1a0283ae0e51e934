import { type CSSResultGroup, css, html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit'
import { systemClock } from '../../engine/core/clock.ts'
import type { Engine, LiveUpdate, Subscription } from '../../engine/engine.ts'
import { lineSpan } from '../chart/line.ts'
import { ResultLines } from '../chart/result-lines.ts'
import '../chart/time-chart.ts'
import { BrowserSource } from '../source/browser-source.ts'
import { RelaySource } from '../source/relay-source.ts'
import type { Source } from '../source/source.ts'
import { tokens } from '../theme/tokens.ts'

const BROWSER_PREFIX = 'browser:'
const DEFAULT_HEIGHT = 240

/** Sources by name: the charts of a page share one engine and one socket. */
const openSources = new Map<string, Promise<Source>>()

function openSource(name: string): Promise<Source> {
  const known = openSources.get(name)
  if (known !== undefined) return known
  const opened: Promise<Source> = name.startsWith(BROWSER_PREFIX)
    ? BrowserSource.open(name.slice(BROWSER_PREFIX.length))
    : Promise.resolve(new RelaySource(new URL(name, document.baseURI), () => undefined))
  openSources.set(name, opened)
  opened.catch(() => openSources.delete(name))
  return opened
}

/**
 * `<tidemark-chart query="SELECT …" source="browser:DATABASE | RELAY-URL" height="240">`: a live chart of a query's answer.
 * It follows the page's colour scheme and loads the engine only for a source in the browser.
 */
export class ChartElement extends LitElement {
  static override properties: PropertyDeclarations = {
    query: {},
    source: {},
    engine: { attribute: false },
    height: { type: Number },
    label: {},
    revision: { state: true },
    failure: { state: true },
  }
  static override styles: CSSResultGroup = [
    tokens,
    css`
      :host {
        display: block;
      }
      tidemark-time-chart {
        height: 100%;
      }
      p {
        margin: 0;
        color: var(--bad);
      }
    `,
  ]

  /** One TSQL statement whose answer has a time and numbers. */
  declare query: string
  /** `browser:` and the name of a database of this browser, or the address of a relay; default: the page's own origin. */
  declare source: string
  /** An engine that the page has open already, instead of a source: a database is open once at a time. */
  declare engine: Pick<Engine, 'subscribe'> | undefined
  /** Pixels. */
  declare height: number
  declare label: string
  declare revision: number
  declare failure: string | undefined

  #rows: ResultLines | undefined
  #subscription: Subscription | undefined
  #attempt = 0

  constructor() {
    super()
    this.query = ''
    this.source = './'
    this.height = DEFAULT_HEIGHT
    this.label = 'Chart'
    this.revision = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) void this.#subscribe()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unsubscribe()
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('query') || changed.has('source') || changed.has('engine')) void this.#subscribe()
  }

  #unsubscribe(): void {
    this.#attempt++
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
  }

  async #subscribe(): Promise<void> {
    this.#unsubscribe()
    if (this.query.trim() === '') return
    const attempt = this.#attempt
    const error = (failure: Error): void => {
      this.failure = failure.message
    }
    try {
      const source = this.engine ?? (await openSource(this.source))
      if (attempt !== this.#attempt) return
      this.#subscription = source.subscribe(this.query, { next: (update) => this.#show(update), error })
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure
      error(failure)
    }
  }

  #show(update: LiveUpdate): void {
    if (update.kind === 'result') {
      this.#rows = new ResultLines(update.columns, update.keys)
      this.#rows.put(update.rows)
    } else {
      this.#rows?.remove(update.removed)
      this.#rows?.put(update.changed)
    }
    const drawable = this.#rows?.drawable ?? false
    this.failure = drawable ? undefined : 'The answer has no time or no numbers to draw.'
    this.revision++
  }

  protected override render(): TemplateResult {
    const lines = this.#rows?.lines ?? []
    const nowMs = Number(systemClock.now() / 1_000_000n)
    const { start, end } = lineSpan(lines) ?? { start: nowMs - 60_000, end: nowMs }
    return html`<div style="height:${this.height}px">
      ${
        this.failure === undefined
          ? html`<tidemark-time-chart
              .lines=${lines}
              .label=${this.label}
              .unit=${this.#rows?.unit}
              .start=${start}
              .end=${end}
              .revision=${this.revision}
            ></tidemark-time-chart>`
          : html`<p role="alert">${this.failure}</p>`
      }
    </div>`
  }
}

if (!customElements.get('tidemark-chart')) customElements.define('tidemark-chart', ChartElement)
