import { TidemarkError } from '../core/errors.ts'
import { type LogPosition, MAX_RECORD_BYTES, storeClosed } from './store.ts'

/** Bytes of records that may wait for their commit. Beyond it the writer is faster than the disk for too long. */
export const MAX_WAITING_BYTES: number = 256 * 1024 * 1024
/** A commit takes further records while it is below this. */
export const COMMIT_BYTES: number = 4 * 1024 * 1024
/** A commit that blocks waits so many turns of the thread at most for further records. */
const GATHER_TURNS = 8
/** A frame has 16 bits for its place in the commit. */
export const COMMIT_RECORDS = 65_536

interface Waiting {
  record: Uint8Array
  resolve(position: LogPosition): void
  reject(error: Error): void
}

/** A commit failed and left nothing behind, so that later ones may go on. */
export class CommitUndone extends Error {
  readonly reason: TidemarkError

  constructor(reason: TidemarkError) {
    super(reason.message, { cause: reason })
    this.reason = reason
  }
}

/** Makes `records` durable, in order; the first has the position `first`. Throws `CommitUndone` where none of them is. */
export type Commit = (records: readonly Uint8Array[], first: LogPosition) => Promise<void>

/** Gathers the records that arrive while a commit is under way, and commits them together. One commit runs at a time. */
export class GroupCommit {
  readonly #commit: Commit
  readonly #gather: (() => Promise<void>) | undefined
  #next: LogPosition
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #tasks: (() => Promise<void>)[] = []
  #running: Promise<void> | undefined
  #failure: TidemarkError | undefined
  /** Why the appends of this turn are refused. */
  #refused: TidemarkError | undefined
  #closed = false

  /**
   * A commit that blocks the thread would find one record at a time. So `gather`, which lets other work of the thread go
   * on, is awaited before each group is taken, for as long as that brings further records.
   */
  constructor(next: LogPosition, commit: Commit, gather?: () => Promise<void>) {
    this.#next = next
    this.#commit = commit
    this.#gather = gather
  }

  /** Position of the next record to be committed. */
  get next(): LogPosition {
    return this.#next
  }

  append(record: Uint8Array): Promise<LogPosition> {
    const refusal = this.#refusal(record.byteLength)
    if (refusal) return Promise.reject(refusal)
    this.#waitingBytes += record.byteLength
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject })
      this.#start()
    })
  }

  /** Runs a task while no commit runs. */
  between<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(storeClosed())
    return new Promise((resolve, reject) => {
      this.#tasks.push(() => task().then(resolve, reject))
      this.#start()
    })
  }

  /** Refuses every append from now on; the reason is that of the failure. */
  fail(cause: unknown): void {
    const kind = cause instanceof TidemarkError ? cause.kind : 'io'
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#failure ??= new TidemarkError(kind, `the log takes no more records since a write failed: ${reason}`, {
      hint: 'What was acknowledged is safe. Remove the cause and open the store again.',
      cause,
    })
  }

  /** Commits what waits, then refuses. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  #refusal(bytes: number): TidemarkError | undefined {
    if (this.#closed) return storeClosed()
    if (this.#failure) return this.#failure
    if (this.#refused) return this.#refused
    if (bytes > MAX_RECORD_BYTES) {
      return new TidemarkError('quota', `a record of ${bytes} bytes is longer than the ${MAX_RECORD_BYTES} a log takes`)
    }
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      return new TidemarkError('quota', `${this.#waitingBytes} bytes wait for the disk already; append more slowly`)
    }
    return undefined
  }

  #start(): void {
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // Lets the calls of the same turn gather before the first commit.
    await Promise.resolve()
    while (this.#tasks.length > 0 || this.#waiting.length > 0) {
      const task = this.#tasks.shift()
      await (task ? task() : this.#commitGroup())
    }
    // In the same turn as the check above: a call that comes later starts anew.
    this.#running = undefined
  }

  async #commitGroup(): Promise<void> {
    if (this.#gather) await this.#gatherMore(this.#gather)
    const group = this.#takeGroup()
    const first = this.#next
    try {
      if (this.#failure) throw this.#failure
      await this.#commit(
        group.map((one) => one.record),
        first,
      )
    } catch (cause) {
      if (cause instanceof CommitUndone) {
        this.#refuse(group, cause.reason)
        return
      }
      this.fail(cause)
      for (const one of group) one.reject(this.#failure ?? storeClosed())
      return
    }
    this.#next = first + group.length
    group.forEach((one, i) => {
      one.resolve(first + i)
    })
  }

  /**
   * Records that wait may rely on those that are refused, as on the names that these were to give; so may those that are made
   * before their callers have learned of it. So none of them is taken.
   */
  #refuse(group: readonly Waiting[], reason: TidemarkError): void {
    this.#refused = reason
    setTimeout(() => {
      this.#refused = undefined
    })
    this.#waitingBytes = 0
    for (const one of [...group, ...this.#waiting.splice(0)]) one.reject(reason)
  }

  async #gatherMore(gather: () => Promise<void>): Promise<void> {
    for (let turn = 0; turn < GATHER_TURNS && this.#waitingBytes < COMMIT_BYTES; turn++) {
      const before = this.#waiting.length
      await gather()
      if (this.#waiting.length === before) return
    }
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { record } of this.#waiting) {
      if (count === COMMIT_RECORDS || (count > 0 && bytes + record.byteLength > COMMIT_BYTES)) break
      bytes += record.byteLength
      count += 1
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }
}
