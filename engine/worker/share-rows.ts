import { gatherColumn } from '../core/columns.ts'
import type { Change } from '../core/plan.ts'
import type { TableRows } from '../core/rows.ts'
import { timeExtremes } from '../core/time-extremes.ts'
import type { SeriesRegistry } from './series-registry.ts'

/** Rows by host, with each host's refs in place of the registry's numbers. */
export function shareRows(tables: readonly TableRows[], registry: SeriesRegistry, hosts: number): TableRows[][] {
  if (hosts === 1) return [tables.map((rows) => ({ ...rows, series: registry.refsOf(rows.series) }))]
  const shares: TableRows[][] = Array.from({ length: hosts }, () => [])
  for (const rows of tables) {
    const places: number[][] = Array.from({ length: hosts }, () => [])
    rows.series.forEach((number, row) => {
      places[registry.hostOf(number)]?.push(row)
    })
    for (const [host, chosen] of places.entries()) {
      if (chosen.length > 0) shares[host]?.push(chooseRows(rows, Uint32Array.from(chosen), registry))
    }
  }
  return shares
}

function chooseRows(rows: TableRows, places: Uint32Array, registry: SeriesRegistry): TableRows {
  const time = new BigInt64Array(places.length)
  const series = new Uint32Array(places.length)
  places.forEach((place, i) => {
    time[i] = rows.time[place] as bigint
    series[i] = registry.refOf(rows.series[place] as number)
  })
  return { table: rows.table, series, time, fields: rows.fields.map((column) => gatherColumn(column, places)) }
}

/** The tables that rows are of, each with the range of their times. */
export function changesOf(tables: readonly TableRows[]): Change[] {
  return tables.map(({ table, time }) => {
    const [first, last] = timeExtremes(time)
    return { table, start: first, end: last + 1n }
  })
}
