import { TidemarkError } from '../../core/errors.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { RowsPage } from '../shard/shard-shares.ts'
import { LeaderLost, type StorePort, type TabAccess } from './tab-access.ts'

/** Makes a call where the store is, and again where the store moves meanwhile. */
export type TabCall = <T>(call: (store: StorePort, access: TabAccess) => Promise<T> | T) => Promise<T>

interface OpenRows {
  access: TabAccess
  cursor: number
}

/** A host or writer whose methods are called wherever the store is. */
export function forwarded<K extends keyof StorePort>(part: K, call: TabCall): StorePort[K] {
  const methods: object = new Proxy(Object.create(null), {
    get: (target, name) => {
      // What awaits an object asks whether it is a promise.
      if (typeof name !== 'string' || name === 'then') return Reflect.get(target, name)
      return (...args: unknown[]) => call((store) => callMethod(store[part], name, args))
    },
  })
  return methods as StorePort[K] // every name is a method, whose types the callers have from StorePort
}

function callMethod(target: object, name: string, args: unknown[]): unknown {
  const method: unknown = Reflect.get(target, name)
  if (typeof method !== 'function') throw new Error(`there is no method ${name}`)
  return Reflect.apply(method, target, args)
}

/**
 * The cursors of a host that moves. Those that are open when it does are lost: rows that were appended since could be given
 * twice or not at all.
 */
export class ForwardedRows {
  readonly #call: TabCall
  readonly #open = new Map<number, OpenRows>()
  #next = 1

  constructor(call: TabCall) {
    this.#call = call
  }

  openRows: HostPort['openRows'] = (plan, types) =>
    this.#call(async ({ host }, access) => this.#kept(await host.openRows(plan, types), access))

  nextRows: HostPort['nextRows'] = async (cursor) => {
    const rows = this.#open.get(cursor)
    if (rows === undefined) return { batch: undefined, cursor: undefined }
    this.#open.delete(cursor)
    try {
      return this.#kept(await rows.access.guard(({ host }) => host.nextRows(rows.cursor)), rows.access)
    } catch (error) {
      if (!(error instanceof LeaderLost)) throw error
      throw new TidemarkError('io', 'the tab that had the store open has ended before all rows were read', {
        hint: 'Run the query again.',
        cause: error,
      })
    }
  }

  closeRows: HostPort['closeRows'] = async (cursor) => {
    const rows = this.#open.get(cursor)
    if (rows === undefined) return
    this.#open.delete(cursor)
    try {
      await rows.access.guard(({ host }) => host.closeRows(rows.cursor))
    } catch (error) {
      if (!(error instanceof LeaderLost)) throw error
    }
  }

  #kept({ batch, cursor }: RowsPage, access: TabAccess): RowsPage {
    if (cursor === undefined) return { batch, cursor }
    const own = this.#next++
    this.#open.set(own, { access, cursor })
    return { batch, cursor: own }
  }
}

/** An object with the methods of another, but for those that are given. */
export function withMethods<T extends object, C extends object>(target: T, changed: C): Omit<T, keyof C> & C {
  const methods: object = new Proxy(target, {
    get: (_, name) => {
      const own: unknown = Reflect.get(changed, name)
      if (own !== undefined) return own
      const method: unknown = Reflect.get(target, name)
      return typeof method === 'function' ? (...args: unknown[]) => Reflect.apply(method, target, args) : method
    },
  })
  return methods as Omit<T, keyof C> & C // by the handler above
}
