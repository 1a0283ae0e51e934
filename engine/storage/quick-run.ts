import type { BlockRun } from '../kernel/block-run.ts'
import { blockPayloadBytes, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block } from '../scan/row-group.ts'

/** Blocks of the fast family with the same values as dense ones, which take three times as long to decode. */
export class QuickRun {
  readonly #headers: Uint8Array
  readonly #view: DataView
  readonly #payloads: Uint8Array
  /** Where each block's payload begins, and where the last one ends. */
  readonly #offsets: Uint32Array

  private constructor(headers: Uint8Array, payloads: readonly Uint8Array[]) {
    this.#headers = headers
    this.#view = new DataView(headers.buffer)
    this.#offsets = new Uint32Array(payloads.length + 1)
    payloads.forEach(({ length }, i) => {
      this.#offsets[i + 1] = (this.#offsets[i] as number) + length
    })
    this.#payloads = new Uint8Array(this.#offsets[payloads.length] as number)
    payloads.forEach((payload, i) => {
      this.#payloads.set(payload, this.#offsets[i])
    })
  }

  /** Encodes verified blocks, not of floats: their sums depend, in the last bits, on how they are encoded. */
  static of(run: BlockRun, kernel: Kernel): QuickRun {
    const { headers, first, count, payloads, modelOf } = run
    const view = run.view ?? new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
    const quick = new Uint8Array(count * HEADER_BYTES)
    let from = 0
    const encoded = Array.from({ length: count }, (_, i) => {
      const [block, at] = [first + i, (first + i) * HEADER_BYTES]
      const payload = payloads.subarray(from, from + blockPayloadBytes(view, block))
      from += payload.length
      if (payload.length === 0) {
        quick.set(headers.subarray(at, at + HEADER_BYTES), i * HEADER_BYTES)
        return payload
      }
      const column = kernel.decode(headers, at, payload, '', modelOf?.(block))
      return kernel.encode(column, 0, column.values.length, quick, i * HEADER_BYTES)
    })
    return new QuickRun(quick, encoded)
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#headers.length + this.#payloads.length + this.#offsets.byteLength
  }

  block(number: number): Block {
    const payload = this.#payloads.subarray(this.#offsets[number], this.#offsets[number + 1])
    return { headers: this.#headers, view: this.#view, block: number, payload }
  }

  blocks(first: number, count: number): BlockRun {
    const payloads = this.#payloads.subarray(this.#offsets[first], this.#offsets[first + count])
    return { headers: this.#headers, view: this.#view, first, count, payloads }
  }
}
