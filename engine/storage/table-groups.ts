import { joinBytes } from '../core/join-bytes.ts'
import type { TableGroups } from '../core/rows.ts'
import { blockMaxI64, blockMinI64, blockPayloadBytes, blockRows, HEADER_BYTES } from '../kernel/header.ts'
import type { TimeRange } from '../scan/row-group.ts'
import { type EncodedGroup, TableBlocks, TableGroup } from './encoded-group.ts'

/** The groups of a table one by one, over the same bytes. */
export function encodedGroups(groups: TableGroups): EncodedGroup[] {
  const blocks = new TableBlocks(groups)
  return Array.from(groups.series, (_, group) => new TableGroup(blocks, group))
}

/** How many rows groups have. */
export function rowsInGroups({ series, headers }: TableGroups): number {
  const view = viewOf(headers)
  let rows = 0
  for (let group = 0; group < series.length; group++) rows += blockRows(view, group)
  return rows
}

/** The times between which groups, at least one, have rows. */
export function spanOfGroups({ series, headers }: TableGroups): TimeRange {
  const view = viewOf(headers)
  let [start, end] = [blockMinI64(view, 0), blockMaxI64(view, 0)]
  for (let group = 1; group < series.length; group++) {
    const [first, last] = [blockMinI64(view, group), blockMaxI64(view, group)]
    if (first < start) start = first
    if (last > end) end = last
  }
  return { start, end: end + 1n }
}

/** Some of the groups, in the order of `places`. */
export function selectGroups(groups: TableGroups, places: readonly number[]): TableGroups {
  const { series, fields, headers, payloads } = groups
  const view = viewOf(headers)
  const count = series.length
  const starts = new Float64Array(count * (1 + fields.length) + 1)
  for (let block = 0; block + 1 < starts.length; block++) {
    starts[block + 1] = (starts[block] as number) + blockPayloadBytes(view, block)
  }
  const chosen = Array.from({ length: 1 + fields.length }, (_, column) =>
    places.map((place) => column * count + place),
  ).flat()
  const bytesOf = (block: number): Uint8Array => payloads.subarray(starts[block], starts[block + 1])
  const headerOf = (block: number): Uint8Array => headers.subarray(block * HEADER_BYTES, (block + 1) * HEADER_BYTES)
  return {
    ...groups,
    series: Uint32Array.from(places, (place) => series[place] as number),
    headers: joinBytes(chosen.map(headerOf)),
    payloads: joinBytes(chosen.map(bytesOf)),
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
