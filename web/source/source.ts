import type { Catalog } from '../../engine/core/plan.ts'
import type {
  LiveUpdate,
  QueryOptions,
  QueryResult,
  RejectedRows,
  SubscribeOptions,
  Subscription,
} from '../../engine/engine.ts'

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
  /** The rows that were rejected last. */
  rejectedRows(): Promise<RejectedRows>
  /** All data as one file: to be fetched from an address, or chunk by chunk where the engine is in this page. */
  readonly backupUrl?: string
  backup?(): AsyncIterable<Uint8Array<ArrayBuffer>>
  /** Replaces all data by that of a backup; the source is of no use then, and has to be opened again. */
  restore?(file: Blob): Promise<void>
  /** The source's wall clock, in milliseconds since 1970. */
  nowMs(): number
  close(): Promise<void>
}
