import { mergePartials } from '../aggregate/merge.ts'
import { StateBudget } from '../aggregate/state-budget.ts'
import { emptyStates, wholeOfTime } from '../aggregate/stateful.ts'
import { createStates, giveUpPartial, stateType } from '../aggregate/states.ts'
import { type Batch, type FieldType, valueAt } from '../core/batch.ts'
import { checkSignal, untilAborted } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import { expressionType } from '../core/expression.ts'
import type { Matcher } from '../core/matcher.ts'
import type {
  AggregatePlan,
  Catalog,
  Change,
  EncodingUse,
  LatestPlan,
  PartialAggregate,
  Queryable,
  RowsPlan,
  ScanEstimate,
  Selection,
  SubPlan,
  TableCardinality,
  TableInfo,
  TagCardinality,
} from '../core/plan.ts'
import { noCounts, type ReadCounts } from '../core/read-counts.ts'
import { canonicalTags, compareTags, compareTexts, compareUtf8, type Tags } from '../core/series.ts'
import { MAX_TIME, MIN_TIME } from '../core/time.ts'
import type { ViewState } from '../core/view.ts'
import type { TimeRange } from '../scan/row-group.ts'
import { mergeTables, mergeTags } from './merge-cardinality.ts'
import { gatherRows, mergeRows } from './merge-rows.ts'
import { fittingWidth, type Piece, planPieces } from './rollup/rollup-pieces.ts'
import { widthsOf } from './rollup/rollup-rules.ts'
import type { HostPort } from './shard/host-port.ts'
import type { RowsPage } from './shard/shard-shares.ts'
import type { ViewsPort } from './shard/shards.ts'

const NS_PER_MS = 1_000_000n

export interface ShardedOptions {
  hosts: readonly HostPort[]
  readCatalog(): Promise<Catalog>
  clock: Clock
  /** Windows of a rollup that no longer agree with the rows. */
  staleWindows?(table: string, width: bigint): Promise<readonly TimeRange[]>
  views?: Pick<ViewsPort, 'states' | 'stale'>
}

/** The shards of one store, wherever their hosts run, as one queryable. */
export class ShardedQueryable implements Queryable {
  readonly #hosts: readonly HostPort[]
  readonly #readCatalog: () => Promise<Catalog>
  readonly #clock: Clock
  readonly #staleWindows: ShardedOptions['staleWindows']
  readonly #views: ShardedOptions['views']
  readonly #listeners = new Set<(changes: readonly Change[]) => void>()
  #catalog: Promise<Catalog> | undefined
  /** Of the catalog, by name. */
  #tables: Promise<ReadonlyMap<string, TableInfo>> | undefined

  constructor(options: ShardedOptions) {
    this.#hosts = options.hosts
    this.#readCatalog = options.readCatalog
    this.#clock = options.clock
    this.#staleWindows = options.staleWindows
    this.#views = options.views
  }

  catalog(): Promise<Catalog> {
    this.#catalog ??= this.#readCatalog()
    return this.#catalog
  }

