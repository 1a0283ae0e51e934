import { TidemarkError } from '../core/errors.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { requestsOf } from './read-requests.ts'
import { type BytePlace, partsOf } from './run-memory.ts'
import type { SegmentHeaders } from './segment-headers.ts'
import type { ColumnRun } from './segment-places.ts'
import type { BlobStore } from './store.ts'

interface RunPlace {
  blobs: BlobStore
  kernel: Kernel
  /** Of the segment. */
  name: string
  /** The headers of the chunk of a block, which are ready. */
  headersOf(block: number): SegmentHeaders
}

/** Reads the payloads of a segment's blocks. */
export class RunReader {
  readonly #place: RunPlace

  constructor(place: RunPlace) {
    this.#place = place
  }

  /**
   * Reads runs in ascending order, several that lie close in one request, checks their blocks, and answers by the first of these. Neighbours
   * share memory, of at most so many bytes where that is more than one. Throws `corrupt`, `truncated` or `io`.
   */
  async read(runs: readonly ColumnRun[], mostBytes: number): Promise<Map<number, Uint8Array>> {
    const { blobs, name, headersOf } = this.#place
    const read = new Map<number, Uint8Array>()
    const places = runs.map(({ first, end }): BytePlace => {
      const headers = headersOf(first)
      return [headers.offset(first), headers.offset(end)]
    })
    for (const [from, to] of requestsOf(places)) {
      const [begin, end] = [(places[from] as BytePlace)[0], (places[to - 1] as BytePlace)[1]]
      const bytes = await blobs.get(name, begin, end)
      for (const [i, payloads] of partsOf(bytes, begin, places.slice(from, to), mostBytes).entries()) {
        const run = runs[from + i] as ColumnRun
        this.#verify(run, payloads)
        read.set(run.first, payloads)
      }
    }
    return read
  }

  #verify({ first, end }: ColumnRun, payloads: Uint8Array): void {
    const { kernel, name, headersOf } = this.#place
    const chunk = headersOf(first)
    try {
      const { headers, modelOf } = chunk
      kernel.verifyBlocks({ headers, first: chunk.place(first), count: end - first, payloads, modelOf })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new TidemarkError('corrupt', `segment ${name}, ${reason}`, { cause })
    }
  }
}
