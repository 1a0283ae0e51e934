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
  /** Where each block's payload begins and where the last one ends, in bytes from the first word on; headers; payloads; a word. */
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #headers: Uint8Array
  readonly #view: DataView
  readonly #headersAt: number
  /** The type of all blocks, where each row has a value. */
  readonly #full: ColumnType | undefined

  private constructor(headers: Uint8Array, payloads: readonly Uint8Array[]) {
    const count = payloads.length
    this.#headersAt = count + 1
    const payloadsAt = (this.#headersAt + count * HEADER_WORDS) * 4
    const bytes = payloads.reduce((total, { length }) => total + length, 0)
    this.#words = new Int32Array(((payloadsAt + bytes + 3) >> 2) + 1)
    const { buffer } = this.#words
    this.#bytes = new Uint8Array(buffer)
    this.#headers = new Uint8Array(buffer, this.#headersAt * 4, headers.length)
    this.#view = new DataView(buffer, this.#headersAt * 4, headers.length)
    this.#headers.set(headers)
    let at = payloadsAt
    payloads.forEach((payload, i) => {
      this.#words[i] = at
      this.#bytes.set(payload, at)
      at += payload.length
    })
    this.#words[count] = at
    const type = blockType(this.#view, 0)
    const isFull = payloads.every((_, i) => blockNulls(this.#view, i) === 0 && blockType(this.#view, i) === type)
    this.#full = isFull ? type : undefined
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
    return this.#bytes.length
  }

  block(number: number): Block {
    return new QuickBlock({ headers: this.#headers, view: this.#view }, number, this.#wordsOf(number, 1))
  }

  blocks(first: number, count: number): BlockRun {
    const table = { headers: this.#headers, view: this.#view, full: this.#full }
    return new QuickBlocks(table, { first, count }, this.#wordsOf(first, count))
  }

  #wordsOf(first: number, count: number): RunWords {
    return {
      words: this.#words,
      headersAt: this.#headersAt + first * HEADER_WORDS,
      from: this.#words[first] as number,
      end: this.#words[first + count] as number,
    }
  }
}

interface HeaderTable {
  headers: Uint8Array
  view: DataView
}

/** Views of payloads are made for who asks for them: they take longer than most that is done with a block. */
function payloadsOf({ words, from, end }: RunWords): Uint8Array {
  return new Uint8Array(words.buffer, from, end - from)
}

class QuickBlock implements Block {
  readonly headers: Uint8Array
  readonly view: DataView
  readonly block: number
  readonly #words: RunWords

  constructor({ headers, view }: HeaderTable, block: number, words: RunWords) {
    this.headers = headers
    this.view = view
    this.block = block
    this.#words = words
  }

  get payload(): Uint8Array {
    return payloadsOf(this.#words)
  }
}

class QuickBlocks implements BlockRun {
  readonly headers: Uint8Array
  readonly view: DataView
  readonly full: ColumnType | undefined
  readonly first: number
  readonly count: number
  readonly words: RunWords

  constructor(
    { headers, view, full }: HeaderTable & { full: ColumnType | undefined },
    { first, count }: { first: number; count: number },
    words: RunWords,
  ) {
    this.headers = headers
    this.view = view
    this.full = full
    this.first = first
    this.count = count
    this.words = words
  }

  get payloads(): Uint8Array {
    return payloadsOf(this.words)
  }
}
