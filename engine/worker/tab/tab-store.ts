import { systemClock } from '../../core/clock.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Change } from '../../core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { HostPort } from '../shard/host-port.ts'
import { openInline } from '../shard/inline-shards.ts'
import type { FilesPort, Shards, ShardsOptions, ViewsPort, WriterPort } from '../shard/shards.ts'
import type { WriteListener } from '../write/write-result.ts'
import { LeaderLost, type StorePort, TabAccess } from './tab-access.ts'
import { TAB_PROTOCOL, type TabMessage } from './tab-channel.ts'
import { pairName, TabFollowers } from './tab-followers.ts'
import { ForwardedRows, forwarded, withMethods } from './tab-forwarding.ts'
import { type HeldLock, holdLock, leaderLockName, takeTabNumber } from './tab-locks.ts'

/** After a store could not be opened, it is tried again after so long. */
const RETRY_MS = 1_000

/** The writer as its own page sees it. */
export type TabWriter = WriterPort & { watch(listener: WriteListener): void }

/**
 * The store of a database as one tab has it. Of all tabs one leads: it holds a lock of the site and has the store open in its
 * worker; the others call that worker through a broadcast channel. When the leader ends, however it does, the browser gives
 * the lock to another tab, which opens the store; calls that were under way are made again there.
 */
export class TabStore {
  readonly #options: ShardsOptions
  readonly #database: string
  readonly #tab: number
  readonly #ownLock: HeldLock
  readonly #channel: BroadcastChannel
  readonly #listeners = new Set<WriteListener>()
  readonly #closing = new AbortController()
  /** Pending while no tab is known to have the store. */
  #access = pendingAccess()
  #leading: { shards: Shards; followers: TabFollowers; lock: HeldLock } | undefined
  #isSilent = false
  #closed: Promise<void> | undefined
  readonly host: HostPort
  readonly writer: TabWriter
  readonly files: FilesPort
  readonly views: ViewsPort

