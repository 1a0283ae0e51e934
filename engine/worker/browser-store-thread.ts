import { moving, type Remote, remote } from '../core/calls.ts'
import { fromPlainError } from '../core/errors.ts'
import type { LogDamage, LogPosition, LogStore, Store } from '../storage/store.ts'
import type { StoreOpener } from './browser-store-worker.ts'
import type { Thread } from './platform.ts'
import type { LogState, StorePort } from './store-port.ts'
import { ThreadFailure } from './thread-failure.ts'

type RemotePort = Remote<StorePort>

/** Opens a store in files of the browser, in a worker of its own, so that it can write while this thread computes. */
export async function openOpfsThread(database: string): Promise<Store> {
  const worker = new Worker(new URL('./browser-store-worker.ts', import.meta.url), { type: 'module' })
  const thread: Thread = {
    endpoint: worker,
    onFailure: (listener) => {
      worker.addEventListener('error', (event) => listener(new Error(event.message || 'the worker was not started')))
    },
    terminate: () => worker.terminate(),
  }
  const failure = new ThreadFailure([thread])
  try {
    const port = failure.guarded(await failure.guard(remote<StoreOpener>(worker).open(database)))
    return new StoreInThread(port, new LogInThread(port, await port.logState()), failure)
  } catch (error) {
    failure.end()
    throw error
  }
}

class StoreInThread implements Store {
  readonly blobs: Store['blobs']
  readonly log: LogInThread
  readonly #port: RemotePort
  readonly #failure: ThreadFailure
  #closing: Promise<void> | undefined

  constructor(port: RemotePort, log: LogInThread, failure: ThreadFailure) {
    this.#port = port
    this.#failure = failure
    this.log = log
    this.blobs = {
      put: (name, bytes) => port.put(name, moved(bytes)),
      begin: async () => {
        const begun = await port.begin()
        return {
          write: (bytes) => port.write(begun, moved(bytes)),
          finish: (name) => port.finish(begun, name),
          discard: () => port.discard(begun),
        }
      },
      get: (name, start, end) => port.get(name, start, end),
      list: () => port.list(),
      delete: (name) => port.delete(name),
    }
  }

  estimate(): ReturnType<Store['estimate']> {
    return this.#port.estimate()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.log.sendCalls()
    try {
      await this.#port.close()
    } finally {
      this.#failure.end()
    }
  }
}

interface AppendCall {
  record: Uint8Array
  resolve(position: LogPosition): void
  reject(error: unknown): void
}

class LogInThread implements LogStore {
  readonly #port: RemotePort
  readonly #calls: AppendCall[] = []
  /** One more after each failure, once those have learned of it whose appends failed. */
  #era = 0
  #state: LogState

  constructor(port: RemotePort, state: LogState) {
    this.#port = port
    this.#state = state
  }

  get next(): LogPosition {
    return this.#state.next
  }

  get bytes(): number {
    return this.#state.bytes
  }

  /** Calls of one turn go over together, so that the store gets them as they were made: before the first of them is done. */
  append(record: Uint8Array): Promise<LogPosition> {
    if (this.#calls.length === 0) queueMicrotask(() => this.sendCalls())
    return new Promise((resolve, reject) => {
      this.#calls.push({ record, resolve, reject })
    })
  }

  sendCalls(): void {
    const calls = this.#calls.splice(0)
    if (calls.length > 0) void this.#send(calls)
  }

  async replay(
    visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>,
    onDamage: (damage: LogDamage) => void = () => undefined,
  ): Promise<void> {
    // An error of the visitor's passes through the other thread as a text; here it is itself again.
    let failed: { error: unknown } | undefined
    try {
      await this.#port.replay(async ({ records, damage }) => {
        damage.forEach(onDamage)
        try {
          for (const [record, position] of records) await visit(record, position)
        } catch (error) {
          failed = { error }
          throw error
        }
      })
    } catch (error) {
      throw failed ? failed.error : error
    }
  }

  async truncate(before: LogPosition): Promise<void> {
    this.#state = await this.#port.truncate(before)
  }

  #endEra(era: number): void {
    setTimeout(() => {
      this.#era = Math.max(this.#era, era + 1)
    })
  }

  async #send(calls: readonly AppendCall[]): Promise<void> {
    try {
      const records = calls.map(({ record }) => record.slice())
      const buffers = records.map(({ buffer }) => buffer)
      const era = this.#era
      const { results, ...state } = await this.#port.append(era, moving(records, buffers))
      this.#state = state
      for (const [i, { resolve, reject }] of calls.entries()) {
        const result = results[i]
        if (typeof result === 'number') {
          resolve(result)
          continue
        }
        this.#endEra(era)
        reject(result === undefined ? new Error('an append has no result') : fromPlainError(result))
      }
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
  }
}

/** A copy that moves to the other thread: to send a view as it is would copy all of the memory that it shows a part of. */
function moved(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  return moving(copy, [copy.buffer])
}
