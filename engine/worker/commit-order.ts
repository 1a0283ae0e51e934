import type { LogPosition } from '../storage/store.ts'

/** Records become visible in the order in which they were logged, each once it is durable. */
export class CommitOrder {
  #applied: Promise<unknown> = Promise.resolve()
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

  /** Applies a record in its turn. Fails where it does not become durable. */
  async apply(durable: Promise<LogPosition>, apply: () => Promise<void>): Promise<void> {
    // Records before this one may still be on their way to the hosts when it fails.
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
    return done
  }
}
