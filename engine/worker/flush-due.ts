/** Rows in memory, or bytes of log, that call for a flush; and the age of the oldest row. */
const FLUSH_HEAD_BYTES = 64 << 20
const FLUSH_LOG_BYTES = 96 << 20
const FLUSH_AGE_NS = 3_600_000_000_000n
/** After a failed flush appends do not call for another one for so long. */
const FLUSH_RETRY_NS = 5_000_000_000n

/** When rows in memory have to be flushed. */
export class FlushDue {
  readonly #headBytes: number[] = []
  #oldestRow: bigint | undefined
  #notBefore = 0n

  /** Rows came to a host; those in its memory take so many bytes now. */
  rowsCame(host: number, headBytes: number, now: bigint): void {
    this.#headBytes[host] = headBytes
    this.#oldestRow ??= now
  }

  /** All rows were set aside to be written. */
  setAside(): void {
    this.#headBytes.fill(0)
    this.#oldestRow = undefined
  }

  failed(now: bigint): void {
    this.#notBefore = now + FLUSH_RETRY_NS
  }

  isFull(now: bigint, logBytes: number): boolean {
    const headBytes = this.#headBytes.reduce((total, bytes) => total + bytes, 0)
    return (headBytes > FLUSH_HEAD_BYTES || logBytes > FLUSH_LOG_BYTES) && now >= this.#notBefore
  }

  /** Whether memory or log are full, or rows are old. */
  isDue(now: bigint, logBytes: number): boolean {
    const isOld = this.#oldestRow !== undefined && now - this.#oldestRow > FLUSH_AGE_NS
    return isOld || this.isFull(now, logBytes)
  }
}
