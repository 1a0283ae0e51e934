import { TidemarkError } from '../core/errors.ts'
import type { DenseModel } from './dense-models.ts'
import { HEADER_BYTES } from './header.ts'
import { type CoreInstance, PAYLOAD_CAPACITY } from './memory.ts'

/** Values that one model is trained on at most, and blocks. */
export const MODEL_VALUES = 65_536
export const MODEL_BLOCKS = 4096

/** A verified block of the fast family. */
export interface FastBlock {
  headers: Uint8Array
  headerAt: number
  payload: Uint8Array
}

/** Its header and its payload, in memory that it shares with others. */
export interface DenseBlock {
  headers: Uint8Array
  payload: Uint8Array
}

/** Encodes blocks anew with a model that they share. */
export class DenseEncoder {
  readonly #instance: CoreInstance

  constructor(instance: CoreInstance) {
    this.#instance = instance
  }

  /**
   * Dense forms of blocks of one family, integers, decimals or float bits, with at most `MODEL_VALUES` rows and
   * `MODEL_BLOCKS` blocks in all; `undefined` where no model fits them.
   */
  encode(blocks: readonly FastBlock[]): { model: DenseModel; blocks: DenseBlock[] } | undefined {
    const { exports } = this.#instance
    exports.beginTraining()
    this.#instance.models.use(undefined)
    for (const block of blocks) {
      this.#put(block)
      if (exports.addToTraining(Math.min(block.payload.length, PAYLOAD_CAPACITY)) !== 0)
        throw new TidemarkError('corrupt', 'a block that is to be encoded anew cannot be read')
    }
    const modelBytes = exports.train()
    if (modelBytes === 0) return undefined
    const model = { bytes: this.#slice(exports.STAGING.value, modelBytes).slice() }
    return { model, blocks: this.#encodeBlocks(blocks) }
  }

  /** In memory that they share: arrays of their own would take more than what is in them. */
  #encodeBlocks(blocks: readonly FastBlock[]): DenseBlock[] {
    const { exports } = this.#instance
    const headers = new Uint8Array(blocks.length * HEADER_BYTES)
    let payloads = new Uint8Array(blocks.reduce((sum, { payload }) => sum + payload.length, 0))
    let end = 0
    const ends = blocks.map((block, number) => {
      const bytes = this.#encodeBlock(block, number)
      headers.set(this.#slice(exports.HEADER.value, HEADER_BYTES), number * HEADER_BYTES)
      if (end + bytes > payloads.length) payloads = grown(payloads, end + bytes)
      payloads.set(this.#slice(exports.PAYLOAD.value, bytes), end)
      end += bytes
      return end
    })
    const all = payloads.slice(0, end)
    return ends.map((to, i) => ({
      headers: headers.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES),
      payload: all.subarray(ends[i - 1] ?? 0, to),
    }))
  }

  /** Encodes a block to the core's memory and returns the bytes of its payload. */
  #encodeBlock(block: FastBlock, number: number): number {
    const { exports } = this.#instance
    const memory = this.#instance.u8
    memory.set(block.headers.subarray(block.headerAt, block.headerAt + HEADER_BYTES), exports.HEADER.value)
    // Where rows are missing, the payload begins with the bitmap of those that are there.
    memory.set(block.payload.subarray(0, VALIDITY_BYTES), exports.VALIDITY.value)
    return exports.encodeDense(number)
  }

  #put({ headers, headerAt, payload }: FastBlock): void {
    const { exports, u8 } = this.#instance
    u8.set(headers.subarray(headerAt, headerAt + HEADER_BYTES), exports.HEADER.value)
    u8.set(payload.subarray(0, PAYLOAD_CAPACITY), exports.PAYLOAD.value)
  }

  #slice(address: number, bytes: number): Uint8Array {
    return this.#instance.u8.subarray(address, address + bytes)
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, 2 * bytes.length))
  larger.set(bytes)
  return larger
}

const VALIDITY_BYTES = 128
