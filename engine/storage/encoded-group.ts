import { HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type Block, type GroupColumn, isBlock, type RowGroup } from '../scan/row-group.ts'

/** A group whose columns are encoded blocks in memory. */
export class EncodedGroup implements RowGroup {
  readonly rows: number
  readonly minTime: bigint
  readonly maxTime: bigint
  readonly time: Block
  /** Bytes of headers and payloads. */
  readonly bytes: number
  readonly #fields: ReadonlyMap<string, Block>

  constructor(
    rows: { rows: number; minTime: bigint; maxTime: bigint },
    time: Block,
    fields: ReadonlyMap<string, Block>,
  ) {
    this.rows = rows.rows
    this.minTime = rows.minTime
    this.maxTime = rows.maxTime
    this.time = time
    this.#fields = fields
    let bytes = HEADER_BYTES + time.payload.length
    for (const { payload } of fields.values()) bytes += HEADER_BYTES + payload.length
    this.bytes = bytes
  }

  field(name: string): Block | undefined {
    return this.#fields.get(name)
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

/** Encodes the columns of a group that are not yet; the others stay as they are. */
export function encodeGroup(group: RowGroup, fields: readonly string[], kernel: Kernel): EncodedGroup {
  const blocks = new Map<string, Block>()
  for (const name of fields) {
    const column = group.field(name)
    if (column) blocks.set(name, encodeColumn(column, group.rows, kernel))
  }
  return new EncodedGroup(group, encodeColumn(group.time, group.rows, kernel), blocks)
}

function encodeColumn(column: GroupColumn, rows: number, kernel: Kernel): Block {
  if (isBlock(column)) return column
  const headers = new Uint8Array(HEADER_BYTES)
  const payload = kernel.encode(column, 0, rows, headers, 0)
  return { headers, view: new DataView(headers.buffer), block: 0, payload }
}
