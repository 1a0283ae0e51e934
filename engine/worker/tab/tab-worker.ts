import { Reference } from '../../core/calls.ts'
import { systemClock } from '../../core/clock.ts'
import type { Platform, StoreLocation } from '../platform.ts'
import type { NextChunk, RestoreOptions } from '../restore-store.ts'
import type { HostPort } from '../shard/host-port.ts'
import { openInline } from '../shard/inline-shards.ts'
import type { HostPlace, TableRules } from '../shard/shard-worker.ts'
import type { FilesPort, ShardsOptions, ViewsPort } from '../shard/shards.ts'
import { movingHost } from '../transfer.ts'
import { withMethods } from './tab-forwarding.ts'
import { TabStore, type TabWriter } from './tab-store.ts'

interface TabPorts {
  host: HostPort
  writer: TabWriter
  files: FilesPort
  views: ViewsPort
}

/** What a worker of a browser offers to its page, as `ShardWorker` does elsewhere: the store, wherever among the tabs it is. */
export class TabWorker {
  readonly #platform: Platform
  #place: HostPlace | undefined
  #open: TabPorts | undefined

  constructor(platform: Platform) {
    this.#platform = platform
  }

  /** The store's host, for the page. */
  takeHost(): Reference<HostPort> {
    return new Reference(movingHost(this.#opened().host))
  }

  /** The store's writer, for the page. */
  takeWriter(): Reference<TabWriter> {
    return new Reference(this.#opened().writer)
  }

  /** The store's files, for the page. */
  takeFiles(): Reference<FilesPort> {
    return new Reference(this.#opened().files)
  }

  /** The store's views, for the page. */
  takeViews(): Reference<ViewsPort> {
    return new Reference(this.#opened().views)
  }

  /** Makes a store of a backup, whose bytes come from the page. */
  async restore(location: StoreLocation, options: RestoreOptions, next: NextChunk): Promise<void> {
    const { restoreStore } = await import('../restore-store.ts')
    await restoreStore(this.#platform, location, next, options)
  }

  async openStore(_location: StoreLocation, place: HostPlace): Promise<void> {
    this.#place = place
  }

  /** Opens the store, or finds the tab that has it open. */
  async openWriter(rules: TableRules): Promise<void> {
    if (this.#place === undefined) throw new Error('no store was named')
    const { location, cacheBytes, answerCacheBytes } = this.#place
    const options: ShardsOptions = { platform: this.#platform, location, cacheBytes, answerCacheBytes, ...rules }
    if (location.kind === 'browser') {
      this.#open = await TabStore.join(options, location.database)
      return
    }
    const { hosts, writer, files, views, watch } = await openInline({ ...options, clock: systemClock })
    const [host] = hosts
    if (host === undefined) throw new Error('a store has a host')
    this.#open = {
      host,
      files,
      views,
      writer: withMethods(writer, { watch: (listener: Parameters<typeof watch>[0]) => void watch(listener) }),
    }
  }

  #opened(): TabPorts {
    if (this.#open === undefined) throw new Error('no store was opened in this worker')
    return this.#open
  }
}
