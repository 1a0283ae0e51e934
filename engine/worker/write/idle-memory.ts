import { collectAtRest } from '../../core/idle-collector.ts'
import type { RowBuffers } from '../../kernel/row-buffers.ts'
import type { LogPosition } from '../../storage/store.ts'
import type { HostPort } from '../shard/host-port.ts'

/** Gives up memory that a peak of appends has left, once none came between two looks. */
export class IdleMemory {
  readonly #hosts: readonly HostPort[]
  readonly #buffers: RowBuffers
  readonly #restIntake: () => Promise<void>
  #end: LogPosition | undefined

  constructor(hosts: readonly HostPort[], buffers: RowBuffers, restIntake: () => Promise<void>) {
    this.#hosts = hosts
    this.#buffers = buffers
    this.#restIntake = restIntake
  }

  /** `end` is where the log of what is visible ends now. */
  async look(end: LogPosition): Promise<void> {
    const isIdle = end === this.#end
    this.#end = end
    if (isIdle) await this.rest()
  }

  /** For when all rows are in segments. */
  async rest(): Promise<void> {
    this.#buffers.clear()
    await Promise.all([this.#restIntake(), ...this.#hosts.map((host) => host.rest())])
    collectAtRest()
  }
}
