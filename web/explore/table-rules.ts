import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit'
import type { Catalog, TableInfo } from '../../engine/core/plan.ts'
import { printDuration } from '../../engine/core/time.ts'
import { viewsOf } from '../../engine/core/view.ts'
import type { RollupRule } from '../../engine/engine.ts'
import type { Source } from '../source/source.ts'
import { controls } from '../theme/controls.ts'
import { quoteName } from './example-queries.ts'
import { section } from './section.ts'

/** Inputs, a button, and a label beside them or above. */
interface FormContent {
  content: TemplateResult
  wide?: boolean
}

const NANOSECONDS_PER_MS = 1_000_000n

/**
 * What is kept of a table: for how long its rows, which windows, and the units of its fields; each is set by a statement. Fires
 * `changed` when one has been.
 */
export class TableRulesPanel extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    catalog: { attribute: false },
    chosen: { state: true },
    failure: { state: true },
  }
  static override styles: CSSResultGroup = [
    controls,
    section,
    css`
      form,
      .line {
        display: flex;
        gap: 6px;
        align-items: center;
        padding: 3px 4px;
      }
      label,
      .line span {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      input {
        width: 64px;
      }
      /* A name of its own line above what may be typed. */
      .wide {
        flex-wrap: wrap;
      }
      .wide label {
        flex-basis: 100%;
      }
      .wide input {
        flex: 1;
        min-width: 0;
      }
      p {
        margin: 0;
        padding: 3px 4px;
        color: var(--ink-soft);
      }
    `,
  ]

  declare source: Source | undefined
  declare catalog: Catalog
  /** The name of the table that is shown. */
  declare chosen: string | undefined
  declare failure: string | undefined

  constructor() {
    super()
    this.catalog = { tables: [] }
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('source')) this.failure = undefined
  }

  /** Runs `ALTER TABLE` of the table that is shown. */
  async #alter(table: TableInfo, change: string): Promise<void> {
    try {
      await this.source?.query(`ALTER TABLE ${quoteName(table.name)} ${change}`)
      this.failure = undefined
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.failure = error.message
    }
    this.dispatchEvent(new CustomEvent('changed'))
  }

  /** A form whose values make a change. */
  #form(
    table: TableInfo,
    { content, wide = false }: FormContent,
    change: (values: FormData) => string,
  ): TemplateResult {
    const submit = (event: SubmitEvent): void => {
      event.preventDefault()
      if (event.target instanceof HTMLFormElement) void this.#alter(table, change(new FormData(event.target)))
    }
    return html`<form class=${wide ? 'wide' : ''} @submit=${submit}>${content}</form>`
  }

  #retention(table: TableInfo): TemplateResult {
    const { retentionMs, defined } = table
    const kept = retentionMs === undefined ? '' : printMs(retentionMs)
    const byOption = retentionMs !== undefined && defined?.retentionMs === undefined
    return this.#form(
      table,
      {
        wide: true,
        content: html`<label for="keep" title=${byOption ? 'Said when the store was opened' : ''}>Rows are kept for</label>
        <input class="field" id="keep" name="keep" placeholder="ever" .value=${kept} />
        <button class="button quiet" aria-label="Set retention">Set</button>`,
      },
      (values) => (textOf(values, 'keep') === '' ? 'DROP RETENTION' : `SET RETENTION ${textOf(values, 'keep')}`),
    )
  }

  #rollup(table: TableInfo, { everyMs, keepMs }: RollupRule): TemplateResult {
    const width = printMs(everyMs)
    const isOwn = table.defined?.rollups.some((rule) => rule.everyMs === everyMs) ?? false
    return html`<div class="line">
      <span>Windows of ${width}, kept for ${keepMs === undefined ? 'ever' : printMs(keepMs)}</span>
      ${
        isOwn
          ? html`<button
              class="button quiet"
              aria-label="Drop rollup of ${width}"
              @click=${() => this.#alter(table, `DROP ROLLUP ${width}`)}
            >
              Drop
            </button>`
          : nothing
      }
    </div>`
  }

  #newRollup(table: TableInfo): TemplateResult {
    return this.#form(
      table,
      {
        wide: true,
        content: html`<label for="width">Windows of</label>
        <input class="field" id="width" name="width" placeholder="1h" required />
        <input class="field" name="for" placeholder="for ever" aria-label="Windows are kept for" />
        <button class="button quiet" aria-label="Add rollup">Add</button>`,
      },
      (values) => {
        const kept = textOf(values, 'for')
        return `ADD ROLLUP ${textOf(values, 'width')}${kept === '' ? '' : ` RETENTION ${kept}`}`
      },
    )
  }

  #unit(table: TableInfo, { name, unit = '' }: TableInfo['fields'][number]): TemplateResult {
    return this.#form(
      table,
      {
        content: html`<label for="unit-${name}" title=${name}>${name}</label>
        <input class="field" id="unit-${name}" name="unit" placeholder="no unit" maxlength="64" .value=${unit} />
        <button class="button quiet" aria-label="Set unit of ${name}">Set</button>`,
      },
      (values) => {
        const text = textOf(values, 'unit')
        const field = quoteName(name)
        return text === '' ? `DROP UNIT ${field}` : `SET UNIT ${field} '${text.replaceAll("'", "''")}'`
      },
    )
  }

  #rules(table: TableInfo): TemplateResult {
    const measured = table.fields.filter(({ type }) => type === 'f64' || type === 'i64')
    return html`${this.#retention(table)} ${(table.rollups ?? []).map((rule) => this.#rollup(table, rule))}
      ${this.#newRollup(table)}
      <p>Units of fields</p>
      ${measured.map((field) => this.#unit(table, field))}`
  }

  protected override render(): TemplateResult | typeof nothing {
    const views = new Set(viewsOf(this.catalog).map(({ name }) => name))
    const tables = this.catalog.tables.filter(({ name }) => !views.has(name))
    const shown = tables.find(({ name }) => name === this.chosen) ?? tables[0]
    if (shown === undefined) return nothing
    const choose = (event: Event): void => {
      if (event.target instanceof HTMLSelectElement) this.chosen = event.target.value
    }
    return html`<details>
      <summary>Retention and units</summary>
      <div class="line">
        <select class="field" aria-label="Table" @change=${choose}>
          ${tables.map(({ name }) => html`<option value=${name} .selected=${name === shown.name}>${name}</option>`)}
        </select>
      </div>
      ${this.#rules(shown)}
      ${this.failure === undefined ? nothing : html`<p role="alert">${this.failure}</p>`}
    </details>`
  }
}

function textOf(values: FormData, name: string): string {
  return String(values.get(name) ?? '').trim()
}

function printMs(milliseconds: number): string {
  return printDuration(BigInt(milliseconds) * NANOSECONDS_PER_MS)
}

customElements.define('tidemark-table-rules', TableRulesPanel)
