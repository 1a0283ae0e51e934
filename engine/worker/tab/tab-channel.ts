import type { Endpoint } from '../../core/calls.ts'
import type { Change } from '../../core/plan.ts'

/** What tabs of one database say to each other before and beside calls. Tabs of different versions do not mix. */
export const TAB_PROTOCOL = 2

export type TabMessage =
  /** Whoever has the store, let me call it. */
  | { kind: 'join'; tab: number; protocol: number }
  /** The store listens to the tab's calls. */
  | { kind: 'welcome'; tab: number }
  /** The store's tab has another version of the protocol. */
  | { kind: 'refused'; tab: number }
  /** The sender has just opened the store; whoever had it before is gone. */
  | { kind: 'leads' }
  | { kind: 'changed'; changes: readonly Change[]; newColumns: boolean }

/** The way of calls through a broadcast channel that two tabs have to themselves. Such channels move no buffers, they copy. */
export class PairEndpoint implements Endpoint {
  readonly #channel: BroadcastChannel
  #closed = false

  constructor(name: string) {
    this.#channel = new BroadcastChannel(name)
  }

  postMessage(message: unknown): void {
    // An answer may be ready, after the other tab has gone.
    if (!this.#closed) this.#channel.postMessage(message)
  }

  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void {
    this.#channel.addEventListener(type, listener)
  }

  close(): void {
    this.#closed = true
    this.#channel.close()
  }
}
