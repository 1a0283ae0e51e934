import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import type { SourceKind } from '../source/source.ts'
import { ColorScheme, type ThemeChoice } from '../theme/color-scheme.ts'
import { controls } from '../theme/controls.ts'
import { tokens } from '../theme/tokens.ts'
import { parseRoute, printRoute, type Route } from './route.ts'
import { shellStyles } from './shell-styles.ts'
import { SourceChoice } from './source-choice.ts'
import { keepStorage } from './storage-meter.ts'

const NEXT_THEME: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'light', light: 'dark', dark: 'system' }
const THEME_ICONS: Readonly<Record<ThemeChoice, string>> = { system: '◐', light: '☀', dark: '☾' }
const PAGES: readonly { name: string; route: Route }[] = [
  { name: 'Dashboard', route: { page: 'dashboard' } },
  { name: 'Explore', route: { page: 'explore', query: undefined } },
]

/** The app: top bar, the current page, and files dropped anywhere onto it. */
export class AppShell extends LitElement {
  static override properties: PropertyDeclarations = {
    route: { state: true },
    dropping: { state: true },
    file: { state: true },
    revision: { state: true },
  }
  static override styles: CSSResultGroup = [tokens, controls, shellStyles]

  declare route: Route
  /** True while a file is held over the page. */
  declare dropping: boolean
  /** The file that is being imported. */
  declare file: File | undefined
  declare revision: number

  readonly #choice = new SourceChoice()
  readonly #scheme = new ColorScheme(localStorage)
  #catalogRevision = 0

  constructor() {
    super()
    this.route = parseRoute(location.hash)
    this.dropping = false
    this.revision = 0
    this.#choice.watch(() => this.requestUpdate())
    addEventListener('hashchange', () => this.#follow(parseRoute(location.hash)))
    addEventListener('dragover', (event) => this.#onDrag(event, true))
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) this.dropping = false
    })
    addEventListener('drop', (event) => this.#onDrag(event, false))
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#loadPage(this.route)
    void this.#choice.start()
  }

