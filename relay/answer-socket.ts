import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { TidemarkError } from '../engine/core/errors.ts'
import type { AnswerPieces, PieceTarget } from './answer-stream.ts'

/** Bytes that may wait for the system to take them before more are asked for. */
export const MAX_UNSENT_BYTES: number = 1024 * 1024

/** Sends a large answer by Node's own response: pieces are neither copied nor wrapped, and known to have left. */
export class AnswerSocket implements PieceTarget {
  readonly #outgoing: ServerResponse
  #unsentBytes = 0
  #isSending = false
  #isGone = false
  #wake: (() => void) | undefined

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing
  }

  /** Whether the client, or the way to it, is no longer there. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Sends all pieces, as fast as the client takes them. Throws what their making throws, `cancelled` where the client goes away. */
  async send({ pieces, end }: AnswerPieces, headers: OutgoingHttpHeaders): Promise<void> {
    const leave = (): void => this.#leave()
    this.#outgoing.on('close', leave)
    this.#outgoing.writeHead(200, headers)
    this.#isSending = true
    try {
      for await (const piece of pieces) {
        this.#write(piece)
        await this.#waitFor(MAX_UNSENT_BYTES)
      }
      this.#outgoing.end()
    } finally {
      await end()
      this.#outgoing.off('close', leave)
    }
  }

  async areRead(): Promise<boolean> {
    // Pieces that came before are not on their way yet.
    if (!this.#isSending) return false
    await this.#waitFor(0)
    return true
  }

  #write(piece: Uint8Array): void {
    this.#unsentBytes += piece.length
    this.#outgoing.write(piece, (error) => {
      // Of a connection that broke nobody knows what still reads the memory.
      if (error) return this.#leave()
      this.#unsentBytes -= piece.length
      this.#wake?.()
    })
  }

  #leave(): void {
    this.#isGone = true
    this.#wake?.()
  }

  async #waitFor(mostBytes: number): Promise<void> {
    while (this.#unsentBytes > mostBytes) {
      if (this.#isGone) throw new TidemarkError('cancelled', 'the client went away')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
