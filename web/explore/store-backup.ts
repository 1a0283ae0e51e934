import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit'
import type { Source } from '../source/source.ts'
import { controls } from '../theme/controls.ts'
import { saveFile } from './download.ts'
import { section } from './section.ts'

/** All data as one file, and back where the data lies in this browser. */
export class StoreBackup extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    status: { state: true },
    chosen: { state: true },
  }
  static override styles: CSSResultGroup = [
    controls,
    section,
    css`
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        padding: 0 4px;
      }
      p {
        margin: 6px 4px 0;
        color: var(--ink-soft);
      }
      input {
        display: none;
      }
    `,
  ]

  declare source: Source | undefined
  declare status: string | undefined
  /** A backup that waits for the word that the data may go. */
  declare chosen: File | undefined

  async #save(): Promise<void> {
    const { source } = this
    if (source?.backup === undefined) return
    this.status = 'Preparing the file…'
    try {
      const parts: BlobPart[] = []
      for await (const chunk of source.backup()) parts.push(chunk)
      saveFile(new File(parts, 'tidemark.tdmk', { type: 'application/octet-stream' }))
      this.status = undefined
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.status = error.message
    }
  }

  async #restore(file: File): Promise<void> {
    this.chosen = undefined
    this.status = 'Restoring…'
    try {
      await this.source?.restore?.(file)
      this.status = 'Restored.'
      this.dispatchEvent(new CustomEvent('restored', { bubbles: true, composed: true }))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.status = `${error.message}. Load the page again to go on.`
    }
  }

  #pick(): void {
    this.renderRoot.querySelector('input')?.click()
  }

  #onPicked(event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return
    this.chosen = event.target.files?.[0]
    event.target.value = ''
  }

  #actions({ backup, backupUrl, restore }: Source): TemplateResult {
    return html`<div class="actions">
      ${backupUrl === undefined ? nothing : html`<a class="button" href=${backupUrl} download="tidemark.tdmk">Download</a>`}
      ${backup === undefined ? nothing : html`<button class="button" @click=${this.#save}>Download</button>`}
      ${
        restore === undefined
          ? nothing
          : html`<button class="button" @click=${this.#pick}>Restore…</button>
            <input type="file" accept=".tdmk" aria-label="Backup to restore" @change=${this.#onPicked} />`
      }
    </div>`
  }

  #question(file: File): TemplateResult {
    return html`<p role="alert">${file.name} takes the place of all data in this browser.</p>
      <div class="actions">
        <button class="button primary" @click=${() => this.#restore(file)}>Replace all data</button>
        <button class="button" @click=${() => {
          this.chosen = undefined
        }}>Cancel</button>
      </div>`
  }

  protected override render(): TemplateResult {
    return html`<details>
      <summary>Backup</summary>
      ${this.source === undefined ? nothing : this.#actions(this.source)}
      ${this.chosen === undefined ? nothing : this.#question(this.chosen)}
      <p role="status">${this.status ?? ''}</p>
    </details>`
  }
}

customElements.define('tidemark-store-backup', StoreBackup)
