import type { Clock } from '../../core/clock.ts'
import { nextTurn } from '../../core/next-turn.ts'
import type { LogStore } from '../../storage/store.ts'
import type { ColdMover } from '../cold/cold-mover.ts'
import type { Faults } from '../faults.ts'
import type { RollupRefresh } from '../rollup/rollup-refresh.ts'
import type { HeadFlush } from '../shard/head-flush.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { SegmentSet } from '../shard/segment-set.ts'
import type { SeriesUpkeep } from '../shard/series-upkeep.ts'
import type { CommitOrder } from './commit-order.ts'
import type { FlushDue } from './flush-due.ts'
import type { IdleMemory } from './idle-memory.ts'
import { IndexKeeping } from './index-keeping.ts'
import type { Space } from './space.ts'

const UPKEEP_MS = 60_000

export interface StoreUpkeepParts {
  clock: Clock
  log: LogStore
  order: CommitOrder
  segments: SegmentSet
  headFlush: HeadFlush
  flushDue: FlushDue
  refresh: RollupRefresh
  seriesUpkeep: SeriesUpkeep
  idle: IdleMemory
  hosts: readonly HostPort[]
  space: Space
  faults: Faults
  cold(): ColdMover | undefined
}

/** What is done beside the appends: flushes, compactions, windows of rollups, moves to the cold tier. */
export class StoreUpkeep {
  readonly #parts: StoreUpkeepParts
  readonly #indexKeeping: IndexKeeping
  /** Flushes and compactions go one after the other: each changes the manifest that the next one starts from. */
  #reorganised: Promise<unknown> = Promise.resolve()
  #maintaining: Promise<void> | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(parts: StoreUpkeepParts) {
    this.#parts = parts
    const { hosts, faults, space } = parts
    this.#indexKeeping = new IndexKeeping({ hosts, faults, isWanted: !space.isLimited })
  }

  /** Does by itself what is due, from now on. */
  start(): void {
    this.#timer = setInterval(() => void this.#maintain(), UPKEEP_MS)
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Resolves when no reorganisation is under way. */
  get settled(): Promise<unknown> {
    return this.#reorganised
  }

  /** Keeps the hosts' index for the next opening, when nothing is appended any more. */
  keepIndex(): Promise<void> {
    return this.#indexKeeping.close()
  }

  /** Runs a task when no other one changes the segments. */
  reorganise<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#reorganised.then(task)
    this.#reorganised = done.catch(() => undefined)
    return done
  }

  /** Writes rows in memory to segments, then takes hold of these. */
  pinned<T>(pin: () => T): Promise<T> {
    return this.reorganise(async () => {
      await this.#parts.headFlush.run()
      return pin()
    })
  }

  flushHeads(): Promise<void> {
    return this.reorganise(() => this.#parts.headFlush.run())
  }

  /** Writes rows in memory to segments and shortens the log; then merges segments where there are many. */
  async flush(): Promise<void> {
    const { segments, faults, refresh, seriesUpkeep, order, idle } = this.#parts
    const { end } = order
    await this.flushHeads()
    const compacted = this.reorganise(() => segments.compact())
    await compacted.catch((error: unknown) => faults.report('compaction', error))
    await refresh.run()
    await seriesUpkeep.run()
    this.#indexKeeping.grown()
    if (order.end === end) await idle.rest()
  }

  /** Writes rows in memory to segments, makes one settled segment of all neighbours that fit into one, and takes deleted rows off what is cold. */
  async compact(): Promise<void> {
    const { segments, refresh, seriesUpkeep, cold } = this.#parts
    await this.flushHeads()
    await refresh.run()
    await this.flushHeads()
    await this.reorganise(() => segments.settle())
    await cold()?.carryOutDeletes()
    await seriesUpkeep.run()
  }

  /** Moves what the rules of the cold tier ask for now. */
  async moveToCold(): Promise<void> {
    await this.flushHeads()
    while (await this.#parts.cold()?.round()) await nextTurn()
  }

  /** One at a time; whoever calls meanwhile gets the one that is under way. */
  flushAndCompact(): Promise<void> {
    const { headFlush, segments, flushDue, clock, faults } = this.#parts
    this.#maintaining ??= this.reorganise(async () => {
      await headFlush.run()
      await segments.compact()
      this.#indexKeeping.grown()
    })
      .catch((error: unknown) => {
        // Nothing is lost: the rows are in the log and in memory.
        flushDue.failed(clock.now())
        faults.report('flush', error)
      })
      .finally(() => {
        this.#maintaining = undefined
        flushDue.ended()
      })
    return this.#maintaining
  }

  async #maintain(): Promise<void> {
    const { idle, order, flushDue, clock, log, refresh, faults, seriesUpkeep, cold } = this.#parts
    await idle.look(order.end)
    this.#indexKeeping.look(order.end)
    if (flushDue.isDue(clock.now(), log.bytes)) await this.flushAndCompact()
    await refresh.run().catch((error: unknown) => faults.report('rollup', error))
    await cold()
      ?.round()
      .catch((error: unknown) => faults.report('cold tier', error))
    await seriesUpkeep.run().catch((error: unknown) => faults.report('index', error))
  }
}
