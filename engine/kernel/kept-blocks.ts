import type { ColumnType } from '../core/batch.ts'
import type { BlockRun, RunPlace } from './block-run.ts'
import { blockNulls, blockType, columnType, HEADER_BYTES, typeByte } from './header.ts'
import { KeptSpace } from './kept-space.ts'
import type { CoreInstance } from './memory.ts'

/** Most bytes of the memory of one core that blocks are kept in: it has 4 GiB at most, and queries work in the same. */
export const MOST_KEPT_BYTES: number = 1 << 30

const WORD_BYTES = 4
/** Of each column where its headers are, the byte of the type that each row has a value of, and how much it takes. */
const COLUMN_WORDS = 3

/**
 * Blocks of the fast family of the columns of one series, as many of each, in the core's memory, which reads them where they are. Of a
 * column there are first the headers, then the addresses of the payloads and of the end of the last one, then the payloads. To
 * be released; to read them later throws.
 */
export class KeptBlocks {
  readonly #core: CoreInstance
  readonly #space: KeptSpace
  /** Blocks of each column. */
  readonly #groups: number
  readonly #columns: Uint32Array

  constructor(core: CoreInstance, columns: number, groups: number) {
    this.#core = core
    this.#space = KeptSpace.of(core)
    this.#groups = groups
    this.#columns = new Uint32Array(columns * COLUMN_WORDS)
  }

  /** Bytes of the core's memory. */
  get bytes(): number {
    let bytes = 0
    for (let i = COLUMN_WORDS - 1; i < this.#columns.length; i += COLUMN_WORDS) bytes += this.#columns[i] as number
    return bytes
  }

  /** The same of a column. */
  bytesOf(column: number): number {
    return this.#columns[column * COLUMN_WORDS + 2] as number
  }

  has(column: number): boolean {
    return this.#columns[column * COLUMN_WORDS] !== 0
  }

  /** Keeps the blocks of one more column. Returns false, and keeps nothing, where there are too many bytes already. */
  add(column: number, headers: Uint8Array, payloads: readonly Uint8Array[]): boolean {
    const tableBytes = this.#groups * HEADER_BYTES + (this.#groups + 1) * WORD_BYTES
    const size = this.#space.sizeOf(payloads.reduce((total, { length }) => total + length, tableBytes))
    if (this.#space.bytes + size > MOST_KEPT_BYTES) return false
    const at = this.#space.take(size)
    const { u8, i32 } = this.#core
    u8.set(headers, at)
    let [word, end] = [(at + headers.length) / WORD_BYTES, at + tableBytes]
    for (const payload of payloads) {
      i32[word++] = end
      u8.set(payload, end)
      end += payload.length
    }
    i32[word] = end
    this.#columns.set([at, this.#fullType(at), size], column * COLUMN_WORDS)
    return true
  }

  #fullType(at: number): number {
    const { view } = this.#core
    const first = at / HEADER_BYTES
    const type = blockType(view, first)
    for (let block = first; block < first + this.#groups; block++)
      if (blockNulls(view, block) > 0 || blockType(view, block) !== type) return 0
    return type === undefined ? 0 : typeByte(type)
  }

  /** A block of a column that is kept. */
  block(column: number, group: number): KeptBlock {
    return new KeptBlock(this.#core, this, { column, group })
  }

  /** Blocks of a column that is kept, which follow each other. */
  run(column: number, group: number, count: number): BlockRun {
    return new KeptRun(this.#core, this, { column, group, count })
  }

  /** Where the header of a block of a column is. */
  headerAt(column: number, group: number): number {
    const at = this.#columns[column * COLUMN_WORDS] as number
    if (at === 0) throw new Error(`blocks of column ${column} of a series are not kept, or not any more`)
    return at + group * HEADER_BYTES
  }

  /** Where the address of its payload is; that of the next one follows. */
  payloadWordAt(column: number, group: number): number {
    return this.headerAt(column, this.#groups) + group * WORD_BYTES
  }

  /** The byte of the type that each row of a column has a value of; 0 where some have none. */
  fullType(column: number): number {
    return this.#columns[column * COLUMN_WORDS + 1] as number
  }

  release(): void {
    for (let i = 0; i < this.#columns.length; i += COLUMN_WORDS) {
      const [at, size] = [this.#columns[i] as number, this.#columns[i + 2] as number]
      if (size > 0) this.#space.give(at, size)
    }
    this.#columns.fill(0)
  }
}

/** Views are made anew each time: they end when the memory grows. */
export class KeptBlock {
  readonly #core: CoreInstance
  readonly #kept: KeptBlocks
  readonly #place: { column: number; group: number }

  constructor(core: CoreInstance, kept: KeptBlocks, place: { column: number; group: number }) {
    this.#core = core
    this.#kept = kept
    this.#place = place
  }

  get headers(): Uint8Array {
    return this.#core.u8
  }

  get view(): DataView {
    return this.#core.view
  }

  get block(): number {
    return this.#kept.headerAt(this.#place.column, this.#place.group) / HEADER_BYTES
  }

  get payload(): Uint8Array {
    const word = this.#kept.payloadWordAt(this.#place.column, this.#place.group) / WORD_BYTES
    const { u8, i32 } = this.#core
    return u8.subarray((i32[word] as number) >>> 0, (i32[word + 1] as number) >>> 0)
  }
}

class KeptRun implements BlockRun {
  readonly count: number
  readonly #core: CoreInstance
  readonly #kept: KeptBlocks
  readonly #column: number
  readonly #group: number

  constructor(core: CoreInstance, kept: KeptBlocks, place: { column: number; group: number; count: number }) {
    this.#core = core
    this.#kept = kept
    this.#column = place.column
    this.#group = place.group
    this.count = place.count
  }

  get full(): ColumnType | undefined {
    return columnType(this.#kept.fullType(this.#column))
  }

  get place(): RunPlace {
    const headersAt = this.#kept.headerAt(this.#column, this.#group)
    const word = this.#kept.payloadWordAt(this.#column, this.#group) / WORD_BYTES
    const { i32 } = this.#core
    return { headersAt, payloadsAt: (i32[word] as number) >>> 0, end: (i32[word + this.count] as number) >>> 0 }
  }

  get headers(): Uint8Array {
    return this.#core.u8
  }

  get view(): DataView {
    return this.#core.view
  }

  get first(): number {
    return this.#kept.headerAt(this.#column, this.#group) / HEADER_BYTES
  }

  get payloads(): Uint8Array {
    const { payloadsAt, end } = this.place
    return this.#core.u8.subarray(payloadsAt, end)
  }
}
