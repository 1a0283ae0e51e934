import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { openInline } from '../../engine/worker/shard/inline-shards.ts'
import { generator } from './block-shapes.ts'
import { randomBatch } from './random-table.ts'

/**
 * Names of the segments, which are the hashes of their bytes, that a store has after the same appends and flushes, and after
 * a compaction.
 */
export async function settledNames(loadCore: () => Promise<WebAssembly.Module>): Promise<string[]> {
  const contents = emptyMemoryContents()
  const shards = await openInline({
    platform: {
      hasFolders: false,
      sharesMemory: false,
      loadCore,
      openStore: () => openMemoryStore(contents),
      openBlobs: () => Promise.reject(new Error('one thread opens no second store')),
      randomSeed: () => [1n, 2n],
    },
    location: { kind: 'memory' },
    retentionMs: {},
    rollups: {},
    cacheBytes: 1 << 20,
    clock: { now: () => 0n },
  })
  const next = generator(20_261_122)
  const names: string[] = []
  for (let flush = 0; flush < 3; flush++) {
    for (let append = 0; append < 5; append++) {
      await shards.writer.appendColumns(randomBatch(next, 1 + (next() % 3000), 20_000).columns)
    }
    await shards.writer.flush()
    names.push(...segmentsOf(contents.blobs))
  }
  await shards.writer.compact()
  names.push(...segmentsOf(contents.blobs))
  await shards.close()
  return names
}

function segmentsOf(blobs: ReadonlyMap<string, unknown>): string[] {
  return [...blobs.keys()].filter((name) => name.endsWith('.seg')).sort()
}
