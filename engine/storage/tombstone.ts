import type { Matcher } from '../core/matcher.ts'

import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { DELETE_RECORD, RECORD_VERSION } from './record.ts'
import type { SegmentInfo } from './segment-format.ts'

/**
 * A delete: hides rows of a table that were committed before it, in series that pass every matcher, with times in `[start, end)`.
 * Deletes are numbered in the order of their commits. What a segment holds is older than each delete whose number is not below
 * the segment's `deletes`; the lower ones have been carried out in it.
 */
export interface Tombstone {
  number: number
  table: string
  matchers: readonly Matcher[]
  start: bigint
  end: bigint
}

/** Most tests of tags in one delete, and most values of one test. */
export const MAX_MATCHERS = 64
export const MAX_MATCHER_VALUES = 10_000

const OPERATORS: readonly Matcher['op'][] = ['=', '!=', '=~', '!~', 'in', 'not in']

/** Rows of one table in a segment or a cold file. */
export interface StoredRows {
  table: string
  minTime: bigint
  maxTime: bigint
  /** Deletes of lower numbers are carried out in it; absent is 0. */
  deletes?: number | undefined
}

/** What segments have, table by table. */
export function rowsOf(segments: readonly SegmentInfo[]): StoredRows[] {
  return segments.flatMap(({ tables, deletes }) =>
    Array.from(tables, ([table, range]) => ({ ...range, table, deletes })),
  )
}

/** Whether a segment may hold rows that a delete hides. */
export function mayHide(tombstone: Tombstone, { tables, deletes }: SegmentInfo): boolean {
  const range = tables.get(tombstone.table)
  return range !== undefined && mayHideRows(tombstone, { ...range, table: tombstone.table, deletes })
}

/** Whether some of the rows may be such that a delete hides. */
export function mayHideRows({ number, table, start, end }: Tombstone, rows: StoredRows): boolean {
  return rows.table === table && (rows.deletes ?? 0) <= number && rows.minTime < end && rows.maxTime >= start
}

/** The record of a delete in the log; `FORMAT.md` draws it. */
export function encodeDelete({ number, table, matchers, start, end }: Tombstone): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter()
  out.u8(RECORD_VERSION)
  out.u8(DELETE_RECORD)
  out.varint(number)
  out.text(table)
  out.i64(start)
  out.i64(end)
  out.varint(matchers.length)
  for (const matcher of matchers) {
    out.text(matcher.tag)
    out.u8(OPERATORS.indexOf(matcher.op))
    const values = 'values' in matcher ? matcher.values : [matcher.value]
    out.varint(values.length)
    for (const value of values) out.text(value)
  }
  return out.finish()
}

/** Reads the record of a delete. Throws `corrupt` or `truncated` where it is none. */
export function decodeDelete(bytes: Uint8Array): Tombstone {
  const reader = new ByteReader(bytes, 'log record of a delete')
  if (reader.u8() !== RECORD_VERSION || reader.u8() !== DELETE_RECORD) throw reader.corrupt('it is none')
  const number = reader.varint()
  const table = reader.text()
  const start = reader.i64()
  const end = reader.i64()
  const matchers: Matcher[] = []
  for (let left = reader.count(3); left > 0; left--) matchers.push(readMatcher(reader))
  reader.end()
  return { number, table, matchers, start, end }
}

function readMatcher(reader: ByteReader): Matcher {
  const tag = reader.text()
  const op = OPERATORS[reader.u8()]
  if (op === undefined) throw reader.corrupt('a test of a tag is not known')
  const values: string[] = []
  for (let left = reader.count(1); left > 0; left--) values.push(reader.text())
  if (op === 'in' || op === 'not in') return { tag, op, values }
  const [value] = values
  if (value === undefined || values.length > 1) throw reader.corrupt('a test of a tag has not one value')
  return { tag, op, value }
}

/** A delete out of a manifest. Throws where it is none. */
export function checkTombstone(value: unknown): Tombstone {
  const { number, table, matchers, start, end } = fieldsOf(value)
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0)
    throw new Error('a delete has no number')
  if (typeof table !== 'string' || !Array.isArray(matchers)) throw new Error('a delete is none')
  const range = { start: BigInt(String(start)), end: BigInt(String(end)) }
  return { number, table, matchers: matchers.map(checkMatcher), ...range }
}

/** A test of a tag out of a manifest. Throws where it is none. */
export function checkMatcher(from: unknown): Matcher {
  const { tag, op, value, values } = fieldsOf(from)
  if (typeof tag !== 'string') throw new Error('a test has no tag')
  if ((op === 'in' || op === 'not in') && Array.isArray(values)) return { tag, op, values: values.map(String) }
  if ((op === '=' || op === '!=' || op === '=~' || op === '!~') && typeof value === 'string') return { tag, op, value }
  throw new Error(`the test of tag '${tag}' is not known`)
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('a delete is not an object')
  return value as Record<string, unknown> // what an object of JSON is
}
