import type { FieldType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { SegmentInfo, TableRange } from './segment-format.ts'
import type { BlobStore, LogPosition } from './store.ts'

export const MANIFEST_NAME = 'manifest.json'
const VERSION = 1

/** What is true of a store: its segments in the order of their rows' age, and from where on the log counts. */
export interface Manifest {
  /** Later segments win over earlier ones. */
  segments: readonly SegmentInfo[]
  /** Rows of the log before this position are in segments. */
  logStart: LogPosition
  /** Names and types of every table's columns. */
  tables: ReadonlyMap<string, TableColumns>
}

export interface TableColumns {
  tags: readonly string[]
  fields: ReadonlyMap<string, FieldType>
}

export const emptyManifest: Manifest = { segments: [], logStart: 0, tables: new Map() }

const SEGMENT_NAME = /^[0-9a-f]{64}\.seg$/
const FIELD_TYPES: readonly unknown[] = ['f64', 'i64', 'bool', 'string'] satisfies FieldType[]

/** Replaces the manifest: from then on the store is what it says. */
export async function writeManifest(blobs: BlobStore, manifest: Manifest): Promise<void> {
  // Maps are lists of entries, since a table may be called __proto__; 64-bit times are texts.
  const text = JSON.stringify({ version: VERSION, ...manifest }, (_key, value: unknown) => {
    if (value instanceof Map) return [...value]
    return typeof value === 'bigint' ? value.toString() : value
  })
  await blobs.put(MANIFEST_NAME, new TextEncoder().encode(text))
}

/** Reads the manifest of a store, an empty one where there is none. Throws `corrupt` where it is damaged. */
export async function readManifest(blobs: BlobStore): Promise<Manifest> {
  const names = await blobs.list()
  if (!names.some(({ name }) => name === MANIFEST_NAME)) return emptyManifest
  const bytes = await blobs.get(MANIFEST_NAME)
  try {
    return checkManifest(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TidemarkError('corrupt', `${MANIFEST_NAME} is damaged: ${reason}`, {
      hint: 'Restore it from a backup, or move the store away and start anew.',
      cause,
    })
  }
}

function checkManifest(value: unknown): Manifest {
  const manifest = record(value, 'manifest')
  if (manifest.version !== VERSION) throw new Error(`version ${manifest.version} is not known`)
  return {
    segments: list(manifest.segments, 'segments').map(checkSegment),
    logStart: count(manifest.logStart, 'logStart'),
    tables: entries(manifest.tables, 'tables', checkTable),
  }
}

function checkTable(value: unknown): TableColumns {
  const table = record(value, 'table')
  const fields = entries(table.fields, 'fields', (type) => {
    if (!FIELD_TYPES.includes(type)) throw new Error(`a field has the type '${type}'`)
    return type as FieldType // one of them, by the line before
  })
  return { tags: list(table.tags, 'tags').map(String), fields }
}

function checkSegment(value: unknown): SegmentInfo {
  const segment = record(value, 'segment')
  if (typeof segment.name !== 'string' || !SEGMENT_NAME.test(segment.name)) throw new Error('a segment has no name')
  const tables = entries(segment.tables, 'tables', (range): TableRange => {
    const { rows, minTime, maxTime } = record(range, 'range')
    return { rows: count(rows, 'rows'), minTime: BigInt(String(minTime)), maxTime: BigInt(String(maxTime)) }
  })
  return { name: segment.name, bytes: count(segment.bytes, 'bytes'), tables }
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`'${what}' is not a list`)
  return value
}

function entries<T>(value: unknown, what: string, check: (value: unknown) => T): Map<string, T> {
  return new Map(
    list(value, what).map((entry) => {
      const [name, content] = list(entry, what)
      return [String(name), check(content)]
    }),
  )
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`'${what}' is not an object`)
  return value as Record<string, unknown> // what an object of JSON is
}

function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Error(`'${what}' is not a count`)
  return value
}
