/** What a chart does in a frame: lines are cheap and drawn at once, axes cost ten times as much and are drawn in turn. */
export interface Drawable {
  drawLines(): void
  drawAxes(): void
}

const AXES_BUDGET_MS = 6

/** Shares animation frames among charts: all changed lines in the next frame, axes one chart after another. */
export class FrameTurns {
  readonly #lines = new Set<Drawable>()
  readonly #axes = new Set<Drawable>()
  #frame = 0

  requestLines(chart: Drawable): void {
    this.#lines.add(chart)
    this.#schedule()
  }

  requestAxes(chart: Drawable): void {
    this.#axes.add(chart)
    this.#schedule()
  }

  forget(chart: Drawable): void {
    this.#lines.delete(chart)
    this.#axes.delete(chart)
  }

  #schedule(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#frame = 0
    const begun = performance.now()
    for (const chart of this.#axes) {
      this.#axes.delete(chart)
      chart.drawAxes()
      this.#lines.add(chart)
      if (performance.now() - begun > AXES_BUDGET_MS) break
    }
    const changed = [...this.#lines]
    this.#lines.clear()
    for (const chart of changed) chart.drawLines()
    if (this.#axes.size > 0 || this.#lines.size > 0) this.#schedule()
  }
}
