import { TidemarkError } from '../core/errors.ts'
import type { KeptRejection, RejectedRow } from '../core/rows.ts'
import type { BlobStore } from './store.ts'

/** Rejected rows that are kept: the newest. */
export const MAX_REJECTIONS = 1000
/** Reason and text of one are cut to so many characters. */
export const MAX_REJECTION_CHARACTERS = 200
export const REJECTED_NAME = 'rejected.json'
const VERSION = 1

/** The rows that were rejected last, in memory and, as well as can be, in a blob. */
export class RejectedLog {
  readonly #blobs: BlobStore
  /** Oldest first. */
  #rows: KeptRejection[]
  #total: number
  #isSaved = true

  private constructor(blobs: BlobStore, { total, rows }: Contents) {
    this.#blobs = blobs
    this.#rows = rows
    this.#total = total
  }

  /** What a store has kept; nothing where that cannot be read, since it is no data. */
  static async open(blobs: BlobStore): Promise<RejectedLog> {
    return new RejectedLog(blobs, await readContents(blobs))
  }

  /** All that were ever rejected. */
  get total(): number {
    return this.#total
  }

  /** Those that are kept, newest first. */
  get rows(): readonly KeptRejection[] {
    return this.#rows.toReversed()
  }

  /** Some rows of one append were rejected, `count` in all. */
  add(rows: readonly RejectedRow[], count: number, time: bigint): void {
    this.#total += count
    for (const { line, column, reason, text } of rows) {
      this.#rows.push({ time, line, column, reason: cut(reason), text: cut(text) })
    }
    if (this.#rows.length > MAX_REJECTIONS) this.#rows = this.#rows.slice(-MAX_REJECTIONS)
    this.#isSaved = false
  }

  /** Throws what the store throws; the rows are then tried again next time. */
  async save(): Promise<void> {
    if (this.#isSaved) return
    this.#isSaved = true
    const rows = this.#rows.map(({ time, line, column, reason, text }) => [String(time), line, column, reason, text])
    const text = JSON.stringify({ version: VERSION, total: this.#total, rows })
    try {
      await this.#blobs.put(REJECTED_NAME, new TextEncoder().encode(text))
    } catch (error) {
      this.#isSaved = false
      throw error
    }
  }
}

interface Contents {
  total: number
  rows: KeptRejection[]
}

async function readContents(blobs: BlobStore): Promise<Contents> {
  try {
    if (!(await blobs.list()).some(({ name }) => name === REJECTED_NAME)) return nothing()
    return checkContents(JSON.parse(new TextDecoder().decode(await blobs.get(REJECTED_NAME))))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TidemarkError) return nothing()
    throw error
  }
}

function checkContents(value: unknown): Contents {
  // A cast at the disk's edge; every property is checked.
  const { version, total, rows } = (value ?? {}) as { version?: unknown; total?: unknown; rows?: unknown }
  const isCount = typeof total === 'number' && Number.isSafeInteger(total) && total >= 0
  if (version !== VERSION || !isCount || !Array.isArray(rows)) return nothing()
  return { total, rows: rows.slice(-MAX_REJECTIONS).flatMap(checkRow) }
}

function checkRow(row: unknown): KeptRejection[] {
  if (!Array.isArray(row)) return []
  const [time, line, column, reason, text]: unknown[] = row
  if (typeof time !== 'string' || !/^-?\d{1,19}$/.test(time)) return []
  if (typeof line !== 'number' || typeof column !== 'number') return []
  if (typeof reason !== 'string' || typeof text !== 'string') return []
  return [{ time: BigInt(time), line, column, reason: cut(reason), text: cut(text) }]
}

function cut(text: string): string {
  return text.slice(0, MAX_REJECTION_CHARACTERS)
}

function nothing(): Contents {
  return { total: 0, rows: [] }
}
