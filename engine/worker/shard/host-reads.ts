import { MAX_STATE_BYTES, StateBudget } from '../../aggregate/state-budget.ts'
import { TidemarkError } from '../../core/errors.ts'
import { nextTurn } from '../../core/next-turn.ts'
import type { ReaderMark } from '../../core/plan.ts'
import { noCounts, type ReadCounts } from '../../core/read-counts.ts'
import { GROUPS_A_TURN, type ScanUse } from '../../scan/scan-use.ts'

/** Queries of which counts are kept after a host's last work for them. */
export const MAX_KEPT_READS = 256
/** After so long an uninterrupted stretch of a scan, others get a turn. */
const TURN_MS = 5

/** A clock for lengths of time, in milliseconds. */
export type Stopwatch = () => number

/** What one host does for queries, by query. */
export class HostReads {
  readonly #stopwatch: Stopwatch
  /** From the one on which work ended longest ago; those under way are among them. */
  readonly #reads = new Map<string, HostRead>()
  #running = 0

  constructor(stopwatch: Stopwatch = () => performance.now()) {
    this.#stopwatch = stopwatch
  }

  /** The work for a query; of reads that no query has asked for, some work of its own. */
  of(mark: ReaderMark | undefined): HostRead {
    if (mark === undefined) return new HostRead(this.#stopwatch, undefined)
    const known = this.#reads.get(mark.id)
    if (known) return known
    const read = new HostRead(this.#stopwatch, mark)
    this.#reads.set(mark.id, read)
    return read
  }

  /** Runs a part of the work, and counts how long it took. */
  async run<T>(read: HostRead, work: () => Promise<T>): Promise<T> {
    const begun = this.#stopwatch()
    read.begin(begun)
    this.#running++
    try {
      return await work()
    } finally {
      this.#running--
      read.end(this.#stopwatch() - begun)
      this.#forget(read)
    }
  }

  /** Ends the work for a query, now and for as long as it is known. */
  cancel(id: string): void {
    this.#reads.get(id)?.cancel()
  }

  /** What was done for queries; nothing of those that are not known. */
  counts(ids: readonly string[]): (ReadCounts | undefined)[] {
    return ids.map((id) => this.#reads.get(id)?.counts)
  }

  #forget({ id }: HostRead): void {
    const read = id === undefined ? undefined : this.#reads.get(id)
    if (id === undefined || read === undefined) return
    this.#reads.delete(id)
    this.#reads.set(id, read)
    if (this.#reads.size <= MAX_KEPT_READS + this.#running) return
    for (const [oldest, { isRunning }] of this.#reads) {
      if (isRunning) continue
      this.#reads.delete(oldest)
      return
    }
  }
}

/** What one host does for one query. */
export class HostRead implements ScanUse {
  readonly id: string | undefined
  readonly counts: ReadCounts = noCounts()
  readonly #stopwatch: Stopwatch
  readonly #budget: StateBudget
  #parts = 0
  #turnBegan = 0
  #groups = 0
  #isCancelled = false

  constructor(stopwatch: Stopwatch, mark: ReaderMark | undefined) {
    this.id = mark?.id
    this.#stopwatch = stopwatch
    this.#budget = new StateBudget(mark && Math.min(mark.maxBytes, MAX_STATE_BYTES))
  }

  get isRunning(): boolean {
    return this.#parts > 0
  }

  begin(now: number): void {
    this.#check()
    if (this.#parts === 0) this.#turnBegan = now
    this.#parts++
  }

  end(ms: number): void {
    this.#parts--
    this.counts.ms += ms
  }

  cancel(): void {
    this.#isCancelled = true
  }

  /** For the states of one scan, out of what the query may have; to be released when it ends. */
  openBudget(): StateBudget {
    return new StateBudget(Number.POSITIVE_INFINITY, this.#budget)
  }

  turn(groups: number): Promise<void> | undefined {
    this.#groups += groups
    if (this.#groups < GROUPS_A_TURN) return undefined
    this.#groups = 0
    this.#check()
    return this.#stopwatch() - this.#turnBegan < TURN_MS ? undefined : this.#pause()
  }

  async #pause(): Promise<void> {
    await nextTurn()
    this.#turnBegan = this.#stopwatch()
    this.#check()
  }

  #check(): void {
    if (this.#isCancelled) throw new TidemarkError('cancelled', 'the query was ended')
  }
}
