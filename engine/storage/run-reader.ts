import { TidemarkError } from '../core/errors.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { requestsOf } from './read-requests.ts'
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
   * Reads runs in ascending order, several that lie close in one request, checks their blocks, and answers by the first of these.
   * Throws `corrupt`, `truncated` or `io`.
   */
  async read(runs: readonly ColumnRun[]): Promise<Map<number, Uint8Array>> {
    const read = new Map<number, Uint8Array>()
    const places = runs.map((run) => [this.#startOf(run), this.#endOf(run)] as const)
    for (const [from, to] of requestsOf(places)) await this.#readTogether(runs.slice(from, to), read)
    return read
  }

  async #readTogether(runs: readonly ColumnRun[], read: Map<number, Uint8Array>): Promise<void> {
    const begin = this.#startOf(runs[0] as ColumnRun)
    const end = this.#endOf(runs[runs.length - 1] as ColumnRun)
    const bytes = await this.#place.blobs.get(this.#place.name, begin, end)
    for (const run of runs) {
      const payloads = bytes.slice(this.#startOf(run) - begin, this.#endOf(run) - begin)
      this.#verify(run, payloads)
      read.set(run.first, payloads)
    }
  }

  /** Where the payloads of a run begin and end in the file. */
  #startOf({ first }: ColumnRun): number {
    return this.#place.headersOf(first).offset(first)
  }

  #endOf({ first, end }: ColumnRun): number {
    return this.#place.headersOf(first).offset(end)
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
