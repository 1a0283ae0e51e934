import type { Engine } from '../../engine/engine.ts'
import { collectRows } from '../../engine/engine.ts'
import { rowsOf } from './plain-column.ts'

/** Rows of a table with tags `host` and `dc` and fields `x` and `n`, as a map: what the last write said. */
export class PlainRows {
  readonly #rows = new Map<string, PlainRow>()

  write(row: PlainRow): void {
    const key = `${row.time} ${row.host} ${row.dc}`
    this.#rows.set(key, { ...this.#rows.get(key), ...row })
  }

  delete(isGone: (row: PlainRow) => boolean): void {
    for (const [key, row] of this.#rows) if (isGone(row)) this.#rows.delete(key)
  }

  /** What the view of `VIEW_QUERY` has to have: rows of time, host, greatest x, sum of n, rows. */
  view(): string[] {
    const cells = new Map<
      string,
      { time: bigint; host: string; peak: number | null; total: bigint | null; rows: number }
    >()
    for (const { time, host, x, n } of this.#rows.values()) {
      const window = time - (((time % WINDOW) + WINDOW) % WINDOW)
      const key = `${window} ${host}`
      const cell = cells.get(key) ?? { time: window, host, peak: null, total: null, rows: 0 }
      cells.set(key, cell)
      cell.rows++
      if (x !== undefined) cell.peak = Math.max(cell.peak ?? x, x)
      if (n !== undefined) cell.total = (cell.total ?? 0n) + n
    }
    return [...cells.values()]
      .map(({ time, host, peak, total, rows }) => `${time} ${host} ${peak} ${total} ${rows}`)
      .sort()
  }
}

export interface PlainRow {
  time: bigint
  host: string
  dc: string
  x?: number
  n?: bigint
}

const WINDOW = 60n

/** A view of windows of 60 ns. */
export const VIEW_QUERY = 'SELECT host, max(x) AS peak, sum(n) AS total, count(*) AS rows FROM t GROUP BY 60ns, host'

/** The rows of a view in the form of `PlainRows.view`. */
export async function viewRows(engine: Engine, view = 'v'): Promise<string[]> {
  const batch = await collectRows(await engine.query(`SELECT time, host, peak, total, rows FROM ${view}`))
  return rowsOf(batch)
    .map((row) => row.map((cell, at) => (at === 1 && cell === null ? '' : String(cell))).join(' '))
    .sort()
}

export function lineOf({ time, host, dc, x, n }: PlainRow): string {
  const tags = [...(host === '' ? [] : [`host=${host}`]), ...(dc === '' ? [] : [`dc=${dc}`])]
  const fields = [...(x === undefined ? [] : [`x=${x}`]), ...(n === undefined ? [] : [`n=${n}i`])]
  return `${['t', ...tags].join(',')} ${fields.join(',')} ${time}`
}

/** Resolves once a view is fresh. */
export async function untilFresh(engine: Engine, view = 'v'): Promise<void> {
  for (;;) {
    const states = rowsOf(await collectRows(await engine.query('SHOW VIEWS')))
    const own = states.find(([name]) => name === view)
    if (own?.[3] === 'fresh') return
    if (own?.[3] === 'failed') throw new Error(String(own[7]))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
