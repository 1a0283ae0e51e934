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
    return { model, blocks: blocks.map((block, number) => this.#encodeBlock(block, number)) }
  }

  #encodeBlock(block: FastBlock, number: number): DenseBlock {
    const { exports } = this.#instance
    const memory = this.#instance.u8
    memory.set(block.headers.subarray(block.headerAt, block.headerAt + HEADER_BYTES), exports.HEADER.value)
    // Where rows are missing, the payload begins with the bitmap of those that are there.
    memory.set(block.payload.subarray(0, VALIDITY_BYTES), exports.VALIDITY.value)
    const bytes = exports.encodeDense(number)
    return {
      headers: this.#slice(exports.HEADER.value, HEADER_BYTES).slice(),
      payload: this.#slice(exports.PAYLOAD.value, bytes).slice(),
    }
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

const VALIDITY_BYTES = 128