  async freshCatalog(): Promise<Catalog> {
    const [kept, now] = await Promise.all([this.catalog(), this.#readCatalog()])
    // A catalog is plain data, in an order of its own.
    if (JSON.stringify(kept) === JSON.stringify(now)) return kept
    this.forgetCatalog()
    return this.catalog()
  }

  async aggregate(plan: AggregatePlan, signal?: AbortSignal): Promise<PartialAggregate> {
    const table = await this.#table(plan.table)
    const pieces = await this.#pieces(plan, table)
    const asked = plan.asked ?? { start: plan.start, end: plan.end }
    const ofPieces = await Promise.all(
      pieces.map((piece) => this.#aggregatePiece(this.#withinRetention({ ...plan, ...piece, asked }, table), signal)),
    )
    checkSignal(signal)
    const partials = ofPieces.flat()
    if (partials.length === 0) return noCells(plan)
    // One window is stamped with the start of what was asked for, of which a piece may be the rest.
    if (plan.window === undefined) for (const { cellWindow } of partials) cellWindow.fill(plan.start)
    const merged = mergePartials(partials, plan.accumulators)
    for (const partial of partials) if (partial !== merged) giveUpPartial(partial)
    return merged
  }

  async *rows(plan: RowsPlan, signal?: AbortSignal): AsyncGenerator<Batch> {
    const table = await this.#table(plan.table)
    const types = fieldTypes(table)
    const unexpired = this.#withoutExpired(plan, table)
    const [only] = this.#hosts
    if (only && this.#hosts.length === 1) {
      yield* readRows(only, unexpired, { types, signal })
      return
    }
    const tags = table?.tags ?? []
    const whole = { ...unexpired, tags }
    const merged = mergeRows(
      this.#hosts.map((host) => readRows(host, whole, { types, signal })),
      { order: plan.order, tags: tags.length },
    )
    let left = plan.limit ?? Number.POSITIVE_INFINITY
    for await (const batch of merged) {
      const kept =
        batch.rows <= left
          ? batch
          : gatherRows(
              [batch],
              Uint32Array.from({ length: left }, (_, i) => i),
            )
      left -= kept.rows
      yield chooseTags(kept, tags, plan.tags)
      if (left === 0) return
    }
  }

  async latest(plan: LatestPlan, signal?: AbortSignal): Promise<Batch> {
    const table = await this.#table(plan.table)
    const types = fieldTypes(table)
    const unexpired = this.#withoutExpired(plan, table)
    const [only] = this.#hosts
    const ask = (host: HostPort, wanted: LatestPlan): Promise<Batch> =>
      askHost(host, () => host.latest(wanted, types), { plan, signal })
    if (only && this.#hosts.length === 1) return ask(only, unexpired)
    const tags = table?.tags ?? []
    const whole = { ...unexpired, tags }
    const batches = await Promise.all(this.#hosts.map((host) => ask(host, whole)))
    checkSignal(signal)
    return chooseTags(newestOfPartitions(batches, tags, plan.by), tags, plan.tags)
  }

  async series(table: string, matchers: readonly Matcher[], limit: number): Promise<readonly Tags[]> {
    const found = await Promise.all(this.#hosts.map((host) => host.series(table, matchers, limit)))
    return found.flat().sort(compareTags).slice(0, limit)
  }

  async tagValues(table: string, tag: string, limit: number): Promise<readonly string[]> {
    const found = await Promise.all(this.#hosts.map((host) => host.tagValues(table, tag, limit)))
    return [...new Set(found.flat())].sort(compareUtf8).slice(0, limit)
  }

  async tableCardinality(): Promise<readonly TableCardinality[]> {
    const found = (await Promise.all(this.#hosts.map((host) => host.tableCardinality()))).flat()
    return mergeTables(found)
  }

  async tagCardinality(table: string): Promise<readonly TagCardinality[]> {
    return mergeTags((await Promise.all(this.#hosts.map((host) => host.tagCardinality(table)))).flat())
  }

  async encodings(table: string): Promise<readonly EncodingUse[]> {
    const { mergeUses } = await import('./shard/encoding-uses.ts')
    return mergeUses((await Promise.all(this.#hosts.map((host) => host.encodings(table)))).flat())
  }

  async readCounts(readers: readonly string[]): Promise<readonly (readonly ReadCounts[])[]> {
    const ofHosts = await Promise.all(this.#hosts.map((host) => host.readCounts(readers)))
    return readers.map((_, reader) => ofHosts.map((counts) => counts[reader] ?? noCounts()))
  }

  async estimate(plans: readonly SubPlan[]): Promise<readonly ScanEstimate[]> {
    const { mergeEstimates } = await import('./merge-estimates.ts')
    const unexpired = await Promise.all(
      plans.map(async (plan) => this.#withoutExpired(plan, await this.#table(plan.table))),
    )
    const ofHosts = await Promise.all(this.#hosts.map((host) => host.estimate(unexpired)))
    return plans.map((_, at) => mergeEstimates(ofHosts.flatMap((estimates) => estimates[at] ?? [])))
  }

  async viewStates(): Promise<readonly ViewState[]> {
    return (await this.#views?.states()) ?? []
  }

  async staleView(name: string): Promise<readonly TimeRange[]> {
    return (await this.#views?.stale(name)) ?? [{ start: MIN_TIME, end: MAX_TIME }]
  }

  watch(listener: (changes: readonly Change[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Rows have become visible. */
  changed(changes: readonly Change[]): void {
    for (const listener of this.#listeners) listener(changes)
  }

  /** A table, a column or a rule is new. */
  forgetCatalog(): void {
    this.#catalog = undefined
    this.#tables = undefined
  }

  /** Looks no further back than there are rows that have not expired. */
  #withinRetention(plan: AggregatePlan, table: TableInfo | undefined): AggregatePlan {
    return plan.lookBack === undefined ? plan : { ...plan, rowsFrom: this.#expiry(table?.retentionMs) }
  }

  /** In the order of the shards, which decides the last bits of sums. */
  async #aggregatePiece(plan: AggregatePlan, signal: AbortSignal | undefined): Promise<PartialAggregate[]> {
    const asked = this.#hosts.map((host) => askHost(host, () => host.aggregate(plan), { plan, signal }))
    const partials = (await Promise.all(asked)).flat()
    return partials.sort((a, b) => a.shard - b.shard).map(({ partial }) => partial)
  }

  /** Where the answer comes from: rows that have not expired, and windows of rollups where those say the same. */
  async #pieces(plan: AggregatePlan, table: TableInfo | undefined): Promise<readonly Piece[]> {
    const rowsFrom = this.#expiry(table?.retentionMs)
    const rollups = table?.rollups ?? []
    const width = fittingWidth(plan, widthsOf(rollups))
    if (width === undefined || this.#staleWindows === undefined) {
      return [{ start: rowsFrom > plan.start ? rowsFrom : plan.start, end: plan.end }]
    }
    const stale = await this.#staleWindows(plan.table, width)
    const windowsFrom = this.#expiry(rollups.find(({ everyMs }) => BigInt(everyMs) * NS_PER_MS === width)?.keepMs)
    return planPieces(plan, { width, stale, rowsFrom, windowsFrom })
  }

  /** What is kept for so long has expired before this time. */
  #expiry(keptMs: number | undefined): bigint {
    return keptMs === undefined ? MIN_TIME : this.#clock.now() - BigInt(keptMs) * NS_PER_MS
  }

  /** The plan without the times of which rows have expired. */
  #withoutExpired<P extends Selection>(plan: P, table: TableInfo | undefined): P {
    const expiry = this.#expiry(table?.retentionMs)
    return expiry <= plan.start ? plan : { ...plan, start: expiry }
  }

  async #table(name: string): Promise<TableInfo | undefined> {
    this.#tables ??= this.catalog().then(({ tables }) => new Map(tables.map((table) => [table.name, table])))
    return (await this.#tables).get(name)
  }
}

function fieldTypes(table: TableInfo | undefined): Map<string, FieldType> {
  return new Map(table?.fields.map(({ name, type }) => [name, type]))
}

interface ReadOptions {
  types: ReadonlyMap<string, FieldType>
  signal: AbortSignal | undefined
}

async function* readRows(host: HostPort, plan: RowsPlan, { types, signal }: ReadOptions): AsyncGenerator<Batch> {
  checkSignal(signal)
  const opening = Promise.resolve(host.openRows(plan, types))
  let open: number | undefined
  try {
    let { batch, cursor } = await askHost(host, () => opening, { plan, signal })
    for (;;) {
      open = cursor
      checkSignal(signal)
      if (batch) yield batch
      if (cursor === undefined) return
      const from = cursor
      ;({ batch, cursor } = await askHost(host, () => host.nextRows(from), { plan, signal }))
    }
  } catch (error) {
    if (open === undefined) closeOnceOpen(host, opening)
    throw error
  } finally {
    if (open !== undefined) await host.closeRows(open)
  }
}

/** Nobody waits for these rows any more. */
function closeOnceOpen(host: HostPort, opening: Promise<RowsPage>): void {
  opening
    .then(({ cursor }) => (cursor === undefined ? undefined : host.closeRows(cursor)))
    // Where it fails, there is nothing to close.
    .catch(() => undefined)
}

interface HostQuestion {
  plan: Selection
  signal: AbortSignal | undefined
}

/** What a host answers; it is told where nobody waits for that any more. */
function askHost<T>(host: HostPort, ask: () => Promise<T> | T, { plan, signal }: HostQuestion): Promise<T> {
  return untilAborted(ask(), signal, () => {
    if (plan.reader === undefined) return
    // The error of a thread that failed comes with the answers that are waited for.
    Promise.resolve(host.cancelRead(plan.reader.id)).catch(() => undefined)
  })
}

function noCells({ inputs, accumulators }: AggregatePlan): PartialAggregate {
  const place = { budget: new StateBudget(), windowOf: wholeOfTime }
  return {
    ...(accumulators && { accumulated: accumulators.map((input) => emptyStates(input, place, 0)) }),
    groups: [],
    cellGroup: new Uint32Array(0),
    cellWindow: new BigInt64Array(0),
    rows: new Float64Array(0),
    inputs: inputs.map(({ expression, measures }) =>
      createStates(expression ? stateType(expressionType(expression)) : 'i64', measures, 0),
    ),
  }
}

/** A batch with some of its tags, in another order; its columns are `time`, `all` tags, then fields. */
function chooseTags(batch: Batch, all: readonly string[], chosen: readonly string[]): Batch {
  const [time, ...rest] = batch.columns
  if (time === undefined) return batch
  const tags = chosen.flatMap((name) => rest[all.indexOf(name)] ?? [])
  return { rows: batch.rows, columns: [time, ...tags, ...rest.slice(all.length)] }
}

/** Of rows of several hosts the newest of each partition; of one time, that of the later series. */
function newestOfPartitions(batches: readonly Batch[], tags: readonly string[], by: readonly string[]): Batch {
  const newest = new Map<string, { place: number; time: bigint; tags: Tags; values: string[] }>()
  let offset = 0
  for (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      const texts = tags.map((_, i) => String(valueAt(batch.columns[1 + i] as Batch['columns'][number], row) ?? ''))
      const values = by.map((name) => texts[tags.indexOf(name)] ?? '')
      const found = {
        place: offset + row,
        time: batch.columns[0]?.values[row] as bigint, // the first column is the times
        tags: canonicalTags(tags.map((name, i) => [name, texts[i] ?? ''])),
        values,
      }
      const key = JSON.stringify(values)
      const known = newest.get(key)
      const isNewer = known === undefined || found.time > known.time
      if (isNewer || (found.time === known.time && compareTags(found.tags, known.tags) > 0)) newest.set(key, found)
    }
    offset += batch.rows
  }
  const ordered = [...newest.values()].sort((a, b) => compareTexts(a.values, b.values))
  return gatherRows(
    batches,
    Uint32Array.from(ordered, ({ place }) => place),
  )
}
