/** The time under the pointer, shared by charts that show the same times. */
export class ChartCursor {
  readonly #listeners = new Set<() => void>()
  #timeMs: number | undefined

  get timeMs(): number | undefined {
    return this.#timeMs
  }

  moveTo(timeMs: number | undefined): void {
    if (timeMs === this.#timeMs) return
    this.#timeMs = timeMs
    for (const listener of this.#listeners) listener()
  }

  /** Calls back after each move; returns how to stop. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
