import type { Clock } from '../../engine/core/clock.ts'
import type { ColumnRows, Producer } from '../../engine/core/rows.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import type { Store } from '../../engine/storage/store.ts'
import { type RollupRules, rollupRetention } from '../../engine/worker/rollup/rollup-rules.ts'
import type { AnswerCacheStatistics } from '../../engine/worker/shard/answer-cache.ts'
import { openInline } from '../../engine/worker/shard/inline-shards.ts'
import type { FilesPort, ViewsPort, WriterPort } from '../../engine/worker/shard/shards.ts'
import { ShardedQueryable } from '../../engine/worker/sharded-queryable.ts'
import type { Tiers } from '../../engine/worker/tiers.ts'
import type { SpaceLimit } from '../../engine/worker/write/space-limit.ts'

export interface EngineOverStore {
  queryable: ShardedQueryable
  writer: WriterPort
  files: FilesPort
  views: ViewsPort
  appendColumns(rows: ColumnRows): Promise<void>
  appendLines(text: string, producer?: Producer): Promise<{ duplicate?: true }>
  statistics(): Promise<{
    quarantined: readonly { name: string; reason: string }[]
    segments: number
    answers: AnswerCacheStatistics | undefined
  }>
  close(): Promise<void>
}

export interface OverStoreOptions {
  clock?: Clock
  retentionMs?: Readonly<Record<string, number>>
  rollups?: RollupRules
  cacheBytes?: number
  answerCacheBytes?: number
  leastKeptMs?: number
  tiers?: Tiers
  space?: SpaceLimit
}

/** The engine inline, without its query language, over a store that a test holds. */
export async function openOverStore(store: Store, options: OverStoreOptions = {}): Promise<EngineOverStore> {
  const { clock = { now: () => 0n }, rollups = {}, cacheBytes = 1 << 20, answerCacheBytes = 0 } = options
  const retentionMs = { ...options.retentionMs, ...rollupRetention(rollups) }
  const tiers = options.tiers && { tiers: options.tiers }
  const space = options.space && { space: options.space }
  const platform = {
    hasFolders: false,
    sharesMemory: false,
    loadCore,
    openStore: async () => store,
    openBlobs: async () => store.blobs,
    randomSeed: () => [1n, 2n] as const,
  }
  const shards = await openInline({
    platform,
    location: { kind: 'memory' },
    retentionMs,
    rollups,
    cacheBytes,
    answerCacheBytes,
    ...(options.leastKeptMs !== undefined && { leastKeptMs: options.leastKeptMs }),
    clock,
    ...tiers,
    ...space,
  })
  const { writer, files, views, hosts } = shards
  const queryable = new ShardedQueryable({
    hosts,
    readCatalog: async () => writer.catalog(),
    clock,
    staleWindows: async (table, width) => writer.staleWindows(table, width),
  })
  return {
    queryable,
    writer,
    files,
    views,
    appendColumns: async (rows) => {
      const { newColumns } = await writer.appendColumns(rows)
      if (newColumns) queryable.forgetCatalog()
    },
    appendLines: async (text, producer) => {
      const result = await writer.appendLines(new TextEncoder().encode(text), 'ns', producer)
      if (result.newColumns) queryable.forgetCatalog()
      return result
    },
    statistics: async () => {
      const [own, host] = await Promise.all([writer.statistics(), hosts[0]?.statistics()])
      return {
        quarantined: [...own.damaged, ...(host?.quarantined ?? [])],
        segments: own.segments,
        answers: host?.answers,
      }
    },
    close: () => shards.close(),
  }
}
