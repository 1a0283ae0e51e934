import type { Clock } from '../../core/clock.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { RowBuffers } from '../../kernel/row-buffers.ts'
import type { Store } from '../../storage/store.ts'
import type { Retention } from '../retention.ts'
import type { RollupRules } from '../rollup/rollup-rules.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { Tiers } from '../tiers.ts'
import type { SeriesLimits } from './series-limits.ts'
import type { SpaceLimit } from './space-limit.ts'

/** What the writer of a store works with. */
export interface WriterOptions {
  store: Store
  kernel: Kernel
  hosts: readonly HostPort[]
  clock: Clock
  /** Of the parser's hash tables: 128 bits that nobody knows who writes. */
  seed: readonly [bigint, bigint]
  retention: Retention
  rollups: RollupRules
  tiers?: Tiers
  maxSeries?: SeriesLimits
  space?: SpaceLimit
  /** Where the memory of rows comes from and goes to. */
  buffers?: RowBuffers
}
