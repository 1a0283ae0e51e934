import type { TableRows } from '../../core/rows.ts'
import { MIN_TIME } from '../../core/time.ts'

/** Refs from this one on are not followed: bounds the memory to 8 MiB a table. */
export const MAX_FOLLOWED_REFS: number = 1 << 20

/** The newest time that each series of a table had in the appends that were followed. */
export class RisingTimes {
  #times = new BigInt64Array(0)
  /** The same as pairs of 32 bits, low before high. */
  #words = new Int32Array(0)

  /** Whether each row comes after all rows of its series before it. */
  follow({ series, time }: Pick<TableRows, 'series' | 'time'>): boolean {
    const own = new Int32Array(time.buffer, time.byteOffset, 2 * time.length)
    let rises = true
    for (let row = 0; row < series.length; row++) {
      const ref = series[row] as number
      if (ref >= MAX_FOLLOWED_REFS) return false
      if (ref >= this.#times.length) this.#grow(ref)
      const [low, high] = [(own[2 * row] as number) >>> 0, own[2 * row + 1] as number]
      const known = this.#words[2 * ref + 1] as number
      if (high > known || (high === known && low > (this.#words[2 * ref] as number) >>> 0)) {
        this.#words[2 * ref] = low
        this.#words[2 * ref + 1] = high
      } else rises = false
    }
    return rises
  }

  #grow(ref: number): void {
    const times = new BigInt64Array(Math.min(MAX_FOLLOWED_REFS, Math.max(1024, 2 * ref))).fill(MIN_TIME)
    times.set(this.#times)
    this.#times = times
    this.#words = new Int32Array(times.buffer)
  }
}

/** Whether no time is before the one before it. */
export function isRising(times: BigInt64Array): boolean {
  for (let i = 1; i < times.length; i++) if ((times[i] as bigint) < (times[i - 1] as bigint)) return false
  return true
}
