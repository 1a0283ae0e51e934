import type { TableChange, TableDefinition } from '../../core/definition.ts'
import { parseRollupTable, rollupTable } from '../../core/rollup.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { type DefinitionRecord, encodeDefinition } from '../../storage/definition.ts'
import type { LogStore } from '../../storage/store.ts'
import { encodeDelete, type Tombstone } from '../../storage/tombstone.ts'
import type { ColdMover } from '../cold/cold-mover.ts'
import type { RollupRefresh } from '../rollup/rollup-refresh.ts'
import type { Rollups } from '../rollup/rollups.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { Views } from '../view/views.ts'
import { type AppendQueue, LARGE_BYTES } from './append-queue.ts'
import type { CommitOrder } from './commit-order.ts'
import type { Deletes } from './deletes.ts'
import type { RowIntake } from './row-intake.ts'
import type { RulesInForce } from './rules-in-force.ts'
import type { StoreDefinitions } from './store-definitions.ts'

export interface DefinitionChangesParts {
  definitions: StoreDefinitions
  rules: RulesInForce
  rollups: Rollups
  refresh: RollupRefresh
  deletes: Deletes
  hosts: readonly HostPort[]
  queue: Pick<AppendQueue, 'run'>
  log: LogStore
  order: CommitOrder
  intake: RowIntake
  /** Writes rows in memory to segments and shortens the log. */
  flushHeads(): Promise<void>
  views: Views
  cold(): ColdMover | undefined
}

/** Changes what is defined, each time by one record of the log, in a turn of its own among the appends. */
export class DefinitionChanges {
  readonly #parts: DefinitionChangesParts

  constructor(parts: DefinitionChangesParts) {
    this.#parts = parts
  }

  /**
   * Drops a table: deletes its rows and windows, then frees its name. Between the two the rows in memory are written, so that
   * none of its columns, which may come back with other types, is in a head or in the log any more.
   */
  async #dropTable(name: string): Promise<boolean> {
    const drop = (): Promise<boolean> => this.#dropHere(name)
    const cold = this.#parts.cold()
    return cold ? cold.dropTable(name, { hide: () => this.#inTurn(() => this.#clear(name)), drop }) : drop()
  }

  async #dropHere(name: string): Promise<boolean> {
    const { intake, definitions, flushHeads } = this.#parts
    // So that little is left to be written while appends wait.
    await flushHeads()
    return this.#inTurn(async () => {
      if (intake.columns.of(name) === undefined && definitions.table(name) === undefined) return false
      await this.#clear(name)
      await flushHeads()
      await this.#define({ kind: 'table', name })
      return true
    })
  }

  /** Changes a table; resolves once that is durable and in force, with whether there was anything to change. Throws `invalid`. */
  async changeTable(name: string, change: TableChange): Promise<boolean> {
    if (change.kind === 'drop') return this.#dropTable(name)
    const { changedDefinition } = await import('./table-change.ts')
    return this.#inTurn(async () => {
      const { definitions, intake } = this.#parts
      const known = { name, definition: definitions.table(name), columns: intake.columns.of(name) }
      const definition = changedDefinition(known, change)
      if (definition === known.definition) return false
      await this.#define({ kind: 'table', name, ...(definition && { definition }) })
      return true
    })
  }

  /** Defines a view, or gives its name free. Throws `quota` where there are too many. */
  async defineView(name: string, definition: string | undefined): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#parts.definitions.view(name) === definition) return
      await this.#define({ kind: 'view', name, ...(definition !== undefined && { definition }) })
    })
  }

  /** Brings into force what a record of the log says. Nothing else is under way. */
  async apply(defined: DefinitionRecord): Promise<void> {
    const { definitions, rules, rollups, intake, views } = this.#parts
    const before = rules.widths(defined.name)
    definitions.set(defined)
    if (defined.kind === 'view') return views.define(defined.name, defined.definition)
    const { name, definition } = defined
    rules.changed(name)
    const after = rules.widths(name)
    for (const width of before) if (!after.includes(width)) rollups.forget(name, width)
    if (definition) declareColumns(name, definition, intake)
    else this.#forgetTable(name)
    const added = after.filter((width) => !before.includes(width))
    if (added.length > 0) for (const range of await this.#bounds(name)) rollups.touch(name, range, added)
  }

  #forgetTable(name: string): void {
    const { intake, rollups, rules } = this.#parts
    for (const width of rules.widths(name)) rollups.forget(name, width)
    const { tables } = intake.catalog()
    const windows = tables.filter((table) => parseRollupTable(table.name)?.table === name)
    intake.columns.forgetTables([name, ...windows.map((table) => table.name)])
  }

  #log(record: Uint8Array, apply: () => Promise<void>): Promise<void> {
    const { log, order } = this.#parts
    return order.applyAlone(log.append(record), apply)
  }

  /** Logs a definition, and brings it into force when it is durable and the rows of all records before it are visible. */
  async #define(defined: DefinitionRecord): Promise<void> {
    const { definitions, rules } = this.#parts
    definitions.checkRoom(defined)
    const widthsBefore = rules.widths(defined.name)
    // Rows that an earlier rule has left say nothing of what changed while there was none.
    if (defined.kind === 'table')
      for (const width of newWidths(defined, widthsBefore)) await this.#clear(rollupTable(defined.name, width))
    await this.#log(encodeDefinition(defined), () => this.apply(defined))
    if (defined.definition === undefined || defined.kind === 'view') return
    const after = rules.widths(defined.name)
    for (const width of widthsBefore) if (!after.includes(width)) await this.#clear(rollupTable(defined.name, width))
  }

  /** Deletes all rows of a table, where there is one. */
  async #clear(table: string): Promise<void> {
    const { deletes, intake } = this.#parts
    if (intake.columns.of(table) === undefined) return
    const tombstone = deletes.number({ table, matchers: [], start: MIN_TIME, end: MAX_TIME })
    await this.#log(encodeDelete(tombstone), () => this.#hide(tombstone))
  }

  async #hide(tombstone: Tombstone): Promise<void> {
    await this.#parts.deletes.apply(tombstone, this.#parts.intake.catalog().tables, {
      rows: () => undefined,
      windows: () => undefined,
    })
  }

  /** Times between which a table has rows, of each host. */
  async #bounds(table: string): Promise<TimeRange[]> {
    const found = await Promise.all(this.#parts.hosts.map((host) => host.bounds(table)))
    return found.filter((range) => range !== undefined)
  }

  /** A turn of the large ones begins when none of them pauses: no rows are half ready. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const { queue, refresh } = this.#parts
    return refresh.without(() =>
      queue.run(LARGE_BYTES, async () => ({ answer: await change(), done: Promise.resolve() })),
    )
  }
}

function declareColumns(table: string, { tags, fields }: TableDefinition, intake: RowIntake): void {
  for (const tag of tags) intake.columns.addTag(table, tag)
  intake.columns.addFields(table, fields)
}

/** Widths of a definition's rollups that are kept from now on only. */
function newWidths({ definition }: Extract<DefinitionRecord, { kind: 'table' }>, before: readonly bigint[]): bigint[] {
  return (definition?.rollups ?? [])
    .map(({ everyMs }) => BigInt(everyMs) * 1_000_000n)
    .filter((width) => !before.includes(width))
}
