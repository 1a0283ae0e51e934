/** How often a thread looks whether it is idle. */
const LOOK_MS = 15_000
/** A thread is idle that was busy for so little of the time between two looks: a few queries a second are nothing. */
const IDLE_SHARE = 0.02
/** So much work leaves garbage that is worth a collection. */
const WORTHY_MS = 1000

/** The first time less does: what a thread's start has left, the code that was parsed among it, is a quarter of its heap. */
const WORTHY_START_MS = 100

/** V8's collector, where a thread can call it. */
export type CollectGarbage = NonNullable<typeof globalThis.gc>

/**
 * Has what a thread's work has left collected once it has become idle, and the empty pages given back: V8 looks for garbage only
 * while more is asked for, and keeps the room that its heap once took.
 */
export class IdleCollector {
  readonly #collect: () => void
  readonly #busyMs: () => number
  #seenMs = 0
  #collectedMs = 0
  #worthyMs = WORTHY_START_MS

  /** `busyMs` tells for how long the thread has been busy since it began. */
  constructor(collect: () => void, busyMs: () => number) {
    this.#collect = collect
    this.#busyMs = busyMs
  }

  /** Looks after so many milliseconds, from the last look on. */
  look(passedMs: number): void {
    const busyMs = this.#busyMs()
    const isIdle = busyMs - this.#seenMs <= IDLE_SHARE * passedMs
    this.#seenMs = busyMs
    if (isIdle) this.rest()
  }

  /** Collects where there was enough work since the last time. */
  rest(): void {
    if (this.#busyMs() - this.#collectedMs < this.#worthyMs) return
    this.#collect()
    this.#collectedMs = this.#busyMs()
    this.#seenMs = this.#collectedMs
    this.#worthyMs = WORTHY_MS
  }
}

/** Collects all that can be, and gives empty pages back. Takes about 100 ms for 30 MB that stay. */
export function collectAll(collect: CollectGarbage): void {
  void collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** Of this thread, where it has one. */
let own: IdleCollector | undefined

/** Looks for as long as a thread of Node lives, without keeping it alive. */
export function collectWhenIdle(collect: CollectGarbage, busyMs: () => number): void {
  const collector = new IdleCollector(() => collectAll(collect), busyMs)
  own = collector
  setInterval(() => collector.look(LOOK_MS), LOOK_MS).unref()
}

/** For when the work of this thread is known to be at an end: collects at once where there is enough, in a thread that looks. */
export function collectAtRest(): void {
  own?.rest()
}
