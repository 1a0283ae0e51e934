import type { LogPosition } from '../../storage/store.ts'
import type { Faults } from '../faults.ts'
import type { HostPort } from '../shard/host-port.ts'

/**
 * Series in segments that came since the index was kept, as a share of those in all, that make a host keep it anew after a flush: to
 * write a series costs an eighth of what it costs to register it at an opening, so that keeping adds less than half of that to each.
 */
const GROWN_SHARE = 1 / 4
/** The same while nothing is appended. */
const IDLE_SHARE = 1 / 64

export interface IndexKeepingParts {
  hosts: readonly HostPort[]
  faults: Faults
  /** Whether there is room for it: a limit of space is for what nothing else can give. */
  isWanted: boolean
}

/** Has hosts keep their index, so that a process that was killed is opened quickly, too. */
export class IndexKeeping {
  readonly #parts: IndexKeepingParts
  #end: LogPosition | undefined
  #running: Promise<void> | undefined

  constructor(parts: IndexKeepingParts) {
    this.#parts = parts
  }

  /** To be called after flushes; does not wait. */
  grown(): void {
    this.#start(GROWN_SHARE)
  }

  /** To be called now and then with where the log of what is visible ends. */
  look(end: LogPosition): void {
    if (end === this.#end) this.#start(IDLE_SHARE)
    this.#end = end
  }

  /** Keeps it for the end, when nothing is appended any more. */
  async close(): Promise<void> {
    const { hosts, isWanted } = this.#parts
    await this.#running
    if (isWanted) await Promise.allSettled(hosts.map((host) => host.keepIndex(0, false)))
  }

  #start(share: number): void {
    const { hosts, faults, isWanted } = this.#parts
    if (!isWanted) return
    this.#running ??= Promise.all(hosts.map((host) => host.keepIndex(share, true)))
      .catch((error: unknown) => faults.report('index', error))
      .then(() => {
        this.#running = undefined
      })
  }
}
