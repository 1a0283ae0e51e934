import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import { type PlainError, type TidemarkError, toPlainError } from '../../engine/core/errors.ts'
import { removeOpfsFolder } from '../../engine/storage/opfs-folder.ts'
import { openOpfsStore } from '../../engine/storage/opfs-store.ts'
import type { LogDamage, Store } from '../../engine/storage/store.ts'
import { keepErrorKinds } from '../../engine/worker/transfer.ts'
import { fnv1a } from './fnv.ts'

/** A store as another thread sees it: what a page reads at once comes with each answer. */
export class StorePort {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#store.blobs.put(name, bytes)
  }

  get(name: string, start?: number, end?: number): Promise<Uint8Array> {
    return this.#store.blobs.get(name, start, end)
  }

  list(): ReturnType<Store['blobs']['list']> {
    return this.#store.blobs.list()
  }

  delete(name: string): Promise<void> {
    return this.#store.blobs.delete(name)
  }

  /** Appends records at once, as they were called for. */
  async append(
    records: readonly Uint8Array[],
  ): Promise<{ results: (number | PlainError)[]; next: number; bytes: number }> {
    const results = await Promise.all(
      records.map((record) => this.#store.log.append(record).catch((error: TidemarkError) => toPlainError(error))),
    )
    return { results, ...this.logState() }
  }

  async replay(): Promise<{ records: [Uint8Array, number][]; damage: LogDamage[] }> {
    const records: [Uint8Array, number][] = []
    const damage: LogDamage[] = []
    await this.#store.log.replay(
      (record, position) => {
        records.push([record.slice(), position])
      },
      (one) => damage.push(one),
    )
    return { records, damage }
  }

  async truncate(before: number): Promise<{ next: number; bytes: number }> {
    await this.#store.log.truncate(before)
    return this.logState()
  }

  logState(): { next: number; bytes: number } {
    return { next: this.#store.log.next, bytes: this.#store.log.bytes }
  }

  estimate(): ReturnType<Store['estimate']> {
    return this.#store.estimate()
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

/** Opens and removes stores in files of the browser, which only a worker can. */
export class StoreOpener {
  async open(database: string): Promise<StorePort & Comlink.ProxyMarked> {
    return Comlink.proxy(new StorePort(await openOpfsStore(database, { checksum: fnv1a })))
  }

  remove(database: string): Promise<void> {
    return removeOpfsFolder(database)
  }
}

keepErrorKinds()
Comlink.expose(new StoreOpener())
