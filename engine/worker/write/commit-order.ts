import type { LogPosition } from '../../storage/store.ts'

/** Rows that are on their way to the hosts. */
export interface SentRows {
  /** Resolves when queries see the rows. */
  visible: Promise<unknown>
}

/** Records become visible in the order in which they were logged, each once it is durable. */
export class CommitOrder {
  #applied: Promise<unknown> = Promise.resolve()
  /** Resolves when the rows of all records so far are on their way. */
  #sent: Promise<unknown> = Promise.resolve()
  #end: LogPosition

  /** Records before `end` are visible already. */
  constructor(end: LogPosition) {
    this.#end = end
  }

  /** Records before this position are visible. */
  get end(): LogPosition {
    return this.#end
  }

  /** Resolves when all records so far are visible or have failed. */
  get applied(): Promise<unknown> {
    return this.#applied
  }

  /** The log has been replayed to its end. */
  replayed(end: LogPosition): void {
    this.#end = end
  }

  /**
   * Sends the rows of a record in its turn, once it is durable; those of the next record may follow before these are visible.
   * Resolves when they are. Fails where the record does not become durable.
   */
  async apply(durable: Promise<LogPosition>, send: () => Promise<SentRows>): Promise<void> {
    // Records before this one may still be on their way to the hosts when it fails.
    durable.catch(() => undefined)
    const sending = this.#sent.then(async () => {
      const position = await durable
      return { position, ...(await send()) }
    })
    this.#sent = sending.catch(() => undefined)
    const done = this.#applied.then(async () => {
      const { position, visible } = await sending
      await visible
      this.#end = position + 1
    })
    this.#applied = done.catch(() => undefined)
    await done
  }

  /** Applies a record while no other one is under way. */
  async applyAlone(durable: Promise<LogPosition>, apply: () => Promise<void>): Promise<void> {
    durable.catch(() => undefined)
    await this.between(async () => {
      const position = await durable
      await apply()
      this.#end = position + 1
    })
  }

  /** Runs a task after the records so far and before those to come. */
  between(task: () => Promise<void>): Promise<void> {
    const done = this.#applied.then(task)
    this.#applied = done.catch(() => undefined)
    this.#sent = this.#applied
    return done
  }
}
