import { TidemarkError } from '../core/errors.ts'
import { decodeCheckedJson, encodeCheckedJson } from '../storage/checked-json.ts'
import { count, entries, list, record } from '../storage/json-shape.ts'
import { checkTable, type TableColumns } from '../storage/manifest.ts'
import type { Checksum } from '../storage/store.ts'

/** The object that says which files count. */
export const COLD_MANIFEST = 'tidemark-manifest.json'
const VERSION = 1
/** Nanoseconds of a day of UTC. */
export const DAY_NS = 86_400_000_000_000n
/** Days that have a year of four digits, from 1970 on. Rows of other times stay where they are. */
const FIRST_DAY = 0
const LAST_DAY = 106_750

/** A Parquet file with rows of one table and one day. */
export interface ColdFileInfo {
  /** Key of the object; ends in the SHA-256 of its bytes. */
  key: string
  bytes: number
  table: string
  /** Days since 1970 UTC. */
  day: number
  rows: number
  series: number
  minTime: bigint
  maxTime: bigint
  /** Deletes of lower numbers are carried out in it; absent is 0. */
  deletes?: number
  /** Where the index of series and chunks is. */
  indexStart: number
  indexBytes: number
  indexChecksum: number
}

/** What is in the cold tier. Later files win over earlier ones, and everything that is not cold over all of them. */
export interface ColdManifest {
  /** Grows with every change. */
  generation: number
  files: readonly ColdFileInfo[]
  tables: ReadonlyMap<string, TableColumns>
}

export const emptyColdManifest: ColdManifest = { generation: 0, files: [], tables: new Map() }

export function encodeColdManifest(manifest: ColdManifest, checksum: Checksum): Uint8Array<ArrayBuffer> {
  return encodeCheckedJson({ version: VERSION, ...manifest }, checksum)
}

/** Reads a manifest from bytes that are not trusted. Throws `corrupt`. */
export function decodeColdManifest(bytes: Uint8Array, checksum: Checksum, where: string): ColdManifest {
  try {
    return checkManifest(decodeCheckedJson(bytes, checksum))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TidemarkError('corrupt', `${where} is damaged: ${reason}`, { cause })
  }
}

/** `table=cpu/day=2026-11-22/<hash>.parquet`, as Hive lays out folders. */
export function fileKey(table: string, day: number, hash: string): string {
  return `${dayPrefix(table, day)}${hash}.parquet`
}

function dayPrefix(table: string, day: number): string {
  return `table=${encodeName(table)}/day=${printDay(day)}/`
}

/** Keys that name files of this form: the others in the place are not ours. */
export const FILE_KEY: RegExp = /^table=[A-Za-z0-9._%~-]+\/day=\d{4}-\d\d-\d\d\/[0-9a-f]{64}\.parquet$/

/** A key of S3 has 1024 bytes at most, with its prefix. */
const MAX_NAME_CHARACTERS = 600

/** Why a table cannot be kept under a key, `undefined` where it can. */
export function nameProblem(table: string): string | undefined {
  if (encodeName(table).length <= MAX_NAME_CHARACTERS) return undefined
  return `the name of table '${table.slice(0, 100)}' is too long for an object store`
}

function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function printDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}

/** The day that a time is in. */
export function dayOf(time: bigint): number {
  return Number(time >= 0n ? time / DAY_NS : (time - DAY_NS + 1n) / DAY_NS)
}

/** Whether rows of a day may become cold. */
export function isKeepable(day: number): boolean {
  return day >= FIRST_DAY && day <= LAST_DAY
}

function checkManifest(value: unknown): ColdManifest {
  const manifest = record(value, 'manifest')
  if (manifest.version !== VERSION) throw new Error(`version ${manifest.version} is not known`)
  const tables = entries(manifest.tables, 'tables', checkTable)
  const files = list(manifest.files, 'files').map(checkFile)
  for (const { table } of files) if (!tables.has(table)) throw new Error(`table '${table}' has no columns`)
  return { generation: count(manifest.generation, 'generation'), files, tables }
}

function checkFile(value: unknown): ColdFileInfo {
  const file = record(value, 'file')
  if (typeof file.key !== 'string' || !FILE_KEY.test(file.key)) throw new Error('a file has no key')
  const info: ColdFileInfo = {
    key: file.key,
    bytes: count(file.bytes, 'bytes'),
    table: String(file.table),
    day: count(file.day, 'day'),
    rows: count(file.rows, 'rows'),
    series: count(file.series, 'series'),
    minTime: BigInt(String(file.minTime)),
    maxTime: BigInt(String(file.maxTime)),
    ...(file.deletes !== undefined && { deletes: count(file.deletes, 'deletes') }),
    indexStart: count(file.indexStart, 'indexStart'),
    indexBytes: count(file.indexBytes, 'indexBytes'),
    indexChecksum: count(file.indexChecksum, 'indexChecksum'),
  }
  const isOfDay = dayOf(info.minTime) === info.day && dayOf(info.maxTime) === info.day && info.minTime <= info.maxTime
  if (!isOfDay || !info.key.startsWith(dayPrefix(info.table, info.day))) {
    throw new Error(`file ${info.key} is not of its table and day`)
  }
  if (info.indexStart + info.indexBytes > info.bytes) throw new Error(`file ${info.key} ends before its index`)
  return info
}
