/** Where progress is shown: standard error, or what a test has in its place. */
export interface ProgressOutput {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

export interface ProgressOptions {
  out: ProgressOutput
  totalBytes: number
  /** Milliseconds of a monotonic clock. */
  now(): number
}

/** Time between two drawings of a bar, and between two lines where there is no terminal. */
const BAR_MS = 100
const LINE_MS = 5000
const BAR_CELLS = 24

/** Shows how far a long piece of work has come: a bar on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #options: ProgressOptions
  readonly #startMs: number
  #shownMs: number

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#startMs = options.now()
    this.#shownMs = this.#startMs
  }

  /** `bytes` of the total are read and `rows` stored. */
  update(bytes: number, rows: number): void {
    const { out, now } = this.#options
    const nowMs = now()
    if (nowMs - this.#shownMs < (out.isTTY ? BAR_MS : LINE_MS)) return
    this.#shownMs = nowMs
    if (out.isTTY) out.write(`\r\x1b[K${this.#bar(bytes, rows)}`.slice(0, (out.columns ?? 80) + 3))
    else out.write(`${this.#text(bytes, rows)}\n`)
  }

  /** Takes the bar away and says what was done. */
  finish(rows: number): void {
    const { out, now, totalBytes } = this.#options
    const seconds = (now() - this.#startMs) / 1000
    const rate = seconds > 0 ? `, ${formatCount(rows / seconds)} rows/s` : ''
    const text = `${rows.toLocaleString('en')} rows from ${formatBytes(totalBytes)} in ${formatSeconds(seconds)}${rate}`
    out.write(`${out.isTTY ? '\r\x1b[K' : ''}${text}\n`)
  }

  #bar(bytes: number, rows: number): string {
    const { totalBytes } = this.#options
    const share = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 0
    const cells = Math.floor(share * BAR_CELLS)
    return `[${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}] ${this.#text(bytes, rows)}`
  }

  #text(bytes: number, rows: number): string {
    const { totalBytes, now } = this.#options
    const seconds = (now() - this.#startMs) / 1000
    const share = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 0
    const left = share > 0 ? formatSeconds((seconds / share) * (1 - share)) : 'unknown'
    const percent = `${Math.floor(100 * share)}%`.padStart(4)
    return `${percent}  ${formatBytes(bytes)} of ${formatBytes(totalBytes)}  ${formatCount(rows / seconds)} rows/s  ${left} left`
  }
}

export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`
  }
  return `${bytes} B`
}

function formatCount(count: number): string {
  return Number.isFinite(count) ? Math.round(count).toLocaleString('en') : '0'
}

function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Shows now and then how many bytes of a file have been read or written, where that takes long. */
export function fileProgress(out: ProgressOutput, now: () => number): (done: { path: string; bytes: number }) => void {
  let shownMs = now()
  return ({ path, bytes }) => {
    if (now() - shownMs < LINE_MS) return
    shownMs = now()
    out.write(`${path}: ${formatBytes(bytes)}\n`)
  }
}
