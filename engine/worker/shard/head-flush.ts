import type { LogStore } from '../../storage/store.ts'
import { nameStaleGroups } from '../view/stale-names.ts'
import type { Views } from '../view/views.ts'
import type { CommitOrder } from '../write/commit-order.ts'
import type { Deletes } from '../write/deletes.ts'
import type { FlushDue } from '../write/flush-due.ts'
import type { SeriesRegistry } from '../write/series-registry.ts'
import type { HostPort } from './host-port.ts'
import type { Cut, SegmentSet } from './segment-set.ts'

export interface HeadFlushParts {
  hosts: readonly HostPort[]
  log: LogStore
  segments: SegmentSet
  order: CommitOrder
  registry: SeriesRegistry
  deletes: Deletes
  flushDue: FlushDue
  views: Views
}

/** Has the rows in memory written as segments, then shortens the log. Runs one at a time. */
export class HeadFlush {
  readonly #parts: HeadFlushParts
  /** Of the rows that are set aside but not in segments yet. */
  #cut: Cut | undefined

  constructor(parts: HeadFlushParts) {
    this.#parts = parts
  }

  async run(): Promise<void> {
    const { hosts, segments, order, registry, deletes, flushDue } = this.#parts
    // Left by a run that failed.
    if (this.#cut !== undefined) await this.#writeFrozen(this.#cut)
    // At once, not when their turn comes: records that are made from now on lie behind the cut.
    registry.forgetNamed()
    await order.between(async () => {
      if (order.end === segments.manifest.logStart) return
      await Promise.all(hosts.map((host) => host.freeze()))
      this.#cut = { position: order.end, deletes: deletes.applied }
      flushDue.setAside()
    })
    if (this.#cut !== undefined) await this.#writeFrozen(this.#cut)
  }

  /** Has the rows that are set aside written; those of the log before the cut are then in segments. */
  async #writeFrozen(cut: Cut): Promise<void> {
    const { hosts, segments, log, flushDue, views, registry } = this.#parts
    const [written] = await Promise.all([
      Promise.all(hosts.map((host) => host.writeFrozen())),
      nameStaleGroups(views, registry),
    ])
    await segments.add(written, cut)
    this.#cut = undefined
    flushDue.written()
    flushDue.ended()
    await log.truncate(cut.position)
  }
}
