import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit'
import { printValue } from '../chart/unit.ts'
import { controls } from '../theme/controls.ts'

const REFRESH_MS = 10_000
/** From this share on the meter warns. */
const HIGH = 0.8

/** The space of this site, as the browser tells it. */
interface Space {
  used: number
  quota: number
  /** Whether the browser asks before it deletes the site's data to make room. */
  isPersisted: boolean
}

/** How much space this site uses, how much there is, and whether the browser keeps it. `revision` has it read again. */
export class StorageMeter extends LitElement {
  static override properties: PropertyDeclarations = { revision: { type: Number }, space: { state: true } }
  static override styles: CSSResultGroup = [
    controls,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 8px;
        color: var(--ink-soft);
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      meter {
        width: 52px;
        height: 10px;
      }
      button {
        height: 22px;
        padding: 0 7px;
        font-size: 12px;
      }
      @media (max-width: 1080px) {
        meter {
          display: none;
        }
      }
    `,
  ]

  declare revision: number
  declare space: Space | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.revision = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#read()
    this.#timer = setInterval(() => void this.#read(), REFRESH_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('revision') && this.revision > 0) void this.#read()
  }

  async #read(): Promise<void> {
    // Absent where the page was not loaded securely; the app then has no store either.
    const { storage } = navigator
    if (storage === undefined) return
    const [{ usage, quota }, isPersisted] = await Promise.all([storage.estimate(), storage.persisted()])
    if (usage !== undefined && quota !== undefined) this.space = { used: usage, quota, isPersisted }
  }

  async #keep(): Promise<void> {
    await keepStorage()
    await this.#read()
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.space === undefined) return nothing
    const { used, quota, isPersisted } = this.space
    const text = `${printValue(used, 'B')} of ${printValue(quota, 'B')}`
    const kept = isPersisted
      ? html`<span title="The browser does not delete the data of this page to make room">kept</span>`
      : html`<button
          class="button quiet"
          title="The browser may delete the data of this page when the device runs out of space. Ask it not to."
          @click=${() => this.#keep()}
        >
          Keep
        </button>`
    return html`
      <meter min="0" max=${quota} high=${HIGH * quota} .value=${used} aria-label="Storage of this page">${text}</meter>
      <span title="Storage that this page uses in this browser, and may use">${text}</span>
      ${kept}
    `
  }
}

/** Asks the browser not to delete the site's data to make room; to be called when somebody has just done something. */
export async function keepStorage(): Promise<boolean> {
  const { storage } = navigator
  if (storage === undefined) return false
  return (await storage.persisted()) || storage.persist()
}

customElements.define('tidemark-storage-meter', StorageMeter)
