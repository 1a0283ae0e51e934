import { nextTurn } from '../../core/next-turn.ts'
import type { TableGroups, TableRows } from '../../core/rows.ts'
import type { RowBuffers } from '../../kernel/row-buffers.ts'
import type { RecordedRows } from '../../storage/record.ts'
import type { SentRows } from '../write/commit-order.ts'
import type { SeriesRegistry } from '../write/series-registry.ts'
import type { HostPort } from './host-port.ts'

/** Rows that are brought to their hosts at once, at least, where there are as many: about a millisecond. */
const TURN_ROWS = 1 << 12

export interface HostHeadsParts {
  hosts: readonly HostPort[]
  registry: SeriesRegistry
  /** Where the memory of rows goes when they are in the heads. */
  buffers: RowBuffers
  /** Is told of the bytes that a host's head takes now. */
  onRows(host: number, headBytes: number): void
}

/** The heads of all hosts, which the writer brings rows to. */
export class HostHeads {
  readonly #parts: HostHeadsParts
  /** Where there are several; a page has one. */
  #sharing: typeof import('../write/share-rows.ts') | undefined

  constructor(parts: HostHeadsParts) {
    this.#parts = parts
  }

  get hosts(): readonly HostPort[] {
    return this.#parts.hosts
  }

  /** Sends rows, with the registry's numbers of their series, to their hosts. Others get a turn between many. */
  async send({ groups, tables }: RecordedRows): Promise<SentRows> {
    const { registry, hosts, buffers } = this.#parts
    const applied: Promise<void>[] = []
    if (hosts.length > 1) this.#sharing ??= await import('../write/share-rows.ts')
    for (const each of groups) {
      const shares = this.#sharing?.shareGroups(each, registry, hosts.length) ?? [this.#whole(each)]
      for (const [host, share] of shares.entries()) {
        if (share) applied.push(this.#sendGroups(host, share))
      }
    }
    for (let from = 0; from < tables.length; ) {
      let to = from
      for (let rows = 0; to < tables.length && rows < TURN_ROWS; to++) rows += (tables[to] as TableRows).time.length
      if (from > 0) await nextTurn()
      const some = tables.slice(from, to)
      const shares = this.#sharing?.shareRows(some, registry, hosts.length, buffers) ?? [
        some.map((rows) => this.#whole(rows)),
      ]
      for (const [host, share] of shares.entries()) if (share.length > 0) applied.push(this.#sendShare(host, share))
      from = to
    }
    const visible = Promise.all(applied)
    // Who awaits it later has the error.
    visible.catch(() => undefined)
    return { visible }
  }

  /** All of it, with refs in place of numbers. */
  #whole<T extends TableRows | TableGroups>(part: T): T {
    return { ...part, series: this.#parts.registry.refsOf(part.series) }
  }

  async #sendGroups(host: number, share: TableGroups): Promise<void> {
    const { hosts, onRows } = this.#parts
    const headBytes = await hosts[host]?.applyGroups(share)
    if (headBytes !== undefined) onRows(host, headBytes)
  }

  /** The call is made at once, so that calls reach a host in the order of commits. */
  async #sendShare(host: number, share: readonly TableRows[]): Promise<void> {
    const { hosts, buffers, onRows } = this.#parts
    const applied = await hosts[host]?.apply(share)
    if (applied === undefined) return
    for (const memory of applied.memory) buffers.give(memory)
    onRows(host, applied.headBytes)
  }
}
