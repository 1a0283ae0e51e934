import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Catalog } from '../../engine/core/plan.ts'
import { tableName } from '../../engine/ingest/csv-plan.ts'
import { firstRowsQuery } from '../explore/example-queries.ts'
import type { BrowserSource } from '../source/browser-source.ts'
import { controls } from '../theme/controls.ts'
import {
  COLUMN_ROLES,
  COLUMN_TYPES,
  type CsvGuess,
  guessFile,
  planProblem,
  TIME_FORMATS,
  withRole,
  withType,
} from './csv-guess.ts'
import { filePieces } from './file-import.ts'
import type { PiecePlan, TypedPlan } from './file-pieces.ts'
import { type FileKind, guessKind, readSample, typedFormat } from './file-reading.ts'
import { type ImportProgress, runImport } from './import-run.ts'
import { importStyles } from './import-styles.ts'

type Step =
  | { name: 'reading' }
  | { name: 'plan'; kind: FileKind; guess: CsvGuess | undefined; sample: string }
  | { name: 'typed'; format: TypedPlan['format']; table: string }
  | { name: 'running'; progress: ImportProgress | undefined }
  | { name: 'done'; progress: ImportProgress; query: string; stopped: boolean }
  | { name: 'failed'; message: string }

const whole = new Intl.NumberFormat('en-US')
const SAMPLE_LINES = 6

