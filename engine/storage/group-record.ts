import type { Column } from '../core/batch.ts'
import { concatColumns } from '../core/columns.ts'
import type { GroupField, TableGroups, TableRows } from '../core/rows.ts'
import type { BlockRun } from '../kernel/block-run.ts'
import {
  BLOCK_ROWS,
  blockAscending,
  blockNulls,
  blockPayloadBytes,
  blockRows,
  blockType,
  HEADER_BYTES,
} from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readColumn, writeNumbers } from './column-bytes.ts'

// FORMAT.md, "Records", draws what is read and written here.
const TYPE_IDS: readonly GroupField['type'][] = ['f64', 'i64']

export function writeGroups(out: ByteWriter, groups: TableGroups, kernel: Kernel): void {
  out.text(groups.table)
  out.varint(groups.series.length)
  out.varint(groups.fields.length)
  writeNumbers(out, groups.series, kernel, 'quick')
  for (const { name, type } of groups.fields) {
    out.text(name)
    out.u8(TYPE_IDS.indexOf(type))
  }
  out.bytes(groups.headers)
  out.bytes(groups.payloads)
}

/** Reads groups from bytes that are not trusted, as rows. */
export function readGroups(reader: ByteReader, kernel: Kernel): TableRows {
  const table = reader.text()
  const count = reader.count(HEADER_BYTES)
  const fieldCount = reader.count(2)
  if (count === 0 || count * (1 + fieldCount) * HEADER_BYTES > reader.remaining) throw reader.corrupt(`${count} groups`)
  const series = readColumn(reader, '', 'i64', count, kernel)
  if (series.type !== 'i64' || series.validity) throw reader.corrupt('series of groups are not numbers')
  const fields: GroupField[] = []
  for (let left = fieldCount; left > 0; left--) {
    const name = reader.text()
    const type = TYPE_IDS[reader.u8()]
    if (type === undefined) throw reader.corrupt(`field '${name}' of groups has a type that is not known`)
    fields.push({ name, type })
  }
  const headers = reader.bytes(count * (1 + fieldCount) * HEADER_BYTES)
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  checkHeaders(reader, view, count, ['time', ...fields.map(({ type }) => type)])
  const payloads = reader.bytes(payloadBytes(view, 0, count * (1 + fieldCount)))
  return rowsOfGroups({ table, series: Uint32Array.from(series.values, Number), fields, headers, payloads }, kernel)
}

/** The rows of groups, group after group. Throws `corrupt` where a block is damaged. */
export function rowsOfGroups({ table, series, fields, headers, payloads }: TableGroups, kernel: Kernel): TableRows {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  const count = series.length
  let from = 0
  const columns = ['', ...fields.map(({ name }) => name)].map((name, column) => {
    const to = from + payloadBytes(view, column * count, count)
    const run = { headers, first: column * count, count, payloads: payloads.subarray(from, to) }
    from = to
    return decodedRun(name, run, kernel)
  })
  const [time, ...values] = columns
  if (time?.type !== 'time') throw new Error('groups without times')
  const numbers = new Uint32Array(time.values.length)
  let row = 0
  for (let group = 0; group < count; group++) {
    const end = row + blockRows(view, group)
    numbers.fill(series[group] as number, row, end)
    row = end
  }
  return { table, series: numbers, time: time.values, fields: values }
}

function payloadBytes(view: DataView, first: number, count: number): number {
  let bytes = 0
  for (let block = first; block < first + count; block++) bytes += blockPayloadBytes(view, block)
  return bytes
}

/** Every block is of its column's type, has as many rows as its group and misses none; times rise strictly. */
function checkHeaders(reader: ByteReader, view: DataView, count: number, types: readonly Column['type'][]): void {
  for (const [column, type] of types.entries()) {
    for (let group = 0; group < count; group++) {
      const block = column * count + group
      const rows = blockRows(view, block)
      const fits = rows === blockRows(view, group) && rows >= 1 && rows <= BLOCK_ROWS
      if (!fits || blockType(view, block) !== type || blockNulls(view, block) > 0) {
        throw reader.corrupt(`block ${block} of groups does not fit its group`)
      }
      if (column === 0 && !blockAscending(view, block)) throw reader.corrupt(`times of group ${group} do not rise`)
    }
  }
}

function decodedRun(name: string, run: BlockRun, kernel: Kernel): Column {
  kernel.verifyBlocks(run)
  const view = new DataView(run.headers.buffer, run.headers.byteOffset, run.headers.byteLength)
  let at = 0
  const parts = Array.from({ length: run.count }, (_, i) => {
    const block = run.first + i
    const payload = run.payloads.subarray(at, at + blockPayloadBytes(view, block))
    at += payload.length
    return { rows: blockRows(view, block), column: kernel.decode(run.headers, block * HEADER_BYTES, payload, name) }
  })
  const joined = concatColumns(name, parts)
  if (joined === undefined) throw new Error('a column of groups without blocks')
  return joined
}
