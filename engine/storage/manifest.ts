import type { FieldType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Matcher } from '../core/matcher.ts'
import type { TimeRange } from '../scan/row-group.ts'
import { decodeCheckedJson, encodeCheckedJson } from './checked-json.ts'
import { checkDefinitions, type Definitions, FIELD_TYPES, noDefinitions } from './definition.ts'
import { count, entries, list, record } from './json-shape.ts'
import { MAX_SEQUENCE, type ProducerState } from './producer-state.ts'
import type { SegmentInfo, TableRange } from './segment-format.ts'
import type { BlobStore, Checksum, LogPosition } from './store.ts'
import { checkMatcher, checkTombstone, type Tombstone } from './tombstone.ts'

export const MANIFEST_NAME = 'manifest.json'
/** The blob with what is known of the cold tier, where there is one. */
export const COLD_MANIFEST_COPY = 'cold-manifest.json'
const VERSION = 3
/** Earlier versions lack what has a default below. */
const READABLE_VERSIONS: readonly unknown[] = [1, 2, VERSION]

/** What is true of a store: its segments in the order of their rows' age, and from where on the log counts. */
export interface Manifest {
  /** Later segments win over earlier ones. */
  segments: readonly SegmentInfo[]
  /** Rows of the log before this position are in segments. */
  logStart: LogPosition
  /** Names and types of every table's columns. */
  tables: ReadonlyMap<string, TableColumns>
  /** By a rollup's table or a view: windows whose rows have changed since they were computed. */
  staleWindows: ReadonlyMap<string, readonly StaleRange[]>
  written: WrittenBytes
  /** The last request of each producer; those whose records lie behind `logStart` may be newer. */
  producers: ReadonlyMap<string, ProducerState>
  deletes: ManifestDeletes
  /** Those whose records lie behind `logStart` may be newer. */
  definitions: Definitions
}

/** Windows from the start of one to the end of another; of a view maybe only those of some groups. */
export interface StaleRange extends TimeRange {
  /** Of series that pass every test of one of these; absent is all. */
  groups?: readonly (readonly Matcher[])[]
}

export interface ManifestDeletes {
  /** Above the number of every delete whose record lies before `logStart`. */
  next: number
  /** Those of them that may hide rows of segments. */
  waiting: readonly Tombstone[]
}

/** Bytes of all segments that were ever written. */
export interface WrittenBytes {
  /** From rows in memory. */
  flushed: number
  /** From other segments. */
  compacted: number
}

export interface TableColumns {
  tags: readonly string[]
  fields: ReadonlyMap<string, FieldType>
}

export const emptyManifest: Manifest = {
  segments: [],
  logStart: 0,
  tables: new Map(),
  staleWindows: new Map(),
  written: { flushed: 0, compacted: 0 },
  producers: new Map(),
  deletes: { next: 0, waiting: [] },
  definitions: noDefinitions,
}

export const SEGMENT_NAME: RegExp = /^[0-9a-f]{64}\.seg$/

/** Replaces the manifest: from then on the store is what it says. */
export async function writeManifest(blobs: BlobStore, manifest: Manifest, checksum: Checksum): Promise<void> {
  await blobs.put(MANIFEST_NAME, printManifest(manifest, checksum))
}

export function printManifest(manifest: Manifest, checksum: Checksum): Uint8Array<ArrayBuffer> {
  return encodeCheckedJson({ version: VERSION, ...manifest }, checksum)
}

/** Reads the manifest of a store, an empty one where there is none. Throws `corrupt` where it is damaged. */
export async function readManifest(blobs: BlobStore, checksum: Checksum): Promise<Manifest> {
  const names = await blobs.list()
  if (!names.some(({ name }) => name === MANIFEST_NAME)) return emptyManifest
  return parseManifest(await blobs.get(MANIFEST_NAME), checksum)
}

