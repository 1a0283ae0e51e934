import { TidemarkError } from '../engine/core/errors.ts'

export interface GateLimits {
  /** Tasks that are inside at once. */
  running: number
  /** Tasks that wait in line; whoever comes then is turned away. */
  waiting: number
  /** What all tasks inside weigh together; one that weighs more goes in alone. Default: no limit. */
  weight?: number
}

interface Waiting {
  weight: number
  give(): void
}

/** Lets tasks in, in the order of their coming, as many at once as its limits allow. */
export class Gate {
  readonly #name: string
  readonly #limits: Required<GateLimits>
  readonly #line: Waiting[] = []
  #inside = 0
  #weight = 0

  constructor(name: string, limits: GateLimits) {
    this.#name = name
    this.#limits = { weight: Number.POSITIVE_INFINITY, ...limits }
  }

  /** Resolves with how to leave, to be called once. Throws `quota` where the line is full, `cancelled` by the signal. */
  async enter(signal?: AbortSignal, weight = 0): Promise<() => void> {
    if (this.#line.length === 0 && this.#hasRoom(weight)) this.#admit(weight)
    else if (this.#line.length < this.#limits.waiting) await this.#wait(signal, weight)
    else throw new TidemarkError('quota', `too many ${this.#name} at once`, { hint: 'Try again in a moment.' })
    let left = false
    return () => {
      if (left) return
      left = true
      this.#leave(weight)
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#inside === 0 || (this.#inside < this.#limits.running && this.#weight + weight <= this.#limits.weight)
  }

  #admit(weight: number): void {
    this.#inside++
    this.#weight += weight
  }

  #wait(signal: AbortSignal | undefined, weight: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        signal?.removeEventListener('abort', cancel)
        resolve()
      }
      const cancel = (): void => {
        this.#line.splice(this.#line.indexOf(waiting), 1)
        // Whoever stood behind may be lighter.
        this.#admitLine()
        reject(new TidemarkError('cancelled', `gave up waiting among the ${this.#name}`))
      }
      if (signal?.aborted) return reject(new TidemarkError('cancelled', `gave up before the ${this.#name}`))
      signal?.addEventListener('abort', cancel, { once: true })
      const waiting = { weight, give }
      this.#line.push(waiting)
    })
  }

  #leave(weight: number): void {
    this.#inside--
    this.#weight -= weight
    this.#admitLine()
  }

  /** Nobody overtakes the first in line, however light. */
  #admitLine(): void {
    for (let first = this.#line[0]; first !== undefined && this.#hasRoom(first.weight); first = this.#line[0]) {
      this.#line.shift()
      this.#admit(first.weight)
      first.give()
    }
  }
}
