import { TidemarkError } from '../../core/errors.ts'
import type { Views } from '../view/views.ts'
import { type AppendQueue, LARGE_BYTES } from '../write/append-queue.ts'
import type { CommitOrder } from '../write/commit-order.ts'
import type { RowIntake } from '../write/row-intake.ts'
import type { SeriesRegistry } from '../write/series-registry.ts'
import type { HostPort } from './host-port.ts'
import type { SegmentSet } from './segment-set.ts'

export interface SeriesUpkeepParts {
  hosts: readonly HostPort[]
  queue: AppendQueue
  order: CommitOrder
  registry: SeriesRegistry
  intake: RowIntake
  segments: SegmentSet
  views: Views
}

/** Has hosts forget series that have lost their rows, to retention or to deletes, while the store runs. */
export class SeriesUpkeep {
  readonly #parts: SeriesUpkeepParts
  /** Segments that had been removed when it ran last. */
  #removals = 0

  constructor(parts: SeriesUpkeepParts) {
    this.#parts = parts
  }

  /**
   * Runs in a turn of its own among the appends, once the rows of all before are visible: then nobody has the number of a series
   * without rows. Nothing where no segment was removed since, or where appends are turned away.
   */
  async run(): Promise<void> {
    const { queue, segments } = this.#parts
    if (segments.removals === this.#removals) return
    try {
      // A turn of the large ones begins when none of them pauses.
      await queue.run(LARGE_BYTES, async () => {
        await this.#forget()
        return { answer: undefined, done: Promise.resolve() }
      })
    } catch (error) {
      if (!(error instanceof TidemarkError && error.kind === 'quota')) throw error
    }
  }

  async #forget(): Promise<void> {
    const { hosts, order, registry, intake, segments, views } = this.#parts
    await order.applied
    this.#removals = segments.removals
    const forgotten = await Promise.all(hosts.map((host) => host.forgetUnused()))
    if (forgotten.every((series) => series === 0)) return
    registry.forgetSeries()
    intake.forgetKeys()
    views.forgetSeries()
  }
}
