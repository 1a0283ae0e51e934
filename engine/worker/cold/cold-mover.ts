import { type ColdFileInfo, DAY_NS } from '../../cold/cold-manifest.ts'
import { TidemarkError } from '../../core/errors.ts'
import { nextTurn } from '../../core/next-turn.ts'
import type { TableColumns } from '../../storage/manifest.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import type { Faults } from '../faults.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { SegmentSet } from '../shard/segment-set.ts'
import { type DeleteRange, type Deletes, MANY_WAITING_DELETES } from '../write/deletes.ts'
import { type ColdPin, type ColdStatistics, ColdTier, type ColdTierOptions, type Moved } from './cold-tier.ts'

export interface ColdMoverOptions {
  tier: ColdTier
  segments: SegmentSet
  hosts: readonly HostPort[]
  deletes: Deletes
  /** Runs a task when no other one changes the segments. */
  reorganise(task: () => Promise<void>): Promise<void>
}

export type ColdParts = ColdTierOptions & Omit<ColdMoverOptions, 'tier'> & { faults: Faults }

/** What is done to a table in a store. */
export interface TableDrop<T> {
  /** Deletes all rows. */
  hide(): Promise<void>
  /** Deletes what has come since, and frees the name. */
  drop(): Promise<T>
}

/**
 * Moves days to the cold tier. Files are written beside everything else that goes on; only while rows are dropped that have
 * become cold does nothing else change the segments.
 */
export class ColdMover {
  readonly #options: ColdMoverOptions
  #running: Promise<boolean> | undefined
  /** Rounds and rewrites go one after the other: each changes the manifest that the next one starts from. */
  #turn: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(options: ColdMoverOptions) {
    this.#options = options
  }

  get statistics(): ColdStatistics {
    return this.#options.tier.statistics
  }

  get files(): readonly ColdFileInfo[] {
    return this.#options.tier.manifest.files
  }

  /** Columns of the tables that are cold. */
  get tables(): ReadonlyMap<string, TableColumns> {
    return this.#options.tier.manifest.tables
  }

  /** Begins no further rounds, and resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#turn
    try {
      await this.#options.tier.close(this.#options.segments.manifest.segments)
    } catch (error) {
      // What it keeps is no data: a disk that takes none is heard of by whoever appends.
      if (!(error instanceof TidemarkError)) throw error
    }
  }

  /** Keeps the files that count now until they are released. */
  pin(): ColdPin {
    return this.#options.tier.pin()
  }

  /** Throws `invalid` where rows that are meant are in a place that cannot be written. */
  checkDelete(range: DeleteRange): void {
    this.#options.tier.checkDelete(range)
  }

  /**
   * Drops a table while nothing becomes cold. Of one that has been cold all rows are hidden first; then its files count no more and are
   * removed, and last what is here goes. Where the place fails the table is empty, and may be dropped again. Throws `invalid` where
   * the place cannot be written.
   */
  dropTable<T>(table: string, { hide, drop }: TableDrop<T>): Promise<T> {
    const { tier } = this.#options
    return this.#inTurn(async () => {
      if (!tier.has(table)) return drop()
      tier.checkDrop(table)
      await hide()
      await tier.remove(await tier.forgetTable(table))
      return drop()
    })
  }

  /** Moves a bounded number of days; whether there was anything to do. One at a time: who calls meanwhile gets the same. */
  round(): Promise<boolean> {
    this.#running ??= this.#inTurn(() => this.#round()).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Takes the rows out of cold files that deletes hide: after it they are in none. */
  carryOutDeletes(): Promise<void> {
    return this.#inTurn(async () => {
      while (await this.#carryOutSome()) await nextTurn()
      await this.#forgetDeletes()
    })
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #carryOutSome(): Promise<boolean> {
    const { tier } = this.#options
    const replaced = this.#stopped ? undefined : await tier.carryOutDeletes()
    if (replaced === undefined) return false
    await tier.remove(replaced)
    return true
  }

  #forgetDeletes(): Promise<void> {
    const { segments, reorganise } = this.#options
    return reorganise(() => segments.forgetDeletes())
  }

  async #round(): Promise<boolean> {
    const { tier, segments, reorganise, deletes } = this.#options
    if (this.#stopped) return false
    if (deletes.waiting.length > MANY_WAITING_DELETES && (await this.#carryOutSome())) {
      await this.#forgetDeletes()
      return true
    }
    const moved = await tier.move(segments.manifest.segments)
    if (moved === undefined) return false
    if (moved.days.size > 0) await reorganise(() => this.#drop(moved))
    await tier.remove(moved.replaced)
    return true
  }

  /**
   * Drops the rows that are cold now, out of the oldest segment first: where this ends early, what is left of the later ones
   * still wins. Where the segments are not those any more of which the files were made, nothing is dropped, and a later round
   * begins anew.
   */
  async #drop({ from, days }: Moved): Promise<void> {
    const { segments, hosts } = this.#options
    const now = segments.manifest.segments
    if (!from.every(({ name }, i) => now[i]?.name === name)) return
    for (const { name } of from) {
      const segment = segments.manifest.segments.find((one) => one.name === name)
      if (segment === undefined || this.#stopped || !meetsDays(segment, days)) continue
      const written = await Promise.all(hosts.map((host) => host.withoutDays(segment, days)))
      const { deletes } = segment
      const infos = written.map((some) => some.map((info) => (deletes === undefined ? info : { ...info, deletes })))
      await segments.replace([segment], infos)
    }
  }
}

/** Opens the cold tier for the writer and its hosts. Throws `invalid` where its tables are not those of this store. */
export async function openColdMover(options: ColdParts): Promise<ColdMover> {
  const { hosts, tiers, faults, deletes } = options
  const tier = await ColdTier.open(options)
  if (tier.problem !== undefined) faults.report('cold tier', tier.problem)
  const own = options.tables()
  for (const [table, { tags, fields }] of tier.manifest.tables) checkColumns(table, { tags, fields }, own.get(table))
  const { keptBytes = 0 } = tiers
  const share = tiers.cold.kind === 'closed' ? undefined : Math.floor(keptBytes / hosts.length)
  await Promise.all(hosts.map((host) => host.openCold(tiers.cold, share)))
  await Promise.all(hosts.map((host) => host.setColdFiles(tier.manifest.files)))
  deletes.setCold(tier.manifest.files)
  if (tier.mayHaveMore) await deletes.hold(0)
  return new ColdMover({ ...options, tier })
}

function checkColumns(table: string, cold: TableColumns, own: TableColumns | undefined): void {
  for (const [field, type] of cold.fields) {
    const known = own?.fields.get(field)
    const isTag = own?.tags.includes(field)
    if (!isTag && (known === undefined || known === type)) continue
    throw disagree(
      `field '${field}' of table '${table}' is ${type} in the cold tier and ${isTag ? 'a tag' : known} here`,
    )
  }
  const tag = cold.tags.find((name) => own?.fields.has(name))
  if (tag !== undefined) throw disagree(`'${tag}' of table '${table}' is a tag in the cold tier and a field here`)
}

function disagree(message: string): TidemarkError {
  return new TidemarkError('invalid', message, { hint: 'The cold tier is of another store; choose another prefix.' })
}

function meetsDays({ tables }: SegmentInfo, days: ReadonlyMap<string, ReadonlySet<number>>): boolean {
  for (const [table, ofTable] of days) {
    const range = tables.get(table)
    if (range === undefined) continue
    for (const day of ofTable) {
      const start = BigInt(day) * DAY_NS
      if (range.minTime < start + DAY_NS && range.maxTime >= start) return true
    }
  }
  return false
}
