import type { ColorMode } from './palette.ts'

export type ThemeChoice = 'system' | ColorMode

const STORAGE_KEY = 'tidemark.theme'
const CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark']

/** Which side of the tokens is shown: the system's preference, or what the user chose, remembered. */
export class ColorScheme {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>
  readonly #systemDark: MediaQueryList
  readonly #listeners = new Set<() => void>()
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
    for (const listener of this.#listeners) listener()
  }

  /** Calls back after each change of choice or of the system's preference; returns how to stop. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
