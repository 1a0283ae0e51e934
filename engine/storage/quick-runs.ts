import type { BlockRun } from '../kernel/block-run.ts'
import { blockPayloadBytes, HEADER_BYTES } from '../kernel/header.ts'
import { KeptBlocks } from '../kernel/kept-blocks.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { BlockCache } from './block-cache.ts'
import type { SegmentSeries } from './segment-places.ts'

/**
 * Columns of a segment whose blocks are dense, which take three times as long to decode, in the fast family in the core's memory, as
 * long as the cache has room. The cache is trimmed while nobody reads, so that what was looked up stays until it is read.
 */
export class QuickRuns {
  readonly #cache: BlockCache
  readonly #kernel: Kernel
  /** By the first block of a series. */
  readonly #series = new Map<number, KeptBlocks>()

  constructor(cache: BlockCache, kernel: Kernel) {
    this.#cache = cache
    this.#kernel = kernel
  }

  get isEmpty(): boolean {
    return this.#series.size === 0
  }

  /** The columns of a series. */
  of({ firstBlock }: SegmentSeries): KeptBlocks | undefined {
    return this.#series.get(firstBlock)
  }

  /** The same, which count as used now. */
  use(series: SegmentSeries): KeptBlocks | undefined {
    const kept = this.of(series)
    if (kept) this.#cache.touchHeld(kept)
    return kept
  }

  /** Encodes verified blocks of a column, not of floats: their sums depend, in the last bits, on how they are encoded. */
  add({ firstBlock, fields, groups }: SegmentSeries, column: number, run: BlockRun): void {
    const kept = this.#series.get(firstBlock) ?? new KeptBlocks(this.#kernel.instance, 1 + fields.length, groups)
    // Another read may have been quicker.
    if (kept.has(column)) return
    const { headers, payloads } = quicken(run, this.#kernel)
    if (!kept.add(column, headers, payloads)) return
    this.#series.set(firstBlock, kept)
    this.#cache.drop(kept)
    this.#cache.hold(kept, kept.bytes, () => this.#letGo(firstBlock, kept))
  }

  drop(): void {
    for (const [firstBlock, kept] of this.#series) {
      this.#cache.drop(kept)
      this.#letGo(firstBlock, kept)
    }
  }

  #letGo(firstBlock: number, kept: KeptBlocks): void {
    this.#series.delete(firstBlock)
    kept.release()
  }
}

/** Blocks of the fast family with the same values as those of a run. */
function quicken(run: BlockRun, kernel: Kernel): { headers: Uint8Array; payloads: readonly Uint8Array[] } {
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
  return { headers: quick, payloads: encoded }
}
