import type { BlockRun } from '../kernel/block-run.ts'
import type { KeptBlocks } from '../kernel/kept-blocks.ts'
import type { Block, KeptGroups, RowGroup } from '../scan/row-group.ts'
import type { QuickRuns } from './quick-runs.ts'
import type { SegmentHeaders } from './segment-headers.ts'
import type { SegmentSeries } from './segment-places.ts'

const NO_BYTES = new Uint8Array(0)

export interface LoadedRuns {
  /** Runs of blocks as they are in the file, by their first block. */
  readonly stored: ReadonlyMap<number, { readonly bytes: Uint8Array }>
  /** Come before those. */
  readonly quick?: QuickRuns
}

interface GroupPlace {
  group: number
  loaded: LoadedRuns
  /** Columns of the series that come before what is loaded. */
  kept: KeptBlocks | undefined
}

/** A group that lies in a segment. */
export class SegmentGroup implements RowGroup {
  readonly rows: number
  readonly minTime: bigint
  readonly maxTime: bigint
  readonly #headers: SegmentHeaders
  readonly #series: SegmentSeries
  readonly #group: number
  readonly #loaded: LoadedRuns
  readonly #kept: KeptBlocks | undefined

  constructor(headers: SegmentHeaders, series: SegmentSeries, place: GroupPlace) {
    this.#headers = headers
    this.#series = series
    this.#group = place.group
    this.#loaded = place.loaded
    this.#kept = place.kept
    const block = series.firstBlock + place.group
    this.rows = headers.rowsOf(block)
    this.minTime = headers.minTimeOf(block)
    this.maxTime = headers.maxTimeOf(block)
  }

  get time(): Block {
    const block = this.#block(0)
    if (block === undefined) throw new Error('a time block is empty')
    return block
  }

  field(name: string): Block | undefined {
    const column = this.#columnOf(name)
    return column === 0 ? undefined : this.#block(column)
  }

  follows(before: RowGroup): boolean {
    return (
      before instanceof SegmentGroup &&
      before.#group + 1 === this.#group &&
      before.#series.firstBlock === this.#series.firstBlock &&
      before.#headers === this.#headers
    )
  }

  timeBlocks(count: number): BlockRun {
    return this.#blocks(0, count)
  }

  fieldBlocks(name: string, count: number): BlockRun | undefined {
    const column = this.#columnOf(name)
    return column === 0 ? undefined : this.#blocks(column, count)
  }

  kept(count: number): KeptGroups | undefined {
    return this.#kept && { blocks: this.#kept, fields: this.#series.fields, first: this.#group, count }
  }

  /** The column of a field of the series; 0, which is that of times, where it has none. */
  #columnOf(name: string): number {
    return 1 + this.#series.fields.indexOf(name)
  }

  #blocks(column: number, count: number): BlockRun {
    if (this.#kept?.has(column)) return this.#kept.run(column, this.#group, count)
    const { headers, view, modelOf } = this.#headers
    const run = this.#firstOf(column)
    const number = run + this.#group
    const [from, end] = [this.#headers.payloadBytes(run, number), this.#headers.payloadBytes(run, number + count)]
    const payloads = from === end ? NO_BYTES : this.#bytesOf(run).subarray(from, end)
    return { headers, view, first: this.#headers.place(number), count, payloads, modelOf }
  }

  /** The group's block of a column; `undefined` where no row has a value. */
  #block(column: number): Block | undefined {
    // Where no value is missing, what the segment says of that need not be looked up.
    if (this.#kept && this.#kept.fullType(column) > 0) return this.#kept.block(column, this.#group)
    const { headers, view } = this.#headers
    const run = this.#firstOf(column)
    const number = run + this.#group
    if (this.#headers.isAbsent(number)) return undefined
    if (this.#kept?.has(column)) return this.#kept.block(column, this.#group)
    const block = this.#headers.place(number)
    const [from, end] = [this.#headers.payloadBytes(run, number), this.#headers.payloadBytes(run, number + 1)]
    if (from === end) return { headers, view, block, payload: NO_BYTES }
    const payload = this.#bytesOf(run).subarray(from, end)
    return { headers, view, block, payload, model: this.#headers.modelAt(number) }
  }

  #firstOf(column: number): number {
    return this.#series.firstBlock + column * this.#series.groups
  }

  #bytesOf(run: number): Uint8Array {
    const bytes = this.#loaded.stored.get(run)?.bytes
    if (bytes === undefined) throw new Error(`blocks from ${run} on were not loaded`)
    return bytes
  }
}
