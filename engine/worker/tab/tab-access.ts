import { remote } from '../../core/calls.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { FilesPort, ViewsPort, WriterPort } from '../shard/shards.ts'
import { PairEndpoint } from './tab-channel.ts'

/** A store's host, writer, files and views, in this worker or in another tab's. */
export interface StorePort {
  host: HostPort
  writer: WriterPort
  files: FilesPort
  views: ViewsPort
}

/** The call was under way when the tab went away that had the store; it may have been done or not. */
export class LeaderLost extends Error {
  constructor() {
    super('the tab that had the store open is gone')
  }
}

/** A way to the store that ends when another tab takes the store over. */
export class TabAccess {
  readonly store: StorePort
  readonly isRemote: boolean
  readonly #waiting = new Set<(error: Error) => void>()
  readonly #end: () => void
  #isLost = false

  private constructor(store: StorePort, isRemote: boolean, end: () => void) {
    this.store = store
    this.isRemote = isRemote
    this.#end = end
  }

  /** The store that this worker has open. */
  static here(store: StorePort): TabAccess {
    return new TabAccess(store, false, () => undefined)
  }

  /** The store at the other end of a channel. */
  static through(channelName: string): TabAccess {
    const endpoint = new PairEndpoint(channelName)
    const store: StorePort = {
      host: remote<HostPort>(endpoint, 'host'),
      writer: remote<WriterPort>(endpoint, 'writer'),
      files: remote<FilesPort>(endpoint, 'files'),
      views: remote<ViewsPort>(endpoint, 'views'),
    }
    return new TabAccess(store, true, () => endpoint.close())
  }

  /** The call's outcome, or `LeaderLost`. */
  guard<T>(call: (store: StorePort) => Promise<T> | T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (this.#isLost) reject(new LeaderLost())
    else {
      this.#waiting.add(reject)
      Promise.resolve(call(this.store))
        .then(resolve, (error: unknown) => reject(this.#isClosing(error) ? new LeaderLost() : error))
        .finally(() => this.#waiting.delete(reject))
    }
    return promise
  }

  lose(): void {
    this.#isLost = true
    this.#end()
    for (const reject of this.#waiting) reject(new LeaderLost())
    this.#waiting.clear()
  }

  /** The other tab closes its engine while this one's stays open. */
  #isClosing(error: unknown): boolean {
    return this.isRemote && error instanceof TidemarkError && error.kind === 'closed'
  }
}
