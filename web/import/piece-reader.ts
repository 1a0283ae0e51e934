import { moving } from '../../engine/core/calls.ts'
import { type PlainError, TidemarkError, toPlainError } from '../../engine/core/errors.ts'
import { csvPieces, linePieces, type PiecePlan, typedPieces } from './file-pieces.ts'
import type { ImportPiece } from './import-run.ts'

/** The next piece of a file, with the bytes of the file that were read so far; no piece at the end. */
export type PieceAnswer = { piece: ImportPiece | undefined; bytes: number } | { error: PlainError }

/** Reads a file in a worker of its own, a piece whenever one is asked for: to parse CSV takes longer than to store it. */
export class PieceReader {
  #pieces: AsyncGenerator<ImportPiece> | undefined
  #bytes = 0

  open(file: Blob, plan: PiecePlan): void {
    const count = (bytes: number): void => {
      this.#bytes = bytes
    }
    this.#pieces = piecesOf(file, plan, count)
  }

  async next(): Promise<PieceAnswer> {
    try {
      const { done, value } = (await this.#pieces?.next()) ?? { done: true, value: undefined }
      if (done) return { piece: undefined, bytes: this.#bytes }
      return moving({ piece: value, bytes: this.#bytes }, buffersOf(value))
    } catch (error) {
      // An error would cross without its kind.
      if (error instanceof TidemarkError) return { error: toPlainError(error) }
      throw error
    }
  }
}

function piecesOf(file: Blob, plan: PiecePlan, count: (bytes: number) => void): AsyncGenerator<ImportPiece> {
  switch (plan.kind) {
    case 'csv':
      return csvPieces(file, plan.csv, count)
    case 'typed':
      return typedPieces(file, plan, count)
    case 'line-protocol':
      return linePieces(file, count)
  }
}

/** Buffers that a piece alone has: of a part of one the reader may need the rest. */
function buffersOf({ input }: ImportPiece): ArrayBuffer[] {
  const views: ArrayBufferView[] = []
  if (input.kind === 'columns') {
    const { time, tags, fields } = input.rows
    views.push(time)
    for (const { values, validity } of [...tags, ...fields]) views.push(values, ...(validity ? [validity] : []))
  } else if (typeof input.body !== 'string') views.push(input.body)
  const buffers = new Set<ArrayBuffer>()
  for (const { buffer, byteLength } of views) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer)
  }
  return [...buffers]
}
