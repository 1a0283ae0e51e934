import type { ColorMode } from './palette.ts'

export type ThemeChoice = 'system' | ColorMode

/** Dispatched on the document after each change, for what paints with colours itself. */
export const SCHEME_EVENT = 'tidemark-scheme'

const STORAGE_KEY = 'tidemark.theme'
const CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark']

/** Which side of the tokens is shown: the system's preference, or what the user chose, remembered. */
export class ColorScheme {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>
  readonly #systemDark: MediaQueryList
  #choice: ThemeChoice

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage
    this.#systemDark = matchMedia('(prefers-color-scheme: dark)')
    this.#choice = CHOICES.find((choice) => choice === storage.getItem(STORAGE_KEY)) ?? 'system'
    this.#systemDark.addEventListener('change', () => this.#apply())
    this.#apply()
  }

  get choice(): ThemeChoice {
    return this.#choice
  }

  get mode(): ColorMode {
    if (this.#choice !== 'system') return this.#choice
    return this.#systemDark.matches ? 'dark' : 'light'
  }

  choose(choice: ThemeChoice): void {
    this.#choice = choice
    this.#storage.setItem(STORAGE_KEY, choice)
    this.#apply()
  }

  #apply(): void {
    document.documentElement.style.colorScheme = this.#choice === 'system' ? 'light dark' : this.#choice
    document.dispatchEvent(new CustomEvent(SCHEME_EVENT))
  }
}
