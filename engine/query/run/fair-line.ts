import { cancellation } from '../../core/cancellation.ts'
import { TidemarkError } from '../../core/errors.ts'

export interface LineLimits {
  /** How many are let in at once. */
  running: number
  /** How many wait, of all clients together and of one. */
  waiting: number
  waitingOfClient: number
}

interface Waiting {
  letIn(): void
}

export interface Entrance {
  client: string
  signal: AbortSignal
  /** Goes on with what it has begun, so it comes before what its client has not begun; and is never turned away. */
  hasBegun?: boolean
}

/** Lets in so many at once. Clients take turns, whatever each of them waits for; those of one client come in their order. */
export class FairLine {
  readonly #limits: LineLimits
  /** By client, the one whose turn is next first; only clients that wait. */
  readonly #lines = new Map<string, Waiting[]>()
  #inside = 0
  #waiting = 0

  constructor(limits: LineLimits) {
    this.#limits = limits
  }

  /** Resolves inside; who is inside leaves by `leave`. Throws `quota` where too many wait, the signal's error once it is aborted. */
  async enter(entrance: Entrance): Promise<void> {
    const { client, signal, hasBegun = false } = entrance
    if (signal.aborted) throw cancellation(signal)
    if (this.#inside < this.#limits.running) {
      this.#inside++
      return
    }
    if (!hasBegun) this.#checkRoom(client)
    await this.#wait(entrance)
  }

  leave(): void {
    this.#inside--
    for (const [client, line] of this.#lines) {
      const next = line.shift()
      this.#lines.delete(client)
      // To the end of the clients: the others have their turn before.
      if (line.length > 0) this.#lines.set(client, line)
      if (next === undefined) continue
      this.#waiting--
      this.#inside++
      next.letIn()
      return
    }
  }

  #checkRoom(client: string): void {
    const { waiting, waitingOfClient, running } = this.#limits
    const own = this.#lines.get(client)?.length ?? 0
    if (this.#waiting < waiting && own < waitingOfClient) return
    const whose = own < waitingOfClient ? `${this.#waiting} queries` : `${own} queries of this client`
    const message = `${whose} wait already, as many as may, while ${running} run`
    throw new TidemarkError('quota', message, { hint: 'Try again in a moment, or ask for fewer at once.' })
  }

  #wait({ client, signal, hasBegun }: Entrance): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const give = (): void => {
      const line = this.#lines.get(client) ?? []
      line.splice(line.indexOf(waiting), 1)
      if (line.length === 0) this.#lines.delete(client)
      this.#waiting--
      reject(cancellation(signal))
    }
    const waiting: Waiting = {
      letIn: () => {
        signal.removeEventListener('abort', give)
        resolve()
      },
    }
    signal.addEventListener('abort', give, { once: true })
    const line = this.#lines.get(client)
    if (line === undefined) this.#lines.set(client, [waiting])
    else if (hasBegun) line.unshift(waiting)
    else line.push(waiting)
    this.#waiting++
    return promise
  }
}
