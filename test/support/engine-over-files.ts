import { systemClock } from '../../engine/core/clock.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import { nodePlatform } from '../../engine/worker/node-platform.ts'
import { spawnNodeThread } from '../../engine/worker/node-thread.ts'
import type { Platform } from '../../engine/worker/platform.ts'
import { openInline } from '../../engine/worker/shard/inline-shards.ts'
import { openThreads, type ViewsPort, type WriterPort } from '../../engine/worker/shard/shards.ts'
import { ShardedQueryable } from '../../engine/worker/sharded-queryable.ts'
import type { WriteResult } from '../../engine/worker/write/write-result.ts'

export interface EngineOverFiles {
  queryable: ShardedQueryable
  writer: WriterPort
  views: ViewsPort
  appendColumns(rows: ColumnRows): Promise<WriteResult>
  close(): Promise<void>
}

/** The engine over a folder, inline or with real worker threads, without its query language. */
export async function openOverFiles(
  directory: string,
  workers: number,
  platform: Platform = nodePlatform,
): Promise<EngineOverFiles> {
  const location = { kind: 'files', directory } as const
  const options = { platform, location, retentionMs: {}, rollups: {}, cacheBytes: 1 << 22 }
  const shards =
    workers === 0
      ? await openInline({ ...options, clock: systemClock })
      : await openThreads(options, Array.from({ length: workers + 1 }, spawnNodeThread))
  const { writer, hosts, views } = shards
  const readCatalog = async () => writer.catalog()
  const queryable = new ShardedQueryable({ hosts, readCatalog, clock: systemClock, views })
  return {
    queryable,
    writer,
    views,
    appendColumns: async (rows) => {
      const result = await writer.appendColumns(rows)
      if (result.newColumns) queryable.forgetCatalog()
      return result
    },
    close: () => shards.close(),
  }
}
