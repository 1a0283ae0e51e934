import type { ColumnType } from '../core/batch.ts'
import type { BlockRun, RunWords } from '../kernel/block-run.ts'
import { blockNulls, blockPayloadBytes, blockType, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block } from '../scan/row-group.ts'

const HEADER_WORDS = HEADER_BYTES / 4

/**
 * Blocks of the fast family with the same values as dense ones, which take three times as long to decode. All of it is in one buffer:
 * what a query of many series reads is seldom in the processor's cache, so that each object on the way to it counts.
 */
export class QuickRun {
  /** Where each block's payload begins and where the last one ends, in bytes from the first word on; headers; payloads. */
  readonly words: Int32Array
  readonly count: number
  /** The type of all blocks, where each row has a value. */
  readonly full: ColumnType | undefined
  /** Made for who asks for single blocks: for all runs these would be half of what the collector has to look at. */
  #table: HeaderTable | undefined

  private constructor(headers: Uint8Array, payloads: readonly Uint8Array[]) {
    const count = payloads.length
    const payloadsAt = (count + 1) * 4 + count * HEADER_BYTES
    const bytes = payloads.reduce((total, { length }) => total + length, 0)
    this.count = count
    this.words = new Int32Array((payloadsAt + bytes + 3) >> 2)
    const memory = new Uint8Array(this.words.buffer)
    memory.set(headers, (count + 1) * 4)
    let at = payloadsAt
    payloads.forEach((payload, i) => {
      this.words[i] = at
      memory.set(payload, at)
      at += payload.length
    })
    this.words[count] = at
    const { view } = tableOf(this.words, count)
    const type = blockType(view, 0)
    const isFull = payloads.every((_, i) => blockNulls(view, i) === 0 && blockType(view, i) === type)
    this.full = isFull ? type : undefined
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
    return this.words.byteLength
  }

  block(number: number): Block {
    return new QuickBlock(this, number)
  }

  blocks(first: number, count: number): BlockRun {
    return new QuickBlocks(this, first, count)
  }

  get table(): HeaderTable {
    this.#table ??= tableOf(this.words, this.count)
    return this.#table
  }

  /** A view of the payloads of some blocks. */
  payloads(first: number, count: number): Uint8Array {
    const from = this.words[first] as number
    return new Uint8Array(this.words.buffer, from, (this.words[first + count] as number) - from)
  }
}

/** Headers of blocks, twice. */
interface HeaderTable {
  headers: Uint8Array
  view: DataView
}

function tableOf({ buffer }: Int32Array, count: number): HeaderTable {
  const at = (count + 1) * 4
  return {
    headers: new Uint8Array(buffer, at, count * HEADER_BYTES),
    view: new DataView(buffer, at, count * HEADER_BYTES),
  }
}

/** The views of payloads are made for who asks for them, too. */
class QuickBlock implements Block {
  readonly block: number
  readonly #run: QuickRun

  constructor(run: QuickRun, block: number) {
    this.#run = run
    this.block = block
  }

  get headers(): Uint8Array {
    return this.#run.table.headers
  }

  get view(): DataView {
    return this.#run.table.view
  }

  get payload(): Uint8Array {
    return this.#run.payloads(this.block, 1)
  }
}

class QuickBlocks implements BlockRun, RunWords {
  readonly first: number
  readonly count: number
  readonly #run: QuickRun

  constructor(run: QuickRun, first: number, count: number) {
    this.#run = run
    this.first = first
    this.count = count
  }

  get inOne(): RunWords {
    return this
  }

  get full(): ColumnType | undefined {
    return this.#run.full
  }

  get words(): Int32Array {
    return this.#run.words
  }

  get headersAt(): number {
    return this.#run.count + 1 + this.first * HEADER_WORDS
  }

  get from(): number {
    return this.words[this.first] as number
  }

  get end(): number {
    return this.words[this.first + this.count] as number
  }

  get headers(): Uint8Array {
    return this.#run.table.headers
  }

  get view(): DataView {
    return this.#run.table.view
  }

  get payloads(): Uint8Array {
    return this.#run.payloads(this.first, this.count)
  }
}
