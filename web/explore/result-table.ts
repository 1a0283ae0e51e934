import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit'
import { controls } from '../theme/controls.ts'
import { type CollectedResult, MAX_TABLE_ROWS, readCells } from './collected-result.ts'

const ROW_PIXELS = 26
/** Rows drawn beyond the visible ones, so that a scroll finds them there. */
const SPARE_ROWS = 12

/** Rows of an answer; only those in view are in the document. */
export class ResultTable extends LitElement {
  static override properties: PropertyDeclarations = {
    result: { attribute: false },
    first: { state: true },
    visible: { state: true },
  }
  static override styles: CSSResultGroup = [
    controls,
    css`
      :host {
        display: flex;
        min-height: 0;
        min-width: 0;
      }
      .scroll {
        flex: 1;
        overflow: auto;
        min-width: 0;
        outline-offset: -2px;
      }
      table {
        border-collapse: separate;
        border-spacing: 0;
        font-size: 12.5px;
        font-variant-numeric: tabular-nums;
        min-width: 100%;
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        height: 30px;
        padding: 0 14px;
        background: var(--surface);
        border-bottom: 1px solid var(--line);
        font-weight: 600;
        text-align: left;
        white-space: nowrap;
      }
      th small {
        font-weight: 400;
        color: var(--ink-soft);
        margin-left: 4px;
      }
      td {
        height: 26px;
        padding: 0 14px;
        max-width: 420px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        border-bottom: 1px solid var(--grid);
      }
      .right {
        text-align: right;
      }
      td.time {
        font-family: var(--mono);
        font-size: 12px;
      }
      .room td {
        padding: 0;
        border: 0;
      }
    `,
  ]

  declare result: CollectedResult
  declare first: number
  declare visible: number

  #resize = new ResizeObserver(() => this.#measure())

  constructor() {
    super()
    this.first = 0
    this.visible = 40
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resize.disconnect()
  }

  protected override firstUpdated(): void {
    const scroll = this.renderRoot.querySelector('.scroll')
    if (scroll) this.#resize.observe(scroll)
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('result')) return
    this.first = 0
    this.renderRoot?.querySelector?.('.scroll')?.scrollTo(0, 0)
  }

  #measure(): void {
    const scroll = this.renderRoot.querySelector('.scroll')
    if (!scroll) return
    this.first = Math.max(0, Math.floor(scroll.scrollTop / ROW_PIXELS) - SPARE_ROWS)
    this.visible = Math.ceil(scroll.clientHeight / ROW_PIXELS) + 2 * SPARE_ROWS
  }

  #room(rows: number): TemplateResult | typeof nothing {
    if (rows <= 0) return nothing
    return html`<tr class="room" aria-hidden="true"><td style="height:${rows * ROW_PIXELS}px" colspan=${this.result.columns.length}></td></tr>`
  }

  protected override render(): TemplateResult {
    const { columns, batches, rows } = this.result
    const shown = Math.min(rows, MAX_TABLE_ROWS)
    const last = Math.min(shown, this.first + this.visible)
    const classes = columns.map(({ type }) => (type === 'f64' || type === 'i64' ? 'right' : type))
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Rows of the answer" @scroll=${this.#measure}>
      <table aria-rowcount=${shown + 1} aria-colcount=${columns.length}>
        <thead>
          <tr>
            ${columns.map(
              ({ name, type, unit }, i) =>
                html`<th scope="col" class=${classes[i] ?? ''}>${name}<small>${type === 'time' ? 'UTC' : (unit ?? type)}</small></th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${this.#room(this.first)}
          ${readCells(batches, this.first, last).map(
            (cells, i) => html`<tr aria-rowindex=${this.first + i + 2}>
              ${cells.map((cell, k) => html`<td class=${classes[k] ?? ''} title=${cell.length > 50 ? cell : nothing}>${cell}</td>`)}
            </tr>`,
          )}
          ${this.#room(shown - last)}
        </tbody>
      </table>
    </div>`
  }
}

customElements.define('tidemark-result-table', ResultTable)
