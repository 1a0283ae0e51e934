import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit'
import type { LiveUpdate, Subscription } from '../../engine/engine.ts'
import type { ChartCursor } from '../chart/chart-cursor.ts'
import type { ChartLine } from '../chart/line.ts'
import { ResultLines } from '../chart/result-lines.ts'
import '../chart/time-chart.ts'
import { printValue } from '../chart/unit.ts'
import type { Source } from '../source/source.ts'
import { controls } from '../theme/controls.ts'
import { headlineOf, type PanelSpec, panelQuery } from './panel-spec.ts'
import type { Range } from './range.ts'

/** Windows that may be missing before a line is broken: one tick can come late. */
const MAX_MISSING_WINDOWS = 3

/** One live chart of the dashboard, with the newest value in its header. */
export class HostPanel extends LitElement {
  static override properties: PropertyDeclarations = {
    spec: { attribute: false },
    source: { attribute: false },
    range: { attribute: false },
    cursor: { attribute: false },
    end: { type: Number },
    paused: { type: Boolean },
    revision: { state: true },
    failure: { state: true },
  }
  static override styles: CSSResultGroup = [
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-width: 0;
        height: 232px;
        padding: 10px 12px 8px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--surface);
      }
      header {
        display: flex;
        align-items: baseline;
        justify-content: space-between;
        gap: 8px;
        height: 24px;
      }
      h2 {
        margin: 0;
        font-size: 13px;
        font-weight: 600;
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      output {
        font-size: 17px;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      tidemark-time-chart {
        flex: 1;
        min-height: 0;
      }
      p {
        margin: 0;
        color: var(--bad);
      }
    `,
  ]

  declare spec: PanelSpec
  declare source: Source
  declare range: Range
  declare cursor: ChartCursor
  /** The newest time shown, milliseconds since 1970. */
  declare end: number
  declare paused: boolean
  declare revision: number
  declare failure: string | undefined

  #rows: ResultLines | undefined
  #subscription: Subscription | undefined

  constructor() {
    super()
    this.end = 0
    this.paused = false
    this.revision = 0
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unsubscribe()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.#subscribe()
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const asksElse = changed.has('source') || changed.has('range') || changed.has('spec')
    if (asksElse) this.#rows = undefined
    if (asksElse || changed.has('paused')) this.#subscribe()
  }

  #unsubscribe(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
  }

  #subscribe(): void {
    this.#unsubscribe()
    if (this.paused && this.#rows !== undefined) return
    this.failure = undefined
    const observer = {
      next: (update: LiveUpdate) => this.#show(update),
      error: (error: Error) => {
        this.failure = error.message
      },
    }
    const minIntervalMs = Math.max(500, this.range.windowMs / 2)
    this.#subscription = this.source.subscribe(panelQuery(this.spec, this.range), observer, { minIntervalMs })
  }

  #show(update: LiveUpdate): void {
    if (update.kind === 'result') {
      this.#rows = new ResultLines(update.columns, update.keys)
      this.#rows.put(update.rows)
    } else {
      this.#rows?.remove(update.removed)
      this.#rows?.put(update.changed)
    }
    this.failure = undefined
    this.revision++
  }

  get #lines(): readonly ChartLine[] {
    const lines = this.#rows?.lines ?? []
    const busy = lines.filter(hasContent)
    const shown = busy.length > 0 ? busy : lines.slice(0, 1)
    const { linePrefix } = this.spec
    if (linePrefix === undefined) return shown
    return shown.map(({ name, times, values }) => ({ name: linePrefix + name, times, values }))
  }

  protected override render(): TemplateResult {
    const { spec, range } = this
    const lines = this.#lines
    const newest = lines.map(({ values }) => values[values.length - 1] ?? Number.NaN)
    return html`
      <header>
        <h2>${spec.title}</h2>
        <output aria-live="off">${printValue(headlineOf(spec, newest), spec.unit)}</output>
      </header>
      ${this.failure === undefined ? nothing : html`<p role="alert">${this.failure}</p>`}
      <tidemark-time-chart
        .lines=${lines}
        .kind=${spec.kind}
        .unit=${spec.unit}
        .label=${spec.title}
        .start=${this.end - range.lengthMs}
        .end=${this.end}
        .floor=${spec.floor}
        .ceiling=${spec.ceiling}
        .maxGapMs=${range.windowMs * MAX_MISSING_WINDOWS}
        .cursor=${this.cursor}
        .revision=${this.revision}
      ></tidemark-time-chart>
    `
  }
}

/** States that a machine never enters, and interfaces that it does not use, would fill the legend with zeros. */
function hasContent({ values }: ChartLine): boolean {
  for (let i = 0; i < values.length; i++) if ((values[i] ?? 0) !== 0) return true
  return false
}

customElements.define('tidemark-host-panel', HostPanel)
