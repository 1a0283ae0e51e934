import { TidemarkError } from '../core/errors.ts'
import {
  encodeLogFrames,
  encodeLogHeader,
  headerFault,
  LOG_HEADER_BYTES,
  type LogScan,
  scanLogFile,
} from './log-file.ts'
import type { SyncFile } from './opfs-folder.ts'
import type { Checksum } from './store.ts'

/** Where the bytes of a name lie. */
export interface NamedFile {
  readonly file: number
  readonly bytes: number
}

/** A name gets a file, or none any more. */
export type NameChange = readonly [name: string, file: NamedFile | undefined]

/** Changes that follow the whole table before it is written anew, and of those at most so many for each name. */
const MIN_CHANGES = 256
const CHANGES_PER_NAME = 2
const VERSION = 1

type EntryJson = [name: string, file: number, bytes: number] | [name: string]

interface Slot {
  file: SyncFile
  first: number
  scan: LogScan
  bytes: Uint8Array
}

/**
 * The names of a folder's files. FORMAT.md, "Files in the browser", draws it: a log whose first record is the whole table,
 * and whose others change it; it is written anew into the other one of two files.
 */
export class NameTable {
  readonly #checksum: Checksum
  readonly #entries = new Map<string, NamedFile>()
  #current: SyncFile
  #other: SyncFile
  /** Where the next record goes, and its number. */
  #end = 0
  #next: number
  #changes = 0

  private constructor(files: readonly [current: SyncFile, other: SyncFile], first: number, checksum: Checksum) {
    this.#current = files[0]
    this.#other = files[1]
    this.#next = first
    this.#checksum = checksum
  }

  /** Reads the table, or begins it where `isNew`. Throws `corrupt` where it is damaged, `invalid` for a newer version. */
  static open(files: readonly [SyncFile, SyncFile], isNew: boolean, checksum: Checksum): NameTable {
    const slots = files.map((file) => readSlot(file, checksum)).filter((slot) => slot !== undefined)
    const newest = slots.toSorted((a, b) => b.first - a.first)[0]
    if (newest === undefined) {
      if (!isNew) throw damaged('is damaged')
      const table = new NameTable([files[1], files[0]], 0, checksum)
      table.#rewrite()
      return table
    }
    const other = files.find((file) => file !== newest.file) ?? files[1]
    const table = new NameTable([newest.file, other], newest.first, checksum)
    table.#read(newest)
    return table
  }

  get(name: string): NamedFile | undefined {
    return this.#entries.get(name)
  }

  get entries(): ReadonlyMap<string, NamedFile> {
    return this.#entries
  }

  /** All of the changes or none; durable when it returns. */
  change(changes: readonly NameChange[]): void {
    if (this.#changes > Math.max(MIN_CHANGES, CHANGES_PER_NAME * this.#entries.size)) this.#rewrite()
    this.#end += this.#write(this.#current, this.#end, changes.map(entryOf))
    this.#changes += 1
    this.#next += 1
    this.#apply(changes)
  }

  close(): void {
    this.#current.close()
    this.#other.close()
  }

  #apply(changes: readonly NameChange[]): void {
    for (const [name, file] of changes) {
      if (file === undefined) this.#entries.delete(name)
      else this.#entries.set(name, file)
    }
  }

  /** Bytes of the record that was written. */
  #write(file: SyncFile, at: number, record: unknown): number {
    const frame = encodeLogFrames([new TextEncoder().encode(JSON.stringify(record))], this.#next, this.#checksum)
    writeFully(file, frame, at)
    file.flush()
    return frame.byteLength
  }

  /** The other file counts as soon as its first record is whole; this one must not be read again after that. */
  #rewrite(): void {
    const [current, other] = [this.#current, this.#other]
    other.truncate(0)
    writeFully(other, encodeLogHeader(this.#next, this.#checksum), 0)
    const files = [...this.#entries].map(entryOf)
    const bytes = this.#write(other, LOG_HEADER_BYTES, { version: VERSION, files })
    current.truncate(0)
    current.flush()
    this.#current = other
    this.#other = current
    this.#end = LOG_HEADER_BYTES + bytes
    this.#next += 1
    this.#changes = 0
  }

  #read({ file, scan, bytes }: Slot): void {
    const [lost] = scan.damage
    if (lost) throw damaged(`is damaged: ${lost.message}`)
    for (const [i, frame] of scan.frames.entries()) {
      const record = parseRecord(bytes.subarray(frame.start, frame.end))
      this.#apply(i === 0 ? wholeTable(record) : changesOf(record))
    }
    this.#next = scan.next
    this.#end = scan.end
    this.#changes = scan.frames.length - 1
    // A change that was cut short would else lie behind the next one.
    file.truncate(scan.end)
    file.flush()
  }
}

/** Reads until the array is full or the file ends; returns the bytes that were read. */
export function readFully(file: SyncFile, into: Uint8Array, at: number): number {
  let done = 0
  while (done < into.byteLength) {
    const read = file.read(into.subarray(done), { at: at + done })
    if (read === 0) break
    done += read
  }
  return done
}

export function writeFully(file: SyncFile, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    const written = file.write(bytes.subarray(done), { at: at + done })
    if (written === 0) throw new TidemarkError('quota', 'the browser gives this site no more space')
    done += written
  }
}

/** The log in a file whose first record is whole. */
function readSlot(file: SyncFile, checksum: Checksum): Slot | undefined {
  const bytes = new Uint8Array(file.getSize())
  if (readFully(file, bytes, 0) < LOG_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer)
  const first = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32
  const options = { name: 'the table of names', first, checksum }
  if (headerFault(bytes, options) !== undefined) return undefined
  const scan = scanLogFile(bytes, options)
  return scan.frames[0]?.position === first ? { file, first, scan, bytes } : undefined
}

function entryOf([name, file]: NameChange): EntryJson {
  return file === undefined ? [name] : [name, file.file, file.bytes]
}

function parseRecord(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw damaged('has a record that is no JSON', error)
  }
}

function wholeTable(record: unknown): NameChange[] {
  if (typeof record !== 'object' || record === null || !('version' in record) || !('files' in record)) {
    throw damaged('does not begin with a table')
  }
  if (record.version !== VERSION) {
    throw new TidemarkError(
      'invalid',
      `the table of names has version ${String(record.version)}, expected ${VERSION}`,
      {
        hint: 'Reload the page to get a newer version of this program.',
      },
    )
  }
  return changesOf(record.files)
}

function changesOf(record: unknown): NameChange[] {
  if (!Array.isArray(record)) throw damaged('has a record that is no list')
  return record.map((entry: unknown): NameChange => {
    const [name, file, bytes]: unknown[] = Array.isArray(entry) ? entry : []
    if (typeof name !== 'string') throw damaged('has an entry without a name')
    if (file === undefined) return [name, undefined]
    if (!isCount(file) || !isCount(bytes)) throw damaged(`has a wrong entry for '${name}'`)
    return [name, { file, bytes }]
  })
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function damaged(what: string, cause?: unknown): TidemarkError {
  return new TidemarkError('corrupt', `the table of names ${what}`, {
    hint: 'Restore the store from a backup, or delete the data of this site and start anew.',
    ...(cause !== undefined && { cause }),
  })
}
