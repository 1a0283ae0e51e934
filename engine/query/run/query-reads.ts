import type { Batch } from '../../core/batch.ts'
import type { Matcher } from '../../core/matcher.ts'
import type {
  AggregatePlan,
  Catalog,
  Change,
  EncodingUse,
  LatestPlan,
  PartialAggregate,
  Queryable,
  ReaderMark,
  RowsPlan,
  TableCardinality,
  TagCardinality,
} from '../../core/plan.ts'
import type { ReadCounts } from '../../core/read-counts.ts'
import type { Tags } from '../../core/series.ts'

/** A queryable for one query: what it reads carries the query's mark. */
export class QueryReads implements Queryable {
  readonly #inner: Queryable
  readonly reader: ReaderMark
  readonly viewStates?: NonNullable<Queryable['viewStates']>
  readonly staleView?: NonNullable<Queryable['staleView']>
  readonly estimate?: NonNullable<Queryable['estimate']>
  readonly freshCatalog?: NonNullable<Queryable['freshCatalog']>

  constructor(inner: Queryable, reader: ReaderMark) {
    this.#inner = inner
    this.reader = reader
    if (inner.viewStates) this.viewStates = inner.viewStates.bind(inner)
    if (inner.freshCatalog) this.freshCatalog = inner.freshCatalog.bind(inner)
    if (inner.estimate) this.estimate = inner.estimate.bind(inner)
    if (inner.staleView) this.staleView = inner.staleView.bind(inner)
  }

  catalog(): Promise<Catalog> {
    return this.#inner.catalog()
  }

  aggregate(plan: AggregatePlan, signal?: AbortSignal): Promise<PartialAggregate> {
    return this.#inner.aggregate({ ...plan, reader: this.reader }, signal)
  }

  rows(plan: RowsPlan, signal?: AbortSignal): AsyncIterable<Batch> {
    return this.#inner.rows({ ...plan, reader: this.reader }, signal)
  }

  latest(plan: LatestPlan, signal?: AbortSignal): Promise<Batch> {
    return this.#inner.latest({ ...plan, reader: this.reader }, signal)
  }

  series(table: string, matchers: readonly Matcher[], limit: number): Promise<readonly Tags[]> {
    return this.#inner.series(table, matchers, limit)
  }

  tagValues(table: string, tag: string, limit: number): Promise<readonly string[]> {
    return this.#inner.tagValues(table, tag, limit)
  }

  tableCardinality(): Promise<readonly TableCardinality[]> {
    return this.#inner.tableCardinality()
  }

  tagCardinality(table: string): Promise<readonly TagCardinality[]> {
    return this.#inner.tagCardinality(table)
  }

  encodings(table: string): Promise<readonly EncodingUse[]> {
    return this.#inner.encodings(table)
  }

  async readCounts(readers: readonly string[]): Promise<readonly (readonly ReadCounts[])[]> {
    return (await this.#inner.readCounts?.(readers)) ?? []
  }

  watch(listener: (changes: readonly Change[]) => void): () => void {
    return this.#inner.watch(listener)
  }
}
