import type { Catalog } from '../../engine/core/plan.ts'
import type { LiveUpdate, QueryOptions, QueryResult, SubscribeOptions, Subscription } from '../../engine/engine.ts'

export type SourceKind = 'browser' | 'relay'

export interface LiveObserver {
  next(update: LiveUpdate): void
  error(error: Error): void
}

/** Where answers come from: the engine in this browser, or a relay's. */
export interface Source {
  readonly kind: SourceKind
  query(text: string, options?: QueryOptions): Promise<QueryResult>
  subscribe(text: string, observer: LiveObserver, options?: SubscribeOptions): Subscription
  catalog(): Promise<Catalog>
  /** The source's wall clock, in milliseconds since 1970. */
  nowMs(): number
  close(): Promise<void>
}
