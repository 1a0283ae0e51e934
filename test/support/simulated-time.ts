import type { Clock } from '../../engine/core/clock.ts'
import type { Timers } from '../../engine/core/timers.ts'

interface Timer {
  dueMs: number
  callback: () => void
}

const NANOSECONDS_PER_MS = 1_000_000n
/** Turns of the event loop that promises get after each step. */
const TURNS = 20

/** A clock and timers that move when the test says so. */
export class SimulatedTime implements Clock, Timers {
  readonly #start: bigint
  #elapsedMs = 0
  #timers: Timer[] = []

  constructor(start: bigint) {
    this.#start = start
  }

  now(): bigint {
    return this.#start + BigInt(this.#elapsedMs) * NANOSECONDS_PER_MS
  }

  get pending(): number {
    return this.#timers.length
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { dueMs: this.#elapsedMs + Math.ceil(delayMs), callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer)
    }
  }

  /** Moves on, calling what is due in its order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms
    await settle()
    for (;;) {
      const next = this.#timers.filter(({ dueMs }) => dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((each) => each !== next)
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs)
      next.callback()
      await settle()
    }
    this.#elapsedMs = end
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((done) => setImmediate(done))
}
