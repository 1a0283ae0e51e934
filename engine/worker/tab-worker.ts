import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import { systemClock } from '../core/clock.ts'
import type { HostPort } from './host-port.ts'
import type { Platform } from './platform.ts'
import type { HostPlace, TableRules } from './shard-worker.ts'
import { openInline, type ShardsOptions } from './shards.ts'
import { withMethods } from './tab-forwarding.ts'
import { TabStore, type TabWriter } from './tab-store.ts'
import { movingHost } from './transfer.ts'

/** What a worker of a browser offers to its page, as `ShardWorker` does elsewhere: the store, wherever among the tabs it is. */
export class TabWorker {
  readonly #platform: Platform
  #place: HostPlace | undefined
  #open: { host: HostPort; writer: TabWriter } | undefined

  constructor(platform: Platform) {
    this.#platform = platform
  }

  /** The store's host, for the page. */
  takeHost(): HostPort & Comlink.ProxyMarked {
    return Comlink.proxy(movingHost(this.#opened().host))
  }

  /** The store's writer, for the page. */
  takeWriter(): TabWriter & Comlink.ProxyMarked {
    return Comlink.proxy(this.#opened().writer)
  }

  async openStore(place: HostPlace): Promise<void> {
    this.#place = place
  }

  /** Opens the store, or finds the tab that has it open. */
  async openWriter(rules: TableRules): Promise<void> {
    if (this.#place === undefined) throw new Error('no store was named')
    const { location, cacheBytes } = this.#place
    const options: ShardsOptions = { platform: this.#platform, location, cacheBytes, ...rules }
    if (location.kind === 'browser') {
      this.#open = await TabStore.join(options, location.database)
      return
    }
    const { hosts, writer, watch } = await openInline({ ...options, clock: systemClock })
    const [host] = hosts
    if (host === undefined) throw new Error('a store has a host')
    this.#open = {
      host,
      writer: withMethods(writer, { watch: (listener: Parameters<typeof watch>[0]) => void watch(listener) }),
    }
  }

  #opened(): { host: HostPort; writer: TabWriter } {
    if (this.#open === undefined) throw new Error('no store was opened in this worker')
    return this.#open
  }
}