  private constructor(options: ShardsOptions, place: { database: string; tab: number; lock: HeldLock }) {
    this.#options = options
    this.#database = place.database
    this.#tab = place.tab
    this.#ownLock = place.lock
    this.#channel = new BroadcastChannel(`tidemark/${place.database}`)
    this.#channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => this.#hear(data))
    this.host = this.#movingHost()
    this.writer = this.#movingWriter()
    this.files = this.#movingFiles()
    this.views = forwarded('views', (call) => this.#call(call))
  }

  /** Resolves when this tab or another one has the store open. Throws what opening it throws. */
  static async join(options: ShardsOptions, database: string): Promise<TabStore> {
    const store = new TabStore(options, { database, ...(await takeTabNumber(database)) })
    void store.#standForElection()
    store.#say({ kind: 'join', tab: store.#tab, protocol: TAB_PROTOCOL })
    try {
      await store.#access.promise
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** Ends this tab's part; where it leads, what was begun is finished and another tab takes over. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    try {
      await this.#leading?.shards.close()
    } finally {
      this.#leading?.followers.close()
      this.#isSilent = true
      this.#channel.close()
      this.#replaceAccess()
      this.#access.reject(new TidemarkError('closed', 'the engine is closed'))
      this.#leading?.lock.release()
      this.#ownLock.release()
    }
  }

  #say(message: TabMessage): void {
    if (!this.#isSilent) this.#channel.postMessage(message)
  }

  #hear(message: TabMessage): void {
    switch (message.kind) {
      case 'join':
        this.#welcome(message.tab, message.protocol)
        break
      case 'leads':
        this.#replaceAccess()
        this.#say({ kind: 'join', tab: this.#tab, protocol: TAB_PROTOCOL })
        break
      case 'welcome':
        if (message.tab === this.#tab) this.#follow()
        break
      case 'refused':
        if (message.tab === this.#tab) this.#access.reject(otherVersion(this.#database))
        break
      case 'changed':
        this.#notify(message.changes, message.newColumns)
    }
  }

  #welcome(tab: number, protocol: number): void {
    if (this.#leading === undefined || this.#closing.signal.aborted) return
    if (protocol !== TAB_PROTOCOL) {
      this.#say({ kind: 'refused', tab })
      return
    }
    this.#leading.followers.accept(tab)
    this.#say({ kind: 'welcome', tab })
  }

  #follow(): void {
    if (this.#leading || this.#access.granted) return
    this.#grant(TabAccess.through(pairName(this.#database, this.#tab)))
  }

  /** Waits to lead for as long as the tab lives. */
  async #standForElection(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const lock = await holdLock(leaderLockName(this.#database), this.#closing.signal).catch(() => undefined)
      if (lock === undefined) return
      this.#replaceAccess()
      const error = await this.#lead(lock)
      if (error === undefined) return
      this.#access.reject(error)
      lock.release()
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  /** Opens the store; returns why it could not. */
  async #lead(lock: HeldLock): Promise<unknown> {
    let shards: Shards
    try {
      shards = await openInline({ ...this.#options, clock: systemClock })
    } catch (error) {
      return error
    }
    const [host] = shards.hosts
    if (host === undefined) throw new Error('a store has a host')
    if (this.#closing.signal.aborted) {
      await shards.close()
      lock.release()
      return undefined
    }
    const { writer, files, views } = shards
    const store: StorePort = { host, writer, files, views }
    const followers = new TabFollowers(this.#database, store)
    this.#leading = { shards, followers, lock }
    await shards.watch((changes, newColumns) => {
      this.#notify(changes, newColumns)
      if (followers.count > 0) this.#say({ kind: 'changed', changes, newColumns })
    })
    // A welcome of the tab before may have come late.
    if (this.#access.granted) this.#replaceAccess()
    this.#grant(TabAccess.here(store))
    this.#say({ kind: 'leads' })
    return undefined
  }

  #grant(access: TabAccess): void {
    this.#access.grant(access)
    void this.#notifyOfAll(access)
  }

  /** Calls from now on wait for the next way to the store; those under way end with `LeaderLost`. */
  #replaceAccess(): void {
    const older = this.#access
    this.#access = pendingAccess()
    older.granted?.lose()
    // Who waits for a way goes on waiting.
    this.#access.promise.then(older.grant, older.reject)
  }

  #notify(changes: readonly Change[], newColumns: boolean): void {
    for (const listener of this.#listeners) listener(changes, newColumns)
  }

  /** Another tab may have written what nobody told this one of. */
  async #notifyOfAll(access: TabAccess): Promise<void> {
    if (this.#listeners.size === 0) return
    const { tables } = await access.guard(({ writer }) => writer.catalog()).catch(() => ({ tables: [] }))
    this.#notify(
      tables.map(({ name }) => ({ table: name, start: MIN_TIME, end: MAX_TIME })),
      true,
    )
  }

  /** Every call that comes through here is one that may be made again. */
  async #call<T>(call: (store: StorePort, access: TabAccess) => Promise<T> | T): Promise<T> {
    for (;;) {
      const access = await this.#access.promise
      try {
        return await access.guard((store) => call(store, access))
      } catch (error) {
        if (!(error instanceof LeaderLost)) throw error
        // The other tab closes its engine, and nobody has taken over yet.
        if (this.#access.granted === access) this.#replaceAccess()
      }
    }
  }

  #movingHost(): HostPort {
    const { openRows, nextRows, closeRows } = new ForwardedRows((call) => this.#call(call))
    return withMethods(
      forwarded('host', (call) => this.#call(call)),
      { openRows, nextRows, closeRows },
    )
  }

  /** What is not saved yet is in the tab that leads, which saves it when it closes. */
  #movingFiles(): FilesPort {
    const inner = forwarded('files', (call) => this.#call(call))
    return withMethods(inner, { close: async () => this.#leading?.shards.files.close() })
  }

  #movingWriter(): TabWriter {
    const inner = forwarded('writer', (call) => this.#call(call))
    const own: Pick<TabWriter, 'appendLines' | 'close' | 'watch'> = {
      // Rows without a time get it here: the same one where the append is made again.
      appendLines: (body, precision, producer, now = systemClock.now()) =>
        inner.appendLines(body, precision, producer, now),
      close: () => this.close(),
      watch: (listener) => {
        this.#listeners.add(listener)
      },
    }
    return withMethods(inner, own)
  }
}

interface PendingAccess {
  promise: Promise<TabAccess>
  granted: TabAccess | undefined
  grant(access: TabAccess): void
  reject(error: unknown): void
}

function pendingAccess(): PendingAccess {
  const { promise, resolve, reject } = Promise.withResolvers<TabAccess>()
  // Whoever calls gets the error; there may be nobody who does.
  promise.catch(() => undefined)
  const access: PendingAccess = {
    promise,
    granted: undefined,
    grant: (granted) => {
      access.granted = granted
      resolve(granted)
    },
    reject,
  }
  return access
}

function otherVersion(database: string): TidemarkError {
  return new TidemarkError('locked', `a tab with another version of this program has the database '${database}' open`, {
    hint: 'Reload all tabs of this site.',
  })
}
