import type { AggregatePlan } from '../../core/plan.ts'
import type { TableRows } from '../../core/rows.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { Add, AnswerCache, AnswerCacheOptions, AnswerCacheStatistics, AnsweredPlan, Scan } from './answer-cache.ts'

const NONE: AnswerCacheStatistics = { bytes: 0, plans: 0, reused: 0, partly: 0, read: 0 }

/** The cache of answers of a host, which is loaded when the first one is asked for. */
export class KeptAnswers {
  readonly #options: AnswerCacheOptions
  #cache: AnswerCache | undefined

  constructor(options: AnswerCacheOptions) {
    this.#options = options
  }

  get statistics(): AnswerCacheStatistics {
    return this.#cache?.statistics ?? NONE
  }

  touch(table: string, range: TimeRange): void {
    this.#cache?.touch(table, range)
  }

  move(table: string, range: TimeRange): void {
    this.#cache?.move(table, range)
  }

  append(rows: TableRows): void {
    this.#cache?.append(rows)
  }

  clear(): void {
    this.#cache?.clear()
  }

  async aggregate(plan: AggregatePlan, scan: Scan, add: Add): Promise<AnsweredPlan> {
    if (this.#cache === undefined) {
      const { AnswerCache } = await import('./answer-cache.ts')
      this.#cache ??= new AnswerCache(this.#options)
    }
    return this.#cache.aggregate(plan, scan, add)
  }
}
