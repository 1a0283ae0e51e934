/** What has gone wrong with a store and is left out, or was tried in vain. */
export class Faults {
  readonly #list: { name: string; reason: string }[] = []

  get list(): readonly { name: string; reason: string }[] {
    return this.#list
  }

  /** Each fault is listed once. */
  report(name: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (!this.#list.some((known) => known.name === name && known.reason === reason)) this.#list.push({ name, reason })
  }
}
