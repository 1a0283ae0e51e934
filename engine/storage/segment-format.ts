import { ByteReader } from './byte-reader.ts'

/** `TMSG`, little-endian. */
export const SEGMENT_MAGIC = 0x47534d54
/** What is written. Versions 1 (headers that are not packed) and 2 (headers in one piece, with the models) are read too. */
export const SEGMENT_VERSION = 3
export const SEGMENT_HEADER_BYTES = 8
/** Index start, index length, index checksum, magic. */
export const SEGMENT_FOOTER_BYTES = 16

export interface TableRange {
  rows: number
  /** Times of the first row and of the last one. */
  minTime: bigint
  maxTime: bigint
}

/** What a manifest says of a segment. */
export interface SegmentInfo {
  /** SHA-256 of its bytes in hexadecimal, and `.seg`. */
  name: string
  bytes: number
  tables: ReadonlyMap<string, TableRange>
  /** Whether a compaction has brought it into its smallest form. */
  settled?: boolean
  /** Deletes of lower numbers are carried out in it, and the others are younger than its rows. Absent: 0. */
  deletes?: number
}

/** The version of the segment that begins with some bytes. Throws `corrupt` where they are not of a segment or that is not known. */
export function readVersion(bytes: Uint8Array, name: string): number {
  const reader = new ByteReader(bytes, `segment ${name}`)
  if (reader.u32() !== SEGMENT_MAGIC) throw reader.corrupt('it does not start as a segment')
  const version = reader.u16()
  if (version < 1 || version > SEGMENT_VERSION) throw reader.corrupt(`version ${version} is not known`)
  return version
}
