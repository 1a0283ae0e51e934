import { TidemarkError } from '../core/errors.ts'
import type { CoreInstance } from './memory.ts'

/** How the integers of many dense blocks are coded, as bytes; drawn in wasm/dense/FORMAT.md. One object is one model. */
export interface DenseModel {
  readonly bytes: Uint8Array
}

/** Models whose tables are kept at a time, of up to 64 KiB each; those that were not used for longest give way. */
export const MODEL_SLOTS = 64
/** No model is longer: 256 bins of a varint, a byte and a varint each, and what stands before them. Fits the core's staging. */
const MAX_MODEL_BYTES = 8192

/** The decoding tables of the models that were used last. */
export class DenseModels {
  readonly #instance: CoreInstance
  /** In the order of their last use. */
  readonly #slots = new Map<DenseModel, { address: number; bytes: number }>()
  #current: DenseModel | undefined

  constructor(instance: CoreInstance) {
    this.#instance = instance
  }

  /** Blocks that come next are of this model, or of none. Throws `corrupt` where it is damaged. */
  use(model: DenseModel | undefined): void {
    if (model === this.#current) return
    const address = model === undefined ? 0 : this.#slotOf(model)
    this.#instance.exports.useModel(address)
    this.#current = model
  }

  #slotOf(model: DenseModel): number {
    const known = this.#slots.get(model)
    this.#slots.delete(model)
    const slot = known ?? this.#build(model)
    this.#slots.set(model, slot)
    return slot.address
  }

  #build({ bytes }: DenseModel): { address: number; bytes: number } {
    const { exports } = this.#instance
    if (bytes.length > MAX_MODEL_BYTES) {
      throw new TidemarkError(
        'corrupt',
        `a dense model has ${bytes.length} bytes, at most ${MAX_MODEL_BYTES} are possible`,
      )
    }
    this.#instance.u8.set(bytes, exports.STAGING.value)
    const slotBytes = exports.readModel(bytes.length)
    if (slotBytes === 0) throw new TidemarkError('corrupt', 'a dense model is damaged')
    if (this.#slots.size >= MODEL_SLOTS) this.#evict()
    const address = exports.allocate(slotBytes)
    exports.buildModel(address)
    return { address, bytes: slotBytes }
  }

  #evict(): void {
    for (const [model, { address, bytes }] of this.#slots) {
      this.#slots.delete(model)
      this.#instance.exports.release(address, bytes)
      return
    }
  }
}
