import type { BlockRun } from '../kernel/block-run.ts'
import type { Block, RowGroup } from '../scan/row-group.ts'
import type { QuickRun } from './quick-run.ts'
import type { SegmentHeaders } from './segment-headers.ts'
import type { SegmentSeries } from './segment-places.ts'

const NO_BYTES = new Uint8Array(0)

/** Runs of blocks by their first block. */
export interface LoadedRuns {
  /** As they are in the file. */
  readonly stored: ReadonlyMap<number, { readonly bytes: Uint8Array }>
  /** Come before those. */
  readonly quick?: ReadonlyMap<number, QuickRun>
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

  constructor(headers: SegmentHeaders, series: SegmentSeries, place: { group: number; loaded: LoadedRuns }) {
    this.#headers = headers
    this.#series = series
    this.#group = place.group
    this.#loaded = place.loaded
    const block = series.firstBlock + place.group
    this.rows = headers.rowsOf(block)
    this.minTime = headers.minTimeOf(block)
    this.maxTime = headers.maxTimeOf(block)
  }

  get time(): Block {
    const block = this.#block(this.#series.firstBlock)
    if (block === undefined) throw new Error('a time block is empty')
    return block
  }

  field(name: string): Block | undefined {
    const run = this.#runOf(name)
    return run === undefined ? undefined : this.#block(run)
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
    return this.#blocks(this.#series.firstBlock, count)
  }

  fieldBlocks(name: string, count: number): BlockRun | undefined {
    const run = this.#runOf(name)
    return run === undefined ? undefined : this.#blocks(run, count)
  }

  /** First block of a field of the series. */
  #runOf(name: string): number | undefined {
    const { firstBlock, groups, fields } = this.#series
    const place = fields.indexOf(name)
    return place < 0 ? undefined : firstBlock + (1 + place) * groups
  }

  #blocks(run: number, count: number): BlockRun {
    const quick = this.#loaded.quick?.get(run)
    if (quick) return quick.blocks(this.#group, count)
    const { headers, view, modelOf } = this.#headers
    const number = run + this.#group
    const [from, end] = [this.#headers.payloadBytes(run, number), this.#headers.payloadBytes(run, number + count)]
    const payloads = from === end ? NO_BYTES : this.#bytesOf(run).subarray(from, end)
    return { headers, view, first: this.#headers.place(number), count, payloads, modelOf }
  }

  /** The group's block in a run; `undefined` where no row has a value. */
  #block(run: number): Block | undefined {
    const { headers, view } = this.#headers
    const number = run + this.#group
    if (this.#headers.isAbsent(number)) return undefined
    const quick = this.#loaded.quick?.get(run)
    if (quick) return quick.block(this.#group)
    const block = this.#headers.place(number)
    const [from, end] = [this.#headers.payloadBytes(run, number), this.#headers.payloadBytes(run, number + 1)]
    if (from === end) return { headers, view, block, payload: NO_BYTES }
    const payload = this.#bytesOf(run).subarray(from, end)
    return { headers, view, block, payload, model: this.#headers.modelAt(number) }
  }

  #bytesOf(run: number): Uint8Array {
    const bytes = this.#loaded.stored.get(run)?.bytes
    if (bytes === undefined) throw new Error(`blocks from ${run} on were not loaded`)
    return bytes
  }
}
