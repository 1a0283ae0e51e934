import type { Column } from '../core/batch.ts'
import { BLOCK_ROWS, blockNulls, blockRows, blockType, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ColumnDecoder } from './group-frame.ts'
import { decodeColumn } from './merge-groups.ts'
import { type Block, isBlock } from './row-group.ts'

/** Arrays that columns of one group are decoded into, to be used again for the next: making them costs more than decoding. */
export class ColumnScratch {
  readonly #kernel: Kernel
  readonly #doubles: Float64Array[] = []
  readonly #integers: BigInt64Array[] = []
  #doublesUsed = 0
  #integersUsed = 0

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** What was decoded so far may be overwritten from now on. */
  reset(): void {
    this.#doublesUsed = 0
    this.#integersUsed = 0
  }

  /** A group's column, valid until the next `reset`. */
  readonly decode: ColumnDecoder = (column, name) =>
    (isBlock(column) ? this.#numbers(column, name) : column) ?? decodeColumn(column, name, this.#kernel)

  /** The block's column; `undefined` where it has missing values or is not of numbers. */
  #numbers({ headers, view, block, payload, model }: Block, name: string): Column | undefined {
    const type = blockType(view, block)
    if ((type !== 'f64' && type !== 'i64' && type !== 'time') || blockNulls(view, block) > 0) return undefined
    const rows = blockRows(view, block)
    if (type === 'f64') {
      const values = this.#nextDoubles()
      this.#kernel.decodeInto(headers, block * HEADER_BYTES, payload, values, 0, model)
      return { name, type, values: values.subarray(0, rows) }
    }
    const values = this.#nextIntegers()
    this.#kernel.decodeInto(headers, block * HEADER_BYTES, payload, values, 0, model)
    return { name, type, values: values.subarray(0, rows) }
  }

  #nextDoubles(): Float64Array {
    const values = this.#doubles[this.#doublesUsed] ?? new Float64Array(BLOCK_ROWS)
    this.#doubles[this.#doublesUsed++] = values
    return values
  }

  #nextIntegers(): BigInt64Array {
    const values = this.#integers[this.#integersUsed] ?? new BigInt64Array(BLOCK_ROWS)
    this.#integers[this.#integersUsed++] = values
    return values
  }
}