/** Reads the bytes of a manifest. Throws `corrupt` where they are none. */
export function parseManifest(bytes: Uint8Array, checksum: Checksum): Manifest {
  try {
    return checkManifest(decodeCheckedJson(bytes, checksum))
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
  if (!READABLE_VERSIONS.includes(manifest.version)) throw new Error(`version ${manifest.version} is not known`)
  return {
    segments: list(manifest.segments, 'segments').map(checkSegment),
    logStart: count(manifest.logStart, 'logStart'),
    tables: entries(manifest.tables, 'tables', checkTable),
    // Absent in manifests of stores that had no rollups.
    staleWindows: entries(manifest.staleWindows ?? [], 'staleWindows', checkRanges),
    written: manifest.written === undefined ? emptyManifest.written : checkWritten(manifest.written),
    producers: entries(manifest.producers ?? [], 'producers', checkProducer),
    deletes: manifest.deletes === undefined ? emptyManifest.deletes : checkDeletes(manifest.deletes),
    definitions: manifest.definitions === undefined ? noDefinitions : checkDefinitions(manifest.definitions),
  }
}

function checkDeletes(value: unknown): ManifestDeletes {
  const { next, waiting } = record(value, 'deletes')
  return { next: count(next, 'next'), waiting: list(waiting, 'waiting').map(checkTombstone) }
}

function checkProducer(value: unknown): ProducerState {
  const { sequence, time } = record(value, 'producer')
  const state = { sequence: BigInt(String(sequence)), time: BigInt(String(time)) }
  if (state.sequence < 0n || state.sequence > MAX_SEQUENCE) throw new Error('a sequence is out of range')
  return state
}

function checkWritten(value: unknown): WrittenBytes {
  const { flushed, compacted } = record(value, 'written')
  return { flushed: count(flushed, 'flushed'), compacted: count(compacted, 'compacted') }
}

/** Columns out of JSON. Throws `Error` where they are none. */
export function checkTable(value: unknown): TableColumns {
  const table = record(value, 'table')
  const fields = entries(table.fields, 'fields', (type) => {
    const known = FIELD_TYPES.find((each) => each === type)
    if (known === undefined) throw new Error(`a field has the type '${type}'`)
    return known
  })
  return { tags: list(table.tags, 'tags').map(String), fields }
}

function checkRanges(value: unknown): StaleRange[] {
  return list(value, 'windows').map((range) => {
    const { start, end, groups } = record(range, 'range')
    const times = { start: BigInt(String(start)), end: BigInt(String(end)) }
    if (groups === undefined) return times
    return { ...times, groups: list(groups, 'groups').map((tests) => list(tests, 'tests').map(checkMatcher)) }
  })
}

function checkSegment(value: unknown): SegmentInfo {
  const segment = record(value, 'segment')
  if (typeof segment.name !== 'string' || !SEGMENT_NAME.test(segment.name)) throw new Error('a segment has no name')
  const tables = entries(segment.tables, 'tables', (range): TableRange => {
    const { rows, minTime, maxTime } = record(range, 'range')
    return { rows: count(rows, 'rows'), minTime: BigInt(String(minTime)), maxTime: BigInt(String(maxTime)) }
  })
  return {
    name: segment.name,
    bytes: count(segment.bytes, 'bytes'),
    tables,
    ...(segment.deletes !== undefined && { deletes: count(segment.deletes, 'deletes') }),
    ...(segment.settled === true && { settled: true }),
  }
}

/** Segments of one name have the same rows, so that the later one makes up for those before it. */
export function lastOfEachName(segments: readonly SegmentInfo[]): SegmentInfo[] {
  const last = new Map(segments.map((segment) => [segment.name, segment]))
  return segments.filter((segment) => last.get(segment.name) === segment)
}

/** Removes segments that no manifest names: they were written by a flush that did not finish. */
export async function removeOrphans(blobs: BlobStore, { segments }: Manifest): Promise<void> {
  const live = new Set(segments.map(({ name }) => name))
  for (const { name } of await blobs.list()) if (SEGMENT_NAME.test(name) && !live.has(name)) await blobs.delete(name)
}
