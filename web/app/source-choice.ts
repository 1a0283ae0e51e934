import { TidemarkError } from '../../engine/core/errors.ts'
import { APP_DATABASE, BrowserSource } from '../source/browser-source.ts'
import { RelaySource } from '../source/relay-source.ts'
import type { Source, SourceKind } from '../source/source.ts'

export type Connection =
  | { state: 'connecting' }
  | { state: 'ready' }
  /** The relay went away and is tried again by itself. */
  | { state: 'waiting' }
  | { state: 'failed'; message: string }

const TOKEN_HINT = 'Open this page once with the address that the relay printed, which ends in ?token=….'

/** A message as a sentence of its own. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

const STORAGE_KEY = 'tidemark.source'

/** Which source the app shows, remembered, with the state of its connection. Each source is opened on first use. */
export class SourceChoice {
  readonly #listeners = new Set<() => void>()
  readonly #relay = new RelaySource(new URL('./', document.baseURI), (state) => {
    if (this.kind !== 'relay' || this.connection.state === 'failed') return
    this.#set({ state: state === 'open' ? 'ready' : state === 'waiting' ? 'waiting' : this.connection.state })
  })
  #browser: Promise<BrowserSource> | undefined
  kind: SourceKind = 'relay'
  /** The chosen source, once it is open. */
  source: Source | undefined
  connection: Connection = { state: 'connecting' }
  /** False where no relay answered at the start: the app runs on its own. */
  relayAnswers = false

  /** Takes the remembered source, else the relay where one answers, else this browser. */
  async start(): Promise<void> {
    const opening = localStorage.getItem(STORAGE_KEY) === 'browser' ? this.#open('browser') : undefined
    try {
      this.relayAnswers = await this.#relay.probe()
    } catch (error) {
      if (opening === undefined) this.#fail(error)
    }
    if (opening === undefined && this.connection.state !== 'failed')
      await this.#open(this.relayAnswers ? 'relay' : 'browser')
    await opening
    this.#set(this.connection)
  }

  async choose(kind: SourceKind): Promise<void> {
    localStorage.setItem(STORAGE_KEY, kind)
    await this.#open(kind)
  }

  /** The engine of this browser, for imports, whatever is shown. */
  browser(): Promise<BrowserSource> {
    this.#browser ??= BrowserSource.open(APP_DATABASE).catch((error: unknown) => {
      this.#browser = undefined
      throw error
    })
    return this.#browser
  }

  async #open(kind: SourceKind): Promise<void> {
    this.kind = kind
    this.source = undefined
    this.#set({ state: 'connecting' })
    try {
      const source = kind === 'browser' ? await this.browser() : await this.#openRelay()
      if (this.kind !== kind) return
      this.source = source
      this.#set({ state: 'ready' })
    } catch (error) {
      if (this.kind === kind) this.#fail(error)
    }
  }

  async #openRelay(): Promise<Source> {
    this.relayAnswers = await this.#relay.probe()
    if (!this.relayAnswers) {
      throw new TidemarkError('io', 'No relay answers at this address.', {
        hint: 'Data in this browser is still there.',
      })
    }
    return this.#relay
  }

  #fail(error: unknown): void {
    if (!(error instanceof Error)) throw error
    const needsToken = error instanceof TidemarkError && error.kind === 'auth'
    const hint = needsToken ? TOKEN_HINT : error instanceof TidemarkError ? error.hint : undefined
    this.#set({ state: 'failed', message: [sentence(error.message), hint].filter(Boolean).join(' ') })
  }

  #set(connection: Connection): void {
    this.connection = connection
    for (const listener of this.#listeners) listener()
  }

  /** Calls back after each change of source or connection; returns how to stop. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
