import { giveUp } from '../core/given-up-memory.ts'
import type { TableGroups } from '../core/rows.ts'
import { blockMaxI64, blockMinI64, blockPayloadBytes, blockRows, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type Block, type GroupColumn, isBlock, type RowGroup } from '../scan/row-group.ts'
import { ByteWriter } from './byte-writer.ts'

/** A group whose columns are encoded blocks in memory. */
export interface EncodedGroup extends RowGroup {
  readonly time: Block
  /** Bytes of headers and payloads. */
  readonly bytes: number
  field(name: string): Block | undefined
  /** Gives up the memory of blocks that were encoded for this group alone: it is not read any more. */
  giveUp?(): void
}

/** One whose blocks come from anywhere. */
export class GroupOfBlocks implements EncodedGroup {
  readonly rows: number
  readonly minTime: bigint
  readonly maxTime: bigint
  readonly time: Block
  readonly bytes: number
  readonly #fields: ReadonlyMap<string, Block>
  readonly #own: readonly Uint8Array[]

  /** `own` is memory that holds nothing else than blocks of this group. */
  constructor(
    rows: { rows: number; minTime: bigint; maxTime: bigint },
    time: Block,
    fields: ReadonlyMap<string, Block>,
    own: readonly Uint8Array[] = [],
  ) {
    this.rows = rows.rows
    this.minTime = rows.minTime
    this.maxTime = rows.maxTime
    this.time = time
    this.#fields = fields
    this.#own = own
    let bytes = HEADER_BYTES + time.payload.length
    for (const { payload } of fields.values()) bytes += HEADER_BYTES + payload.length
    this.bytes = bytes
  }

  field(name: string): Block | undefined {
    return this.#fields.get(name)
  }

  giveUp(): void {
    for (const memory of this.#own) giveUp(memory)
  }
}

/** Where the blocks of some groups of a table are among their bytes. */
export class TableBlocks {
  readonly groups: TableGroups
  readonly view: DataView
  /** Of each block, and the end of the last. */
  readonly #starts: Uint32Array
  readonly #places: ReadonlyMap<string, number>

  constructor(groups: TableGroups) {
    const { series, fields, headers } = groups
    this.groups = groups
    this.view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
    this.#places = new Map(fields.map(({ name }, i) => [name, i + 1]))
    this.#starts = new Uint32Array(series.length * (1 + fields.length) + 1)
    for (let block = 0; block + 1 < this.#starts.length; block++) {
      this.#starts[block + 1] = (this.#starts[block] as number) + blockPayloadBytes(this.view, block)
    }
  }

  /** The block of a group in a column, 0 for times. */
  block(group: number, column: number): Block {
    const { headers, payloads, series } = this.groups
    const block = column * series.length + group
    return { headers, view: this.view, block, payload: payloads.subarray(this.#starts[block], this.#starts[block + 1]) }
  }

  field(group: number, name: string): Block | undefined {
    const column = this.#places.get(name)
    return column === undefined ? undefined : this.block(group, column)
  }

  bytes(group: number): number {
    const { series, fields } = this.groups
    let bytes = (1 + fields.length) * HEADER_BYTES
    for (let block = group; block + 1 < this.#starts.length; block += series.length) {
      bytes += (this.#starts[block + 1] as number) - (this.#starts[block] as number)
    }
    return bytes
  }
}

/** One of some groups of a table. Its blocks are made when they are asked for: most are but once, by a flush. */
export class TableGroup implements EncodedGroup {
  readonly rows: number
  readonly minTime: bigint
  readonly maxTime: bigint
  readonly bytes: number
  readonly #blocks: TableBlocks
  readonly #group: number

  constructor(blocks: TableBlocks, group: number) {
    this.rows = blockRows(blocks.view, group)
    this.minTime = blockMinI64(blocks.view, group)
    this.maxTime = blockMaxI64(blocks.view, group)
    this.bytes = blocks.bytes(group)
    this.#blocks = blocks
    this.#group = group
  }

  get time(): Block {
    return this.#blocks.block(this.#group, 0)
  }

  field(name: string): Block | undefined {
    return this.#blocks.field(this.#group, name)
  }
}

/**
 * Series of one table with the same fields and a group each: their headers series after series, that of the times first, and the
 * payloads in the same order. Views, until the head that they come from is asked for more.
 */
export interface EncodedRun {
  refs: Uint32Array
  fields: readonly string[]
  headers: Uint8Array
  payloads: Uint8Array
}

/** Memory of payloads that are being put together is used again up to so many bytes. */
const KEPT_BYTES = 1 << 18
let payloads = new ByteWriter(1 << 14)

/** Encodes the columns of a group that are not yet, into memory that they share; the others stay as they are. */
export function encodeGroup(group: RowGroup, fields: readonly string[], kernel: Kernel): EncodedGroup {
  if (group instanceof TableGroup) return group
  const columns: GroupColumn[] = [group.time]
  const names: string[] = []
  for (const name of fields) {
    const column = group.field(name)
    if (column === undefined) continue
    names.push(name)
    columns.push(column)
  }
  const { blocks, own } = encodeColumns(columns, group.rows, kernel)
  const [time, ...encoded] = blocks
  return new GroupOfBlocks(group, time as Block, new Map(encoded.map((block, i) => [names[i] as string, block])), own)
}

function encodeColumns(
  columns: readonly GroupColumn[],
  rows: number,
  kernel: Kernel,
): { blocks: Block[]; own: Uint8Array[] } {
  const plain = columns.flatMap((column) => (isBlock(column) ? [] : [column]))
  if (plain.length === 0) return { blocks: columns.filter(isBlock), own: [] }
  // Arrays of their own for each block would take more memory than what is in them.
  const headers = new Uint8Array(plain.length * HEADER_BYTES)
  const ends = plain.map((column, i) => {
    payloads.bytes(kernel.encodeView(column, 0, rows, headers, i * HEADER_BYTES))
    return payloads.length
  })
  const bytes = payloads.finish()
  payloads.clear()
  if (payloads.memory.byteLength > KEPT_BYTES) payloads = new ByteWriter(1 << 14)
  const view = new DataView(headers.buffer)
  let next = 0
  const blocks = columns.map((column) => {
    if (isBlock(column)) return column
    const block = next++
    return { headers, view, block, payload: bytes.subarray(ends[block - 1] ?? 0, ends[block]) }
  })
  return { blocks, own: [headers, bytes] }
}
