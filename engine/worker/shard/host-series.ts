import type { Tags } from '../../core/series.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { RowGroup, SeriesRows } from '../../scan/row-group.ts'

/** What a host holds of one series. Its tags are looked up when they are asked for. */
export class HostSeries implements SeriesRows {
  readonly ref: number
  readonly groups: readonly RowGroup[]
  readonly #index: SeriesIndex

  constructor(index: SeriesIndex, ref: number, groups: readonly RowGroup[]) {
    this.#index = index
    this.ref = ref
    this.groups = groups
  }

  get tags(): Tags {
    return this.#index.tags(this.ref)
  }
}
