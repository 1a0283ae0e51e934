const STORAGE_KEY = 'tidemark.queries'
export const MAX_REMEMBERED = 30

/** The last queries that ran, newest first, each once. */
export class QueryHistory {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage
  }

  get queries(): readonly string[] {
    const stored = this.#storage.getItem(STORAGE_KEY)
    if (stored === null) return []
    const queries: unknown = JSON.parse(stored)
    return Array.isArray(queries) ? queries.filter((query) => typeof query === 'string') : []
  }

  remember(query: string): void {
    const others = this.queries.filter((other) => other !== query)
    this.#storage.setItem(STORAGE_KEY, JSON.stringify([query, ...others].slice(0, MAX_REMEMBERED)))
  }
}
