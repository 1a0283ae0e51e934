/** How to be called later, so that a test can own it. */
export interface Timers {
  /** Calls back once, after so many milliseconds at the least; returns how to cancel that. */
  setTimer(callback: () => void, delayMs: number): () => void
}

/** The platform's timers. */
export const systemTimers: Timers = {
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