  async #loadPage({ page }: Route): Promise<void> {
    await (page === 'dashboard' ? import('../dashboard/host-dashboard.ts') : import('../explore/explore-page.ts'))
  }

  #follow(route: Route): void {
    this.route = route
    document.title = route.page === 'explore' ? 'Explore · Tidemark' : 'Tidemark'
    void this.#loadPage(route)
  }

  #onDrag(event: DragEvent, over: boolean): void {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    this.dropping = over && this.file === undefined
    const [file] = event.dataTransfer.files
    if (!over && file !== undefined) void this.#import(file)
  }

  #pickFile(): void {
    this.renderRoot.querySelector<HTMLInputElement>('input[type=file]')?.click()
  }

  #onPicked(event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return
    const [file] = event.target.files ?? []
    if (file !== undefined) void this.#import(file)
    event.target.value = ''
  }

  async #import(file: File): Promise<void> {
    if (this.file !== undefined) return
    // A file was just chosen or dropped: browsers grant this, or ask, only then.
    void keepStorage()
    await import('../import/import-dialog.ts')
    this.file = file
  }

  async #onImported(event: CustomEvent<{ query: string }>): Promise<void> {
    this.#catalogRevision++
    await this.#choice.choose('browser')
    const hash = printRoute({ page: 'explore', query: event.detail.query })
    if (hash === location.hash) this.revision++
    location.hash = hash
  }

  #statusText(): string {
    const { connection, kind, relayAnswers } = this.#choice
    if (connection.state === 'connecting') return 'Connecting…'
    if (connection.state === 'waiting') return 'Relay is away, trying again…'
    if (connection.state === 'failed') return kind === 'relay' ? 'Not connected' : 'Not available'
    if (kind === 'relay') return 'Connected'
    return relayAnswers ? 'Data stays in this browser' : 'No relay here, working in this browser'
  }

  #sourceSwitch(): TemplateResult {
    const button = (kind: SourceKind, name: string): TemplateResult =>
      html`<button aria-pressed=${this.#choice.kind === kind} @click=${() => this.#choice.choose(kind)}>${name}</button>`
    return html`<div class="source">
      <span class="status" role="status"><i class=${this.#choice.connection.state}></i>${this.#statusText()}</span>
      ${
        this.#choice.kind === 'browser' && this.#choice.connection.state === 'ready'
          ? html`<tidemark-storage-meter .revision=${this.#catalogRevision}></tidemark-storage-meter>`
          : nothing
      }
      <div class="segmented" role="group" aria-label="Source of data">
        ${button('browser', 'This browser')}${button('relay', 'Relay')}
      </div>
    </div>`
  }

  #header(): TemplateResult {
    const { choice } = this.#scheme
    return html`<header>
      <a class="skip" href="#main" @click=${this.#skip}>Skip to content</a>
      <a class="brand" href="#/"><img src="./icon.svg" width="22" height="22" alt="" />Tidemark</a>
      <nav aria-label="Pages">
        ${PAGES.map(
          ({ name, route }) =>
            html`<a href=${printRoute(route)} aria-current=${route.page === this.route.page ? 'page' : nothing}>${name}</a>`,
        )}
      </nav>
      ${this.#sourceSwitch()}
      <button class="button quiet open" @click=${this.#pickFile} title="Import a CSV, line-protocol, Parquet or Arrow file" aria-label="Open file">
        <span class="long">Open file…</span><span class="short">⇪</span>
      </button>
      <button
        class="button quiet theme"
        title="Theme: ${choice}"
        aria-label="Theme: ${choice}. Change it."
        @click=${() => {
          this.#scheme.choose(NEXT_THEME[choice])
          this.requestUpdate()
        }}
      >
        ${THEME_ICONS[choice]}
      </button>
    </header>`
  }

  #skip(event: Event): void {
    event.preventDefault()
    this.renderRoot.querySelector<HTMLElement>('main')?.focus()
  }

  #page(): TemplateResult {
    const { source, connection } = this.#choice
    if (connection.state === 'failed') {
      return html`<div class="failure" role="alert">
        <h1>${this.#choice.kind === 'relay' ? 'The relay cannot be used' : 'The store of this browser cannot be opened'}</h1>
        <p>${connection.message}</p>
        <button class="button primary" @click=${() => this.#choice.choose(this.#choice.kind)}>Try again</button>
        <button class="button" @click=${() => this.#choice.choose(this.#choice.kind === 'relay' ? 'browser' : 'relay')}>
          Use ${this.#choice.kind === 'relay' ? 'this browser' : 'the relay'} instead
        </button>
      </div>`
    }
    if (source === undefined) return html`<div class="waiting" aria-busy="true"></div>`
    if (this.route.page === 'dashboard')
      return html`<tidemark-host-dashboard .source=${source}></tidemark-host-dashboard>`
    return html`<tidemark-explore-page
      .source=${source}
      .query=${this.route.query}
      .queryRevision=${this.revision}
      .catalogRevision=${this.#catalogRevision}
    ></tidemark-explore-page>`
  }

  protected override render(): TemplateResult {
    return html`
      ${this.#header()}
      <main id="main" tabindex="-1" @pick-file=${this.#pickFile}>${this.#page()}</main>
      <input type="file" hidden accept=".csv,.tsv,.txt,.lp,.gz" @change=${this.#onPicked} aria-label="File to import" />
      ${this.dropping ? html`<div class="drop"><p>Drop a CSV, line-protocol, Parquet or Arrow file to import it into this browser</p></div>` : nothing}
      ${
        this.file === undefined
          ? nothing
          : html`<tidemark-import-dialog
              .file=${this.file}
              .openStore=${() => this.#choice.browser()}
              @imported=${this.#onImported}
              @closed=${() => {
                this.file = undefined
              }}
            ></tidemark-import-dialog>`
      }
    `
  }
}

customElements.define('tidemark-app', AppShell)
