import { moving, type Remote, remote } from '../../core/calls.ts'
import { provideCore } from '../../function/elementary.ts'
import { RowBuffers } from '../../kernel/row-buffers.ts'
import { Faults } from '../faults.ts'
import type { Platform, StoreLocation, Thread } from '../platform.ts'
import type { RollupRules } from '../rollup/rollup-rules.ts'
import type { StoreFiles } from '../store-files.ts'
import { withMethods } from '../tab/tab-forwarding.ts'
import { ThreadFailure } from '../thread-failure.ts'
import type { Tiers } from '../tiers.ts'
import type { StoreViews } from '../view/store-views.ts'
import type { SeriesLimits } from '../write/series-limits.ts'
import type { SpaceLimit } from '../write/space-limit.ts'
import type { WriteListener } from '../write/write-result.ts'
import type { Writer } from '../write/writer.ts'
import type { HostPort } from './host-port.ts'
import type { ShardWorker, TableRules } from './shard-worker.ts'

type Answer<T> = T extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Awaited<Result>> | Awaited<Result>
  : never

/** The writer of a store, in this thread or in another one. */
export type WriterPort = {
  [K in
    | 'appendLines'
    | 'appendColumns'
    | 'appendResolved'
    | 'delete'
    | 'changeTable'
    | 'defineView'
    | 'catalog'
    | 'staleWindows'
    | 'statistics'
    | 'flush'
    | 'compact'
    | 'moveToCold'
    | 'close']: Answer<Writer[K]>
}

/** The files of a store, in the thread of its writer. */
export type FilesPort = {
  [K in 'openBackup' | 'nextChunk' | 'closeBackup' | 'addRejected' | 'rejectedRows' | 'close']: Answer<StoreFiles[K]>
}

/** The views of a store, in the thread of its writer. */
export type ViewsPort = {
  [K in 'take' | 'write' | 'finished' | 'failed' | 'states' | 'stale']: Answer<StoreViews[K]>
}

/** An open store: its hosts, its writer, its files and its views. */
export interface Shards {
  hosts: readonly HostPort[]
  writer: WriterPort
  files: FilesPort
  views: ViewsPort
  watch(listener: WriteListener): Promise<void>
  /** Moves bytes to the writer's thread rather than copying them, where it has one. */
  moving<T>(value: T, buffers: ArrayBuffer[]): T
  /** Where all is in the caller's thread: to be awaited before a query, so that one after the other leaves turns to files and timers. */
  turn?(): Promise<void> | undefined
  close(): Promise<void>
}

export interface ShardsOptions {
  platform: Platform
  location: StoreLocation
  retentionMs: Readonly<Record<string, number>>
  rollups: RollupRules
  tiers?: Tiers
  maxSeries?: SeriesLimits
  space?: SpaceLimit
  /** Bytes of blocks that all hosts together keep in memory. */
  cacheBytes: number
  /** Bytes of the states of answers that they keep; default 0. */
  answerCacheBytes?: number
}

/** The rules that go to the writer as they are. */
export function rulesOf({ rollups, tiers, maxSeries, space }: ShardsOptions): Omit<TableRules, 'retentionMs'> {
  return { rollups, ...(tiers && { tiers }), ...(maxSeries && { maxSeries }), ...(space && { space }) }
}

/**
 * The writer in the first thread and a host in each of the others, so that neither waits for the other's work; both in the one
 * thread where there is one.
 */
export async function openThreads(options: ShardsOptions, threads: readonly Thread[]): Promise<Shards> {
  provideCore(options.platform.loadCore)
  const failure = new ThreadFailure(threads)
  const workers = threads.map(({ endpoint }) => remote<ShardWorker>(endpoint))
  const [first, ...others] = workers
  if (first === undefined) throw new Error('there is no thread')
  const { location, retentionMs } = options
  const holders = others.length === 0 ? [first] : others
  const cacheBytes = options.cacheBytes / holders.length
  const answerCacheBytes = (options.answerCacheBytes ?? 0) / holders.length
  const place = (number: number) => ({ location, number, hosts: holders.length, cacheBytes, answerCacheBytes })
  try {
    await failure.guard(first.openStore(location, others.length === 0 ? place(0) : undefined))
    const ports = await Promise.all(others.map((worker, i) => failure.guard(openOther(worker, place(i)))))
    await failure.guard(first.openWriter({ retentionMs, ...rulesOf(options) }, moving(ports, ports)))
  } catch (error) {
    failure.end()
    throw error
  }
  const hosts = await Promise.all(holders.map((worker) => failure.guard(worker.takeHost())))
  const ownWriter = await failure.guard(first.takeWriter())
  const writer = failure.guarded<WriterPort>(ownWriter)
  const files = failure.guarded<FilesPort>(await failure.guard(first.takeFiles()))
  const views = failure.guarded<ViewsPort>(await failure.guard(first.takeViews()))
  return {
    hosts: hosts.map((host) => failure.guarded<HostPort>(host)),
    writer: location.kind === 'browser' ? writer : await packingRows(writer, options),
    files,
    views,
    watch: (listener) => failure.guard(ownWriter.watch(listener)),
    moving: moving,
    close: async () => {
      try {
        await writer.close()
      } finally {
        failure.end()
      }
    },
  }
}

/** Columns become groups or rows of series here, so that neither tags nor their texts go to the thread; text goes through memory that is shared, where it can be. */
async function packingRows(writer: WriterPort, { platform, maxSeries }: ShardsOptions): Promise<WriterPort> {
  const [{ columnsToThread, linesToThread }, { CallerGroups }] = await Promise.all([
    import('./moved-rows.ts'),
    import('./caller-groups.ts'),
  ])
  const { sharesMemory, loadCore } = platform
  const buffers = new RowBuffers(sharesMemory)
  // Under a limit of series the writer may have to refuse rows one by one.
  const faults = new Faults()
  const groups = maxSeries === undefined ? new CallerGroups(loadCore, faults) : undefined
  const appendColumns = columnsToThread(writer, buffers, groups)
  const statistics: WriterPort['statistics'] = async () => {
    const own = await writer.statistics()
    return { ...own, damaged: [...own.damaged, ...faults.list] }
  }
  if (!sharesMemory) return withMethods(writer, { appendColumns, statistics })
  return withMethods(writer, {
    appendColumns,
    statistics,
    appendLines: linesToThread((...args) => writer.appendLines(...args), buffers),
  })
}

async function openOther(
  worker: Remote<ShardWorker>,
  place: Parameters<ShardWorker['openHost']>[0],
): Promise<MessagePort> {
  await worker.openHost(place)
  const { port1, port2 } = new MessageChannel()
  await worker.shareHost(moving(port1, [port1]))
  return port2
}
