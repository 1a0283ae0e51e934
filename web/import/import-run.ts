import type { RejectedRow } from '../../engine/core/rows.ts'
import type { AppendInput, AppendResult } from '../../engine/engine.ts'

/** How far an import is. */
export interface ImportProgress {
  /** Bytes of the file that were read, of all its bytes. */
  bytes: number
  totalBytes: number
  rows: number
  rejectedCount: number
  /** The first rejected rows, `MAX_SHOWN_REJECTIONS` at most. */
  rejected: readonly RejectedRow[]
  warnings: readonly string[]
  elapsedMs: number
}

/** A piece of the file on its way into the store, with what its reader rejected already. */
export interface ImportPiece {
  input: AppendInput
  rejected: readonly RejectedRow[]
}

export const MAX_SHOWN_REJECTIONS = 100

interface Appends {
  append(input: AppendInput): Promise<AppendResult>
}

export interface ImportOptions {
  totalBytes: number
  bytesRead: () => number
  signal: AbortSignal
  onProgress: (progress: ImportProgress) => void
}

/**
 * Appends a file piece by piece; while one piece becomes durable the next is read. Stops between pieces when the signal is
 * aborted: what was appended stays. Resolves with the final count.
 */
export async function runImport(
  pieces: AsyncIterable<ImportPiece>,
  store: Appends,
  { totalBytes, bytesRead, signal, onProgress }: ImportOptions,
): Promise<ImportProgress> {
  const begun = performance.now()
  let progress: ImportProgress = {
    bytes: 0,
    totalBytes,
    rows: 0,
    rejectedCount: 0,
    rejected: [],
    warnings: [],
    elapsedMs: 0,
  }
  const count = (
    rows: number,
    rejectedCount: number,
    rejected: readonly RejectedRow[],
    warnings: readonly string[],
  ): void => {
    progress = {
      ...progress,
      bytes: bytesRead(),
      rows: progress.rows + rows,
      rejectedCount: progress.rejectedCount + rejectedCount,
      rejected: [...progress.rejected, ...rejected].slice(0, MAX_SHOWN_REJECTIONS),
      warnings: [...new Set([...progress.warnings, ...warnings])],
      elapsedMs: performance.now() - begun,
    }
    onProgress(progress)
  }
  let pending: Promise<void> = Promise.resolve()
  for await (const { input, rejected } of pieces) {
    await pending
    if (signal.aborted) return progress
    count(0, rejected.length, rejected, [])
    pending = store.append(input).then((result) => {
      count(result.rows, result.rejectedCount, result.rejected, result.warnings)
    })
    // The next turn of the loop awaits it; until then a failure must not count as unhandled.
    pending.catch(() => undefined)
  }
  await pending
  return progress
}
