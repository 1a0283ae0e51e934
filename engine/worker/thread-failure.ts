import { TidemarkError } from '../core/errors.ts'
import type { Thread } from './platform.ts'

/** Rejects what waits for threads when one of them fails; without it such calls would wait for ever. */
export class ThreadFailure {
  readonly #threads: readonly Thread[]
  readonly #waiting = new Set<(error: Error) => void>()
  #error: Error | undefined
  #ended = false

  constructor(threads: readonly Thread[]) {
    this.#threads = threads
    for (const thread of threads) thread.onFailure((error) => this.#fail(error))
  }

  guard<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#error) reject(this.#error)
      else this.#waiting.add(reject)
      call.then(
        (value) => {
          this.#waiting.delete(reject)
          resolve(value)
        },
        (error: unknown) => {
          this.#waiting.delete(reject)
          reject(error)
        },
      )
    })
  }

  /** The same methods, each call of which is guarded. */
  guarded<T extends object>(remote: T): T {
    const guarded = new Map<string | symbol, unknown>()
    return new Proxy(remote, {
      get: (target, name) => {
        const known = guarded.get(name)
        if (known) return known
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        const call = (...args: unknown[]): Promise<unknown> => this.guard(Promise.resolve(method(...args)))
        guarded.set(name, call)
        return call
      },
    })
  }

  /** Ends the threads; that is no failure. */
  end(): void {
    this.#ended = true
    for (const thread of this.#threads) thread.terminate()
    this.#rejectAll(new TidemarkError('closed', 'the engine is closed'))
  }

  #fail(cause: Error): void {
    if (this.#ended || this.#error) return
    this.#rejectAll(
      new TidemarkError('io', `a worker of the engine failed: ${cause.message}`, {
        hint: 'Open the engine again; what it acknowledged is stored.',
        cause,
      }),
    )
  }

  #rejectAll(error: Error): void {
    this.#error = error
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
  }
}
