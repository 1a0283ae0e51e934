import type { Clock } from '../../core/clock.ts'
import { openTurns } from '../../core/next-turn.ts'
import { provideCore } from '../../function/elementary.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { retentionOf } from '../retention.ts'
import { StoreFiles } from '../store-files.ts'
import { Writer } from '../write/writer.ts'
import { ShardHost } from './shard-host.ts'
import { rulesOf, type Shards, type ShardsOptions } from './shards.ts'

/** Opens a store with everything in this thread. */
export async function openInline(options: ShardsOptions & { clock: Clock; leastKeptMs?: number }): Promise<Shards> {
  const { platform, location, retentionMs, cacheBytes, answerCacheBytes = 0, clock, leastKeptMs } = options
  provideCore(platform.loadCore)
  const kernel = await Kernel.create(await platform.loadCore())
  const store = await platform.openStore(location, { checksum: (bytes) => kernel.checksum(bytes) })
  try {
    const host = new ShardHost({
      blobs: store.blobs,
      kernel,
      number: 0,
      hosts: 1,
      cacheBytes,
      answerCacheBytes,
      ...(leastKeptMs !== undefined && { leastKeptMs }),
    })
    const hosts = [host]
    const rules = { retention: retentionOf(retentionMs), ...rulesOf(options) }
    const writer = await Writer.open({ store, kernel, hosts, clock, seed: platform.randomSeed(), ...rules })
    return {
      hosts,
      writer,
      files: new StoreFiles(writer, store.blobs, kernel),
      views: writer.views,
      watch: async (listener) => writer.watch(listener),
      moving: (value) => value,
      turn: openTurns(),
      close: () => writer.close(),
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
