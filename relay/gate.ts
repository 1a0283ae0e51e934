import { TidemarkError } from '../engine/core/errors.ts'

/** Lets `running` tasks in at once and keeps `waiting` more in line; whoever comes then is turned away. */
export class Gate {
  readonly #name: string
  readonly #running: number
  readonly #waiting: number
  readonly #line: (() => void)[] = []
  #inside = 0

  constructor(name: string, limits: { running: number; waiting: number }) {
    this.#name = name
    this.#running = limits.running
    this.#waiting = limits.waiting
  }

  /** Resolves with how to leave, to be called once. Throws `quota` where the line is full, `cancelled` by the signal. */
  async enter(signal?: AbortSignal): Promise<() => void> {
    if (this.#inside < this.#running) this.#inside++
    else if (this.#line.length < this.#waiting) await this.#wait(signal)
    else throw new TidemarkError('quota', `too many ${this.#name} at once`, { hint: 'Try again in a moment.' })
    let left = false
    return () => {
      if (left) return
      left = true
      this.#leave()
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        signal?.removeEventListener('abort', cancel)
        resolve()
      }
      const cancel = (): void => {
        this.#line.splice(this.#line.indexOf(give), 1)
        reject(new TidemarkError('cancelled', `gave up waiting among the ${this.#name}`))
      }
      if (signal?.aborted) return reject(new TidemarkError('cancelled', `gave up before the ${this.#name}`))
      signal?.addEventListener('abort', cancel, { once: true })
      this.#line.push(give)
    })
  }

  /** The place of who leaves goes to the first in line, so that nobody overtakes. */
  #leave(): void {
    const next = this.#line.shift()
    if (next) next()
    else this.#inside--
  }
}
