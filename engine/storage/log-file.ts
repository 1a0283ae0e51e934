import { TidemarkError } from '../core/errors.ts'
import { type Checksum, type LogDamage, type LogPosition, MAX_RECORD_BYTES } from './store.ts'

// FORMAT.md, "Log files", draws what is read and written here.
const MAGIC = 0x474c_4d54 // 'TMLG', little-endian
const VERSION = 1
export const LOG_HEADER_BYTES = 20
export const FRAME_HEADER_BYTES = 16
const HEADER_CHECKED_BYTES = 16
const FRAME_CHECKED_FROM = 4
/** What the search for the next whole frame may checksum; crafted records could make it quadratic otherwise. */
const SEARCH_CHECKSUM_BYTES = 4 * 1024 * 1024 * 1024
const HIGH = 2 ** 32
/** Frames that are longer get memory of their own. */
const MOST_KEPT_BYTES = 4 << 20

/** One whole record of a log file. */
export interface LogFrame {
  position: LogPosition
  /** Position of the first record of the commit that wrote it. */
  commit: LogPosition
  /** Where the record's bytes lie in the file. */
  start: number
  end: number
}

export interface LogScan {
  frames: LogFrame[]
  damage: LogDamage[]
  /** Where the last whole frame ends; what follows is a write that was cut short. */
  end: number
  /** Position of the record that follows. */
  next: LogPosition
}

export interface LogScanOptions {
  /** What to call the file in messages. */
  name: string
  /** Position of the file's first record. */
  first: LogPosition
  /** Position of the first record of the file that follows; absent for the last file, which may end in a torn write. */
  next?: LogPosition
  checksum: Checksum
}

/** The header of a log file whose first record has the position `first`. */
export function encodeLogHeader(first: LogPosition, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(LOG_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, VERSION, true)
  view.setUint32(8, first % HIGH, true)
  view.setUint32(12, Math.floor(first / HIGH), true)
  view.setUint32(16, checksum(bytes.subarray(0, HEADER_CHECKED_BYTES)) >>> 0, true)
  return bytes
}

/** Memory for the frames of one commit after the other: fresh memory costs more than filling it. */
export class FrameSpace {
  #bytes = new Uint8Array()

  /** So many bytes, until the next call. What is seldom needed is not kept. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length > MOST_KEPT_BYTES) return new Uint8Array(length)
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(Math.min(MOST_KEPT_BYTES, 2 * length))
    return this.#bytes.subarray(0, length)
  }
}

/** The frames of one commit, as they are written; in `space`, where it is given. */
export function encodeLogFrames(
  records: readonly Uint8Array[],
  first: LogPosition,
  checksum: Checksum,
  space?: FrameSpace,
): Uint8Array {
  const total = records.reduce((sum, record) => sum + FRAME_HEADER_BYTES + record.byteLength, 0)
  const bytes = space?.take(total) ?? new Uint8Array(total)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [i, record] of records.entries()) {
    const end = at + FRAME_HEADER_BYTES + record.byteLength
    const position = first + i
    view.setUint32(at + 4, record.byteLength, true)
    view.setUint32(at + 8, position % HIGH, true)
    view.setUint16(at + 12, Math.floor(position / HIGH), true)
    view.setUint16(at + 14, i, true)
    bytes.set(record, at + FRAME_HEADER_BYTES)
    view.setUint32(at, checksum(bytes.subarray(at + FRAME_CHECKED_FROM, end)) >>> 0, true)
    at = end
  }
  return bytes
}

/**
 * Finds the whole records of a log file. Throws `invalid` for a version that this code does not know; damage of any kind
 * is told, not thrown.
 */
export function scanLogFile(bytes: Uint8Array, options: LogScanOptions): LogScan {
  const scan = new FrameReader(bytes, options).scan()
  const fault = headerFault(bytes, options)
  // A file whose header alone is torn was never written to: its first commit follows the header's.
  if (fault && (scan.frames.length > 0 || options.next !== undefined)) {
    scan.damage.unshift({ position: options.first, records: 0, message: `${options.name}: ${fault}` })
  }
  return scan
}

/** What is wrong with a file's header. */
export function headerFault(bytes: Uint8Array, { first, checksum }: LogScanOptions): string | undefined {
  if (bytes.byteLength < LOG_HEADER_BYTES) return 'the header is cut short'
  const view = new DataView(bytes.buffer, bytes.byteOffset, LOG_HEADER_BYTES)
  const expected = checksum(bytes.subarray(0, HEADER_CHECKED_BYTES)) >>> 0
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(16, true) !== expected) return 'the header is damaged'
  const version = view.getUint32(4, true)
  if (version !== VERSION) {
    throw new TidemarkError('invalid', `the log has format version ${version}; this program reads version ${VERSION}`, {
      hint: 'Open it with the program that wrote it.',
    })
  }
  const named = view.getUint32(8, true) + view.getUint32(12, true) * HIGH
  return named === first ? undefined : `the header says that record ${named} comes first, the name says ${first}`
}

class FrameReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #options: LogScanOptions
  #searched = 0

  constructor(bytes: Uint8Array, options: LogScanOptions) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#options = options
  }

  scan(): LogScan {
    const { first, next } = this.#options
    const scan: LogScan = { frames: [], damage: [], end: LOG_HEADER_BYTES, next: first }
    for (;;) {
      const frame = this.#frameAt(scan.end, scan.next) ?? this.#frameAfter(scan.end, scan.next)
      if (!frame) break
      if (frame.position > scan.next) scan.damage.push(this.#damage(scan, frame.position))
      scan.frames.push(frame)
      scan.end = frame.end
      scan.next = frame.position + 1
    }
    if (next === undefined) return this.#withoutTornCommit(scan)
    if (next > scan.next) scan.damage.push(this.#damage(scan, next))
    return scan
  }

  /**
   * A commit begins after the one before it is durable. So a lost record was acknowledged only if a later commit is
   * there; else it belongs to the last write, which was cut short, and nothing from it on counts.
   */
  #withoutTornCommit(scan: LogScan): LogScan {
    const commit = scan.frames.at(-1)?.commit ?? 0
    const torn = scan.damage.find(({ position }) => position >= commit)
    if (!torn) return scan
    const frames = scan.frames.filter(({ position }) => position < torn.position)
    const damage = scan.damage.filter(({ position }) => position < torn.position)
    return { frames, damage, end: frames.at(-1)?.end ?? LOG_HEADER_BYTES, next: torn.position }
  }

  #damage(scan: LogScan, next: LogPosition): LogDamage {
    const records = next - scan.next
    const message = `${this.#options.name}: ${records} records from number ${scan.next} on, at byte ${scan.end}, are damaged`
    return { position: scan.next, records, message }
  }

  /** The frame at `offset`, where it is whole and has the position. */
  #frameAt(offset: number, position: LogPosition): LogFrame | undefined {
    const frame = this.#headerAt(offset)
    return frame?.position === position && this.#isWhole(offset, frame) ? frame : undefined
  }

  /** The first whole frame after a damaged one, looked for where that one says it ends, then at every byte. */
  #frameAfter(offset: number, damaged: LogPosition): LogFrame | undefined {
    const stated = this.#headerAt(offset)?.end
    const frame = stated === undefined ? undefined : this.#frameAt(stated, damaged + 1)
    if (frame) return frame
    for (let at = offset + 1; at + FRAME_HEADER_BYTES <= this.#bytes.byteLength; at++) {
      const candidate = this.#headerAt(at)
      if (candidate && this.#mayFollow(candidate, at - offset, damaged) && this.#isWholeWithin(at, candidate))
        return candidate
    }
    return undefined
  }

  /** Whether between a damaged record and this one there is room for those that are missing. */
  #mayFollow(candidate: LogFrame, gapBytes: number, damaged: LogPosition): boolean {
    const { next = Number.POSITIVE_INFINITY } = this.#options
    const { position } = candidate
    return position > damaged && position < next && (position - damaged) * FRAME_HEADER_BYTES <= gapBytes
  }

  #isWholeWithin(offset: number, frame: LogFrame): boolean {
    this.#searched += frame.end - offset
    if (this.#searched > SEARCH_CHECKSUM_BYTES) {
      throw new TidemarkError(
        'corrupt',
        `${this.#options.name} is damaged beyond what can be searched for whole records`,
        {
          hint: 'Move the file away to open the store without its records.',
        },
      )
    }
    return this.#isWhole(offset, frame)
  }

  #isWhole(offset: number, frame: LogFrame): boolean {
    const checked = this.#bytes.subarray(offset + FRAME_CHECKED_FROM, frame.end)
    return this.#view.getUint32(offset, true) === this.#options.checksum(checked) >>> 0
  }

  /** What a header says, where it can be true. */
  #headerAt(offset: number): LogFrame | undefined {
    const start = offset + FRAME_HEADER_BYTES
    if (start > this.#bytes.byteLength) return undefined
    const length = this.#view.getUint32(offset + 4, true)
    const end = start + length
    if (length > MAX_RECORD_BYTES || end > this.#bytes.byteLength) return undefined
    const position = this.#view.getUint32(offset + 8, true) + this.#view.getUint16(offset + 12, true) * HIGH
    const commit = position - this.#view.getUint16(offset + 14, true)
    return commit < this.#options.first ? undefined : { position, commit, start, end }
  }
}
