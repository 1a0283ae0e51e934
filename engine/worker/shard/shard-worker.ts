import { Reference } from '../../core/calls.ts'
import { systemClock } from '../../core/clock.ts'
import { provideCore } from '../../function/elementary.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { RowBuffers } from '../../kernel/row-buffers.ts'
import type { BlobStore, Store } from '../../storage/store.ts'
import type { Platform, StoreLocation } from '../platform.ts'
import type { NextChunk, RestoreOptions } from '../restore-store.ts'
import { retentionOf } from '../retention.ts'
import type { RollupRules } from '../rollup/rollup-rules.ts'
import { StoreFiles } from '../store-files.ts'
import type { Tiers } from '../tiers.ts'
import { movingHost } from '../transfer.ts'
import type { StoreViews } from '../view/store-views.ts'
import type { SeriesLimits } from '../write/series-limits.ts'
import type { SpaceLimit } from '../write/space-limit.ts'
import { Writer } from '../write/writer.ts'
import type { HostPort } from './host-port.ts'
import { hostOfThread, writerForThread } from './moved-rows.ts'
import { ShardHost } from './shard-host.ts'

export interface HostPlace {
  location: StoreLocation
  number: number
  hosts: number
  cacheBytes: number
  answerCacheBytes: number
}

/** How long tables are kept, and the windows that are kept of them. */
export interface TableRules {
  retentionMs: Readonly<Record<string, number>>
  rollups: RollupRules
  tiers?: Tiers
  maxSeries?: SeriesLimits
  space?: SpaceLimit
}

/** How hosts of other workers are reached; ports differ between Node and browsers. */
export interface PortAccess {
  wrap(port: MessagePort): HostPort
  share(host: HostPort, port: MessagePort): void
}

/** What a worker thread offers: the store's writer in the first one, a host of shards in the others; both where there is one. */
export class ShardWorker {
  readonly #platform: Platform
  readonly #wrap: PortAccess['wrap']
  readonly #share: PortAccess['share']
  #own: { store: Store; kernel: Kernel; host: ShardHost | undefined } | undefined
  readonly #buffers: RowBuffers
  #host: HostPort | undefined
  #writer: Writer | undefined
  #files: StoreFiles | undefined

  constructor(platform: Platform, ports: PortAccess) {
    this.#platform = platform
    this.#buffers = new RowBuffers(platform.sharesMemory)
    provideCore(platform.loadCore)
    this.#wrap = ports.wrap
    this.#share = ports.share
  }

  /** This worker's host, for the thread that asks. */
  takeHost(): Reference<HostPort> {
    return new Reference(this.#openedHost())
  }

  /** The store's writer, for the thread that asks. */
  takeWriter(): Reference<Writer> {
    if (this.#writer === undefined) throw new Error('no writer was opened in this worker')
    return new Reference(writerForThread(this.#writer, this.#buffers))
  }

  /** The store's files, for the thread that asks. */
  takeFiles(): Reference<StoreFiles> {
    if (this.#files === undefined) throw new Error('no store was opened in this worker')
    return new Reference(this.#files)
  }

  /** The store's views, for the thread that asks. */
  takeViews(): Reference<StoreViews> {
    if (this.#writer === undefined) throw new Error('no writer was opened in this worker')
    return new Reference(this.#writer.views)
  }

  /** Makes a store of a backup, whose bytes come from the thread that asks. */
  async restore(location: StoreLocation, options: RestoreOptions, next: NextChunk): Promise<void> {
    const { restoreStore } = await import('../restore-store.ts')
    await restoreStore(this.#platform, location, next, options)
  }

  /** Opens a host over the segments of a store that the first worker has open. */
  async openHost(place: HostPlace): Promise<void> {
    const kernel = await Kernel.create(await this.#platform.loadCore())
    this.#host = movingHost(openHost(await this.#platform.openBlobs(place.location), kernel, place))
  }

  /** Opens the store, and a host in this worker where a place is given. */
  async openStore(location: StoreLocation, place?: HostPlace): Promise<void> {
    const kernel = await Kernel.create(await this.#platform.loadCore())
    const store = await this.#platform.openStore(location, { checksum: (bytes) => kernel.checksum(bytes) })
    const host = place && openHost(store.blobs, kernel, place)
    this.#own = { store, kernel, host }
    if (host) this.#host = movingHost(host)
  }

  /** Opens the writer of the store over this worker's host and those behind the ports; gives the store back where it fails. */
  async openWriter({ retentionMs, ...rules }: TableRules, ports: readonly MessagePort[]): Promise<void> {
    if (this.#own === undefined) throw new Error('no store was opened in this worker')
    const { store, kernel, host } = this.#own
    const apart = ports.map((port) => hostOfThread(this.#wrap(port), this.#buffers))
    const hosts: HostPort[] = host ? [host, ...apart] : apart
    try {
      this.#writer = await Writer.open({
        store,
        kernel,
        hosts,
        clock: systemClock,
        seed: this.#platform.randomSeed(),
        retention: retentionOf(retentionMs),
        buffers: this.#buffers,
        ...rules,
      })
      this.#files = new StoreFiles(this.#writer, store.blobs, kernel)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** Makes this worker's host reachable through a port. */
  shareHost(port: MessagePort): void {
    this.#share(this.#openedHost(), port)
  }

  #openedHost(): HostPort {
    if (this.#host === undefined) throw new Error('no host was opened in this worker')
    return this.#host
  }
}

function openHost(blobs: BlobStore, kernel: Kernel, { location: _, ...place }: HostPlace): ShardHost {
  return new ShardHost({ blobs, kernel, ...place })
}
