import { createHash, type Hash } from 'node:crypto'
import type { BlobHash } from './store.ts'

/** SHA-256 by the processor's own instructions, where it has them: six times as fast as the core. */
export class NodeHash implements BlobHash {
  readonly #hash: Hash = createHash('sha256')
  #taken = 0

  get taken(): number {
    return this.#taken
  }

  take(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#taken += bytes.length
  }

  end(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(this.#hash.update(bytes).digest())
  }
}
