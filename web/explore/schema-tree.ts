import { type CSSResultGroup, css, html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit'
import type { Catalog, TableInfo } from '../../engine/core/plan.ts'
import { controls } from '../theme/controls.ts'
import { quoteName } from './example-queries.ts'

/** Tables with their tags and fields; a click on a name inserts it into the query. */
export class SchemaTree extends LitElement {
  static override properties: PropertyDeclarations = { catalog: { attribute: false } }
  static override styles: CSSResultGroup = [
    controls,
    css`
      :host {
        display: block;
        font-size: 12.5px;
      }
      details {
        border-bottom: 1px solid var(--grid);
      }
      summary {
        padding: 5px 4px;
        cursor: pointer;
        font-weight: 550;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      ul {
        list-style: none;
        margin: 0 0 6px;
        padding: 0 0 0 14px;
      }
      li {
        display: flex;
      }
      button {
        display: flex;
        flex: 1;
        justify-content: space-between;
        gap: 8px;
        min-width: 0;
        padding: 2px 4px;
        border: 0;
        border-radius: 4px;
        background: none;
        text-align: left;
        cursor: pointer;
      }
      button:hover {
        background: var(--surface-sunken);
      }
      span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      small {
        color: var(--ink-soft);
        font-size: 11.5px;
      }
      p {
        color: var(--ink-soft);
      }
    `,
  ]

  declare catalog: Catalog

  #insert(name: string): void {
    this.dispatchEvent(new CustomEvent('insert', { detail: quoteName(name) }))
  }

  #item(name: string, type: string): TemplateResult {
    return html`<li>
      <button @click=${() => this.#insert(name)} title="Insert ${name}"><span>${name}</span><small>${type}</small></button>
    </li>`
  }

  #table(table: TableInfo): TemplateResult {
    return html`<details ?open=${this.catalog.tables.length <= 2}>
      <summary title=${table.name}>${table.name}</summary>
      <ul>
        ${this.#item(table.name, 'table')} ${this.#item('time', 'time')}
        ${table.tags.map((tag) => this.#item(tag, 'tag'))}
        ${table.fields.map(({ name, type, unit }) => this.#item(name, unit === undefined ? type : `${type}, ${unit}`))}
      </ul>
    </details>`
  }

  protected override render(): TemplateResult {
    const { tables } = this.catalog
    return html`${tables.length === 0 ? html`<p>No tables yet.</p>` : tables.map((table) => this.#table(table))}`
  }
}

customElements.define('tidemark-schema-tree', SchemaTree)
