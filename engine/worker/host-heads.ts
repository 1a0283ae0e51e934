import type { TableRows } from '../core/rows.ts'
import type { HostPort } from './host-port.ts'
import { nextTurn } from './next-turn.ts'
import type { SeriesRegistry } from './series-registry.ts'
import { shareRows } from './share-rows.ts'
import { movingRows } from './transfer.ts'

/** Rows that are brought to their hosts at once, at least, where there are as many: about a millisecond. */
const TURN_ROWS = 1 << 13

/** The heads of all hosts, which the writer brings rows to. */
export class HostHeads {
  readonly #hosts: readonly HostPort[]
  readonly #registry: SeriesRegistry
  readonly #onRows: (host: number, headBytes: number) => void

  /** `onRows` is told of the bytes that a host's head takes now. */
  constructor(hosts: readonly HostPort[], registry: SeriesRegistry, onRows: (host: number, headBytes: number) => void) {
    this.#hosts = hosts
    this.#registry = registry
    this.#onRows = onRows
  }

  /** Brings rows, with the registry's numbers of their series, to their hosts. Others get a turn between many. */
  async apply(tables: readonly TableRows[]): Promise<void> {
    for (let from = 0; from < tables.length; ) {
      let to = from
      for (let rows = 0; to < tables.length && rows < TURN_ROWS; to++) rows += (tables[to] as TableRows).time.length
      if (from > 0) await nextTurn()
      await this.#applyShares(shareRows(tables.slice(from, to), this.#registry, this.#hosts.length))
      from = to
    }
  }

  async #applyShares(shares: readonly TableRows[][]): Promise<void> {
    await Promise.all(
      shares.map(async (share, host) => {
        if (share.length > 0) this.#onRows(host, (await this.#hosts[host]?.apply(movingRows(share))) ?? 0)
      }),
    )
  }
}
