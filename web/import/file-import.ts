import { remote } from '../../engine/core/calls.ts'
import { fromPlainError, TidemarkError } from '../../engine/core/errors.ts'
import type { PiecePlan } from './file-pieces.ts'
import type { ImportPiece } from './import-run.ts'
import type { PieceReader } from './piece-reader.ts'

/**
 * The rows of a file, parsed in a worker so that the page stays free.
 * `onProgress` counts bytes of the file. Throws what reading throws, `io` where the worker cannot run.
 */
export async function* filePieces(
  file: Blob,
  plan: PiecePlan,
  onProgress: (bytes: number) => void,
): AsyncGenerator<ImportPiece> {
  const worker = new Worker(new URL('./reading-worker.ts', import.meta.url), { type: 'module' })
  const failed = new Promise<never>((_resolve, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new TidemarkError('io', `the file cannot be read: ${message || 'the worker was not started'}`)),
    )
  })
  // Between two pieces nobody awaits it.
  failed.catch(() => undefined)
  try {
    const reader = remote<PieceReader>(worker)
    await Promise.race([reader.open(file, plan), failed])
    for (;;) {
      const answer = await Promise.race([reader.next(), failed])
      if ('error' in answer) throw fromPlainError(answer.error)
      onProgress(answer.bytes)
      if (answer.piece === undefined) return
      yield answer.piece
    }
  } finally {
    worker.terminate()
  }
}