/** Shows what a file seems to hold, lets it be corrected, and imports it into this browser. */
export class ImportDialog extends LitElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    openStore: { attribute: false },
    step: { state: true },
  }
  static override styles: CSSResultGroup = [controls, importStyles]

  declare file: File
  declare openStore: () => Promise<BrowserSource>
  declare step: Step

  #stop = new AbortController()
  #focusedStep: Step['name'] = 'reading'

  constructor() {
    super()
    this.step = { name: 'reading' }
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal()
    void this.#attempt(() => this.#look())
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('step')
    if (before !== undefined && before !== this.step) this.#focusPrimary()
  }

  /** Each step goes on with Enter. A step that only counts on keeps the focus where it is. */
  #focusPrimary(): void {
    if (this.#focusedStep === this.step.name) return
    this.#focusedStep = this.step.name
    this.renderRoot.querySelector<HTMLElement>('.primary')?.focus()
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const hint = error instanceof TidemarkError && error.hint !== undefined ? ` ${error.hint}` : ''
      this.step = { name: 'failed', message: error.message + hint }
    }
  }

  async #look(): Promise<void> {
    const format = await typedFormat(this.file)
    if (format) {
      this.step = { name: 'typed', format, table: tableName(this.file.name) }
      return
    }
    const sample = await readSample(this.file)
    if (sample.trim() === '') throw new TidemarkError('invalid', 'The file is empty.')
    const kind = guessKind(this.file.name, sample)
    this.step = { name: 'plan', kind, guess: kind === 'csv' ? guessFile(sample, this.file.name) : undefined, sample }
  }

  async #import(plan: PiecePlan, named: string | undefined): Promise<void> {
    this.#stop = new AbortController()
    this.step = { name: 'running', progress: undefined }
    const store = await this.openStore()
    const before = await store.catalog()
    let bytes = 0
    const count = (read: number): void => {
      bytes = read
    }
    const progress = await runImport(filePieces(this.file, plan, count), store, {
      totalBytes: this.file.size,
      bytesRead: () => bytes,
      signal: this.#stop.signal,
      onProgress: (now) => {
        this.step = { name: 'running', progress: now }
      },
    })
    const table = named ?? firstNewTable(before, await store.catalog())
    const query = table === undefined ? 'SHOW TABLES' : firstRowsQuery(table)
    const stopped = this.#stop.signal.aborted
    this.step = { name: 'done', progress, query, stopped }
    if (progress.rejectedCount === 0 && progress.warnings.length === 0 && !stopped && progress.rows > 0)
      this.#finish(query)
  }

  #finish(query: string): void {
    this.dispatchEvent(new CustomEvent('imported', { detail: { query } }))
    this.#close()
  }

  #close(): void {
    this.#stop.abort()
    this.dispatchEvent(new CustomEvent('closed'))
  }

  #planStep({ kind, guess, sample }: Extract<Step, { name: 'plan' }>): TemplateResult {
    const problem = guess && planProblem(guess.plan)
    return html`
      ${guess === undefined ? this.#linesPreview(sample) : this.#columns(guess)}
      ${problem === undefined ? nothing : html`<p class="problem" role="alert">${problem}</p>`}
      <div class="actions">
        <button class="button" @click=${this.#close}>Cancel</button>
        <button
          class="button primary"
          ?disabled=${problem !== undefined}
          @click=${() => this.#attempt(() => this.#import(planOf(kind, guess), guess?.plan.table))}
        >
          Import
        </button>
      </div>
    `
  }

  #typedStep({ format, table }: Extract<Step, { name: 'typed' }>): TemplateResult {
    const rename = (event: Event): void => {
      if (event.target instanceof HTMLInputElement)
        this.step = { name: 'typed', format, table: event.target.value.trim() }
    }
    const request = { path: this.file.name, table, tags: [], ignore: [], fields: [], precision: 'ns' } as const
    return html`
      <p>${format === 'parquet' ? 'Parquet' : 'Arrow'}: columns and their types are named in the file itself.</p>
      <div class="settings">
        <label>Table <input class="field" name="table" .value=${table} @input=${rename} /></label>
      </div>
      <p class="note">
        The first column of times is the time, texts of few values are tags, all else fields. IMPORT with TIME, TAGS, IGNORE and FIELDS
        in the editor says it otherwise.
      </p>
      <div class="actions">
        <button class="button" @click=${this.#close}>Cancel</button>
        <button
          class="button primary"
          ?disabled=${table === ''}
          @click=${() => this.#attempt(() => this.#import({ kind: 'typed', format, request }, table))}
        >
          Import
        </button>
      </div>
    `
  }

  #linesPreview(sample: string): TemplateResult {
    const lines = sample.split('\n').slice(0, SAMPLE_LINES)
    return html`<p>Line protocol: tables, tags and fields are named in the file itself.</p>
      <pre tabindex="0">${lines.join('\n')}</pre>`
  }

  #edit(guess: CsvGuess): void {
    if (this.step.name === 'plan') this.step = { ...this.step, guess }
  }

  #columns(guess: CsvGuess): TemplateResult {
    const { plan, preview } = guess
    const rename = (event: Event): void => {
      if (!(event.target instanceof HTMLInputElement)) return
      this.#edit({ ...guess, plan: { ...plan, table: event.target.value.trim() } })
    }
    return html`
      <div class="settings">
        <label>Table <input class="field" name="table" .value=${plan.table} @input=${rename} /></label>
        <label
          >Times are
          ${choice('Format of times', TIME_FORMATS, plan.timeFormat, (timeFormat) =>
            this.#edit({ ...guess, plan: { ...plan, timeFormat } }),
          )}</label
        >
      </div>
      <div class="columns" tabindex="0" role="region" aria-label="Columns and first rows">
        <table>
          <thead>
            <tr>
              ${plan.columns.map((_, i) => this.#columnHead(guess, i))}
            </tr>
          </thead>
          <tbody>
            ${preview.map((cells) => html`<tr>${plan.columns.map((_, i) => html`<td>${cells[i] ?? ''}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
      <p class="note">
        The time says when each row was, tags say what it is about and tell lines apart, fields are what was measured. Times
        without a zone are UTC.
      </p>
    `
  }

  #columnHead(guess: CsvGuess, index: number): TemplateResult {
    const column = guess.plan.columns[index]
    if (column === undefined) throw new RangeError(`the plan has no column ${index}`)
    const { name, role, type } = column
    return html`<th scope="col">
      <span>${name}</span>
      ${choice(`Role of ${name}`, COLUMN_ROLES, role, (chosen) => this.#edit(withRole(guess, index, chosen)))}
      ${
        role === 'field'
          ? choice(`Type of ${name}`, COLUMN_TYPES, type, (chosen) => this.#edit(withType(guess, index, chosen)))
          : html`<select class="field" disabled aria-label="Type of ${name}"><option>${role === 'tag' ? 'string' : '–'}</option></select>`
      }
    </th>`
  }

  #runningStep(progress: ImportProgress | undefined): TemplateResult {
    const share = progress === undefined ? 0 : Math.min(1, progress.bytes / Math.max(1, progress.totalBytes))
    const rate = progress === undefined ? 0 : (1000 * progress.rows) / Math.max(1, progress.elapsedMs)
    const leftMs = progress === undefined || share === 0 ? undefined : (progress.elapsedMs * (1 - share)) / share
    const left = leftMs === undefined || leftMs < 1000 ? '' : `, about ${whole.format(Math.ceil(leftMs / 1000))} s left`
    return html`
      <progress max="1" .value=${share} aria-label="Import"></progress>
      <p class="number" role="status">
        ${whole.format(progress?.rows ?? 0)} rows, ${whole.format(Math.round(rate))} rows/s${left}
      </p>
      <div class="actions"><button class="button" @click=${() => this.#stop.abort()}>Stop</button></div>
    `
  }

  #doneStep({ progress, query, stopped }: Extract<Step, { name: 'done' }>): TemplateResult {
    const { rows, rejectedCount, rejected, warnings } = progress
    return html`
      <p role="status">
        ${stopped ? 'Stopped. ' : ''}${whole.format(rows)} rows are stored in this
        browser${rejectedCount === 0 ? '.' : html`, <strong>${whole.format(rejectedCount)} were rejected</strong>:`}
      </p>
      ${
        rejected.length === 0
          ? nothing
          : html`<ol class="rejected" tabindex="0">
              ${rejected.map(
                ({ line, column, reason, text }) =>
                  html`<li>line ${line}, column ${column}: ${reason}<code>${text}</code></li>`,
              )}
            </ol>`
      }
      ${rejectedCount > rejected.length ? html`<p class="note">These are the first ${rejected.length}.</p>` : nothing}
      ${warnings.map((warning) => html`<p class="note">${warning}</p>`)}
      <div class="actions">
        ${
          rows === 0
            ? html`<button class="button primary" @click=${this.#close}>Close</button>`
            : html`<button class="button primary" @click=${() => this.#finish(query)}>Explore the data</button>`
        }
      </div>
    `
  }

  #body(): TemplateResult {
    const { step } = this
    if (step.name === 'reading') return html`<p role="status">Reading the file…</p>`
    if (step.name === 'plan') return this.#planStep(step)
    if (step.name === 'typed') return this.#typedStep(step)
    if (step.name === 'running') return this.#runningStep(step.progress)
    if (step.name === 'done') return this.#doneStep(step)
    return html`<p class="problem" role="alert">${step.message}</p>
      <div class="actions"><button class="button primary" @click=${this.#close}>Close</button></div>`
  }

  protected override render(): TemplateResult {
    return html`<dialog
      aria-labelledby="title"
      @cancel=${(event: Event) => {
        event.preventDefault()
        this.#close()
      }}
    >
      <h2 id="title">Import ${this.file.name}</h2>
      ${this.#body()}
    </dialog>`
  }
}

function planOf(kind: FileKind, guess: CsvGuess | undefined): PiecePlan {
  return kind === 'csv' && guess ? { kind: 'csv', csv: guess.plan } : { kind: 'line-protocol' }
}

/** A list to choose one of, named for who cannot see it. */
function choice<T extends string>(
  name: string,
  values: readonly T[],
  chosen: T,
  choose: (value: T) => void,
): TemplateResult {
  const onChange = (event: Event): void => {
    if (!(event.target instanceof HTMLSelectElement)) return
    const value = values[event.target.selectedIndex]
    if (value !== undefined) choose(value)
  }
  return html`<select class="field" aria-label=${name} @change=${onChange}>
    ${values.map((value) => html`<option value=${value} .selected=${value === chosen}>${value}</option>`)}
  </select>`
}

/** A table that an import added, else any: line protocol names its tables itself. */
function firstNewTable(before: Catalog, after: Catalog): string | undefined {
  const known = new Set(before.tables.map(({ name }) => name))
  return (after.tables.find(({ name }) => !known.has(name)) ?? after.tables[0])?.name
}

customElements.define('tidemark-import-dialog', ImportDialog)
