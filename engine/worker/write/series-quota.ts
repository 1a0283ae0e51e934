import { gatherColumn } from '../../core/columns.ts'
import { isReservedName } from '../../core/rollup.ts'
import type { TableRows } from '../../core/rows.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { SeriesLimits } from './series-limits.ts'
import { REFUSED } from './series-registry.ts'
import { rejectLater, type WriteResult } from './write-result.ts'

/** Counts series against their limits. Tables that the engine keeps for itself do not count. */
export class SeriesQuota {
  readonly #limits: SeriesLimits
  /** By table. */
  readonly #counts = new Map<string, number>()
  #total = 0

  constructor(limits: SeriesLimits) {
    this.#limits = limits
  }

  /** Forgets what was counted. */
  clear(): void {
    this.#counts.clear()
    this.#total = 0
  }

  /** Counts the series that the hosts have. */
  async count(hosts: readonly HostPort[]): Promise<void> {
    const found = await Promise.all(hosts.map((host) => host.tableCardinality()))
    for (const { table, series } of found.flat()) this.#add(table, series)
  }

  #add(table: string, series: number): void {
    if (isReservedName(table)) return
    this.#counts.set(table, (this.#counts.get(table) ?? 0) + series)
    this.#total += series
  }

  /** Counts a new series where it is within the limits; false where it is not. */
  admit(table: string): boolean {
    if (!isReservedName(table) && this.#reached(table) !== undefined) return false
    this.#add(table, 1)
    return true
  }

  /** Rows without those of series that were refused, which the result then tells; `undefined` where none is left. */
  withoutRefused(rows: TableRows, result: WriteResult): TableRows | undefined {
    const places = rows.series.map((_, row) => row).filter((row) => rows.series[row] !== REFUSED)
    const refused = rows.series.length - places.length
    if (refused === 0) return rows
    rejectLater(result, refused, this.#reason(rows.table))
    return places.length === 0 ? undefined : chosen(rows, places)
  }

  #reason(table: string): string {
    const [limit, where] = this.#reached(table) ?? [this.#limitOf(table) ?? this.#limits.total, `table '${table}'`]
    return `${where} has ${limit} series, as many as it may have, and this row is of a new one of table '${table}'`
  }

  #reached(table: string): [limit: number, where: string] | undefined {
    const { total } = this.#limits
    const limit = this.#limitOf(table)
    if (limit !== undefined && (this.#counts.get(table) ?? 0) >= limit) return [limit, `table '${table}'`]
    return total !== undefined && this.#total >= total ? [total, 'the store'] : undefined
  }

  /** The longest name that fits decides. */
  #limitOf(table: string): number | undefined {
    let best: { length: number; limit: number } | undefined
    for (const [name, limit] of Object.entries(this.#limits.tables ?? {})) {
      const fits = name.endsWith('*') ? table.startsWith(name.slice(0, -1)) : name === table
      if (fits && name.length > (best?.length ?? -1)) best = { length: name.length, limit }
    }
    return best?.limit
  }
}

function chosen(rows: TableRows, places: Uint32Array): TableRows {
  return {
    table: rows.table,
    series: places.map((place) => rows.series[place] as number),
    time: BigInt64Array.from(places, (place) => rows.time[place] as bigint),
    fields: rows.fields.map((column) => gatherColumn(column, places)),
  }
}
