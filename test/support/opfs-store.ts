import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import { fromPlainError } from '../../engine/core/errors.ts'
import type { LogDamage, LogPosition, LogStore, Store } from '../../engine/storage/store.ts'
import { keepErrorKinds } from '../../engine/worker/transfer.ts'
import type { StoreOpener, StorePort } from './opfs-store.worker.ts'

type RemotePort = Comlink.Remote<StorePort>

/** Stores in files of the browser, opened in a worker of their own. */
export class OpfsWorker {
  readonly #worker = new Worker(new URL('./opfs-store.worker.ts', import.meta.url), { type: 'module' })
  readonly #opener: Comlink.Remote<StoreOpener>

  constructor() {
    keepErrorKinds()
    this.#opener = Comlink.wrap<StoreOpener>(this.#worker)
  }

  async open(database: string): Promise<Store> {
    const port = await this.#opener.open(database)
    return new RemoteStore(port, new RemoteLog(port, await port.logState()))
  }

  /** Removes the files of a database and ends the worker. */
  async remove(database: string): Promise<void> {
    await this.#opener.remove(database)
    this.end()
  }

  end(): void {
    this.#worker.terminate()
  }
}

class RemoteStore implements Store {
  readonly #port: RemotePort
  readonly blobs: Store['blobs']
  readonly log: RemoteLog

  constructor(port: RemotePort, log: RemoteLog) {
    this.#port = port
    this.log = log
    this.blobs = {
      put: (name, bytes) => port.put(name, bytes),
      get: (name, start, end) => port.get(name, start, end),
      list: () => port.list(),
      delete: (name) => port.delete(name),
    }
  }

  estimate(): ReturnType<Store['estimate']> {
    return this.#port.estimate()
  }

  close(): Promise<void> {
    this.log.sendCalls()
    return this.#port.close()
  }
}

interface Call {
  record: Uint8Array
  resolve(position: LogPosition): void
  reject(error: Error): void
}

class RemoteLog implements LogStore {
  readonly #port: RemotePort
  readonly #calls: Call[] = []
  next: number
  bytes: number

  constructor(port: RemotePort, { next, bytes }: { next: number; bytes: number }) {
    this.#port = port
    this.next = next
    this.bytes = bytes
  }

  /** Calls of one turn go over together, so that they come as they were made: before the first of them is done. */
  async append(record: Uint8Array): Promise<LogPosition> {
    if (this.#calls.length === 0) queueMicrotask(() => this.sendCalls())
    const { promise, resolve, reject } = Promise.withResolvers<LogPosition>()
    this.#calls.push({ record, resolve, reject })
    return promise
  }

  sendCalls(): void {
    const calls = this.#calls.splice(0)
    if (calls.length > 0) void this.#send(calls)
  }

  async #send(calls: readonly Call[]): Promise<void> {
    const { results, ...state } = await this.#port.append(calls.map(({ record }) => record))
    Object.assign(this, state)
    for (const [i, { resolve, reject }] of calls.entries()) {
      const result = results[i]
      if (typeof result === 'number') resolve(result)
      else reject(result === undefined ? new Error('a call has no result') : fromPlainError(result))
    }
  }

  async replay(
    visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>,
    onDamage: (damage: LogDamage) => void = () => undefined,
  ): Promise<void> {
    const { records, damage } = await this.#port.replay()
    damage.forEach(onDamage)
    for (const [record, position] of records) await visit(record, position)
  }

  async truncate(before: LogPosition): Promise<void> {
    Object.assign(this, await this.#port.truncate(before))
  }
}
