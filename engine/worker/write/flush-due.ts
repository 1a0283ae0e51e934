import { TidemarkError } from '../../core/errors.ts'

/** Rows in memory, or bytes of log, that call for a flush; and the age of the oldest row. */
const FLUSH_HEAD_BYTES = 64 << 20
const FLUSH_LOG_BYTES = 96 << 20
const FLUSH_AGE_NS = 3_600_000_000_000n
/** Bytes of rows in memory, with those that are being written: whoever appends then waits until there are less. */
export const MAX_MEMORY_BYTES: number = 4 * FLUSH_HEAD_BYTES
/** After a failed flush appends do not call for another one for so long. */
const FLUSH_RETRY_NS = 5_000_000_000n

/** When rows in memory have to be flushed. */
export class FlushDue {
  readonly #headBytes: number[] = []
  #asideBytes = 0
  #oldestRow: bigint | undefined
  #notBefore = 0n
  #waiting: (() => void)[] = []

  /** Rows came to a host; those in its memory take so many bytes now. */
  rowsCame(host: number, headBytes: number, now: bigint): void {
    this.#headBytes[host] = headBytes
    this.#oldestRow ??= now
  }

  /** All rows were set aside to be written. */
  setAside(): void {
    this.#asideBytes = this.#bytesOfHeads()
    this.#headBytes.fill(0)
    this.#oldestRow = undefined
  }

  /** What was set aside is no longer in memory. */
  written(): void {
    this.#asideBytes = 0
  }

  /** A flush has ended, well or not: those that wait for room look again. */
  ended(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /**
   * Resolves when there is room in memory; calls for a flush where there is none. Throws `quota` where the last flush has
   * failed just now.
   */
  async room(now: () => bigint, flush: () => void): Promise<void> {
    for (;;) {
      const bytes = this.#bytesOfHeads() + this.#asideBytes
      if (bytes <= MAX_MEMORY_BYTES) return
      if (now() < this.#notBefore) {
        throw new TidemarkError('quota', `${bytes} bytes of rows wait to be written, and the last flush failed`)
      }
      const ended = new Promise<void>((resolve) => this.#waiting.push(resolve))
      flush()
      await ended
    }
  }

  failed(now: bigint): void {
    this.#notBefore = now + FLUSH_RETRY_NS
  }

  isFull(now: bigint, logBytes: number): boolean {
    return (this.#bytesOfHeads() > FLUSH_HEAD_BYTES || logBytes > FLUSH_LOG_BYTES) && now >= this.#notBefore
  }

  /** Whether memory or log are full, or rows are old. */
  isDue(now: bigint, logBytes: number): boolean {
    const isOld = this.#oldestRow !== undefined && now - this.#oldestRow > FLUSH_AGE_NS
    return isOld || this.isFull(now, logBytes)
  }

  #bytesOfHeads(): number {
    return this.#headBytes.reduce((total, bytes) => total + bytes, 0)
  }
}
