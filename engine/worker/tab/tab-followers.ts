import { expose } from '../../core/calls.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { RowsPage } from '../shard/shard-shares.ts'
import type { StorePort } from './tab-access.ts'
import { PairEndpoint } from './tab-channel.ts'
import { withMethods } from './tab-forwarding.ts'
import { holdLock, tabLockName } from './tab-locks.ts'

interface Follower {
  endpoint: PairEndpoint
  /** Ends the wait for the follower's end. */
  abort: AbortController
  cursors: Set<number>
}

/** The other tabs that call the store of this one. What they leave open is closed when they end. */
export class TabFollowers {
  readonly #database: string
  readonly #store: StorePort
  readonly #followers = new Map<number, Follower>()

  constructor(database: string, store: StorePort) {
    this.#database = database
    this.#store = store
  }

  get count(): number {
    return this.#followers.size
  }

  /** Listens to the calls of a tab; of one with the number of an earlier tab as well. */
  accept(tab: number): void {
    this.#drop(tab)
    const endpoint = new PairEndpoint(pairName(this.#database, tab))
    const follower: Follower = { endpoint, abort: new AbortController(), cursors: new Set() }
    this.#followers.set(tab, follower)
    const { host, ...others } = this.#store
    expose({ host: keepingCursors(host, follower.cursors), ...others }, endpoint)
    // Granted when the tab has let it go: when it has ended, in whatever way.
    holdLock(tabLockName(this.#database, tab), follower.abort.signal).then(
      (lock) => {
        lock.release()
        if (this.#followers.get(tab) === follower) this.#drop(tab)
      },
      () => undefined, // The wait was ended by `#drop`.
    )
  }

  /** No call comes through any more. */
  close(): void {
    for (const tab of [...this.#followers.keys()]) this.#drop(tab)
  }

  #drop(tab: number): void {
    const follower = this.#followers.get(tab)
    if (follower === undefined) return
    this.#followers.delete(tab)
    follower.abort.abort()
    follower.endpoint.close()
    for (const cursor of follower.cursors) void this.#store.host.closeRows(cursor)
  }
}

/** The channel of a follower and whoever has the store. */
export function pairName(database: string, tab: number): string {
  return `tidemark/${database}/${tab}`
}

/** The same host; the cursors that it opens and does not close are in the set. */
function keepingCursors(host: HostPort, cursors: Set<number>): HostPort {
  const kept = (page: RowsPage, before?: number): RowsPage => {
    if (before !== undefined) cursors.delete(before)
    if (page.cursor !== undefined) cursors.add(page.cursor)
    return page
  }
  const changed: Pick<HostPort, 'openRows' | 'nextRows' | 'closeRows'> = {
    openRows: async (plan, types) => kept(await host.openRows(plan, types)),
    nextRows: async (cursor) => kept(await host.nextRows(cursor), cursor),
    closeRows: (cursor) => {
      cursors.delete(cursor)
      return host.closeRows(cursor)
    },
  }
  return withMethods(host, changed)
}
