import { writeSync } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GroupCommit } from './group-commit.ts'
import {
  encodeLogFrames,
  encodeLogHeader,
  FrameSpace,
  LOG_HEADER_BYTES,
  type LogScan,
  scanLogFile,
} from './log-file.ts'
import { fileError } from './node-error.ts'
import { syncFolder } from './node-folder.ts'
import type { Checksum, LogDamage, LogPosition, LogStore } from './store.ts'

/** A log file that has grown to this is followed by a new one. */
export const LOG_FILE_BYTES: number = 64 * 1024 * 1024
/** Digits of the greatest safe integer, so that names sort as numbers do. */
const NAME_DIGITS = 16
const LOG_NAME = /^(\d{16})\.log$/

interface LogFile {
  first: LogPosition
  bytes: number
}

export interface NodeLogOptions {
  checksum: Checksum
  /** Default `LOG_FILE_BYTES`. */
  fileBytes?: number
}

/** Opens a folder of log files and cuts off a write that was interrupted. */
export async function openNodeLogStore(folder: string, options: NodeLogOptions): Promise<NodeLogStore> {
  try {
    const files = await listLogFiles(folder)
    const last = files.at(-1) ?? { first: 0, bytes: 0 }
    const path = logPath(folder, last.first)
    const bytes = files.length > 0 ? await readFile(path) : new Uint8Array(0)
    const scan = scanLogFile(bytes, { name: path, first: last.first, checksum: options.checksum })
    const handle = await openForAppend(path, last.first, { bytes, scan, checksum: options.checksum })
    if (files.length === 0) files.push(last)
    last.bytes = scan.end
    return new NodeLogStore(folder, { ...options, files, handle, next: scan.next })
  } catch (error) {
    throw fileError(error, 'open the log in', folder)
  }
}

/** Cuts the file after its last whole record, or writes its header where it has none. */
async function openForAppend(
  path: string,
  first: LogPosition,
  found: { bytes: Uint8Array; scan: LogScan; checksum: Checksum },
): Promise<FileHandle> {
  const { bytes, scan, checksum } = found
  const handle = await open(path, bytes.byteLength === 0 ? 'w' : 'r+')
  try {
    if (scan.frames.length === 0) writeAll(handle, encodeLogHeader(first, checksum), 0)
    if (bytes.byteLength > scan.end) await handle.truncate(scan.end)
    await handle.datasync()
    await syncFolder(dirname(path))
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

interface OpenLog extends NodeLogOptions {
  files: LogFile[]
  handle: FileHandle
  next: LogPosition
}

export class NodeLogStore implements LogStore {
  readonly #folder: string
  readonly #checksum: Checksum
  readonly #fileBytes: number
  readonly #files: LogFile[]
  readonly #group: GroupCommit
  readonly #space = new FrameSpace()
  #handle: FileHandle

  constructor(folder: string, log: OpenLog) {
    this.#folder = folder
    this.#checksum = log.checksum
    this.#fileBytes = log.fileBytes ?? LOG_FILE_BYTES
    this.#files = log.files
    this.#handle = log.handle
    this.#group = new GroupCommit(log.next, (records, first) => this.#commit(records, first))
  }

  get next(): LogPosition {
    return this.#group.next
  }

  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0)
  }

  append(record: Uint8Array): Promise<LogPosition> {
    return this.#group.append(record)
  }

  async replay(
    visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>,
    onDamage: (damage: LogDamage) => void = () => undefined,
  ): Promise<void> {
    const { files, end } = await this.#group.between(async () => {
      return { files: this.#files.map((file) => ({ ...file })), end: this.#group.next }
    })
    for (const [i, file] of files.entries()) {
      const path = logPath(this.#folder, file.first)
      const bytes = await readLogFile(path, file.bytes)
      const next = files[i + 1]?.first ?? end
      const scan = scanLogFile(bytes, { name: path, first: file.first, next, checksum: this.#checksum })
      for (const damage of scan.damage) onDamage(damage)
      for (const frame of scan.frames) await visit(bytes.subarray(frame.start, frame.end), frame.position)
    }
  }

  async truncate(before: LogPosition): Promise<void> {
    await this.#group.between(async () => {
      try {
        const active = this.#activeFile()
        if (before >= this.#group.next && active.first < this.#group.next) await this.#roll()
        await this.#deleteFiles(before)
      } catch (error) {
        throw fileError(error, 'shorten the log in', this.#folder)
      }
    })
  }

  async close(): Promise<void> {
    await this.#group.close()
    await this.#handle.close()
  }

  async #commit(records: readonly Uint8Array[], first: LogPosition): Promise<void> {
    try {
      if (this.#activeFile().bytes >= this.#fileBytes) await this.#roll()
      const frames = encodeLogFrames(records, first, this.#checksum, this.#space)
      const active = this.#activeFile()
      writeAll(this.#handle, frames, active.bytes)
      await this.#handle.datasync()
      active.bytes += frames.byteLength
    } catch (error) {
      throw fileError(error, 'append to the log in', this.#folder)
    }
  }

  #activeFile(): LogFile {
    const active = this.#files.at(-1)
    if (!active) throw new Error('an open log has a file')
    return active
  }

  /** Goes on in a new file. One that is left half-made would hide later records of the old, so a failure ends the log. */
  async #roll(): Promise<void> {
    const first = this.#group.next
    try {
      const handle = await open(logPath(this.#folder, first), 'wx')
      const old = this.#handle
      this.#handle = handle
      await old.close()
      writeAll(handle, encodeLogHeader(first, this.#checksum), 0)
      await handle.datasync()
      await syncFolder(this.#folder)
      this.#files.push({ first, bytes: LOG_HEADER_BYTES })
    } catch (error) {
      this.#group.fail(fileError(error, 'start a log file in', this.#folder))
      throw error
    }
  }

  /** Oldest first, so that a crash leaves no hole. */
  async #deleteFiles(before: LogPosition): Promise<void> {
    for (;;) {
      const [oldest, second] = this.#files
      if (!oldest || !second || second.first > before) break
      await rm(logPath(this.#folder, oldest.first), { force: true })
      this.#files.shift()
    }
    await syncFolder(this.#folder)
  }
}

function logPath(folder: string, first: LogPosition): string {
  return join(folder, `${String(first).padStart(NAME_DIGITS, '0')}.log`)
}

async function listLogFiles(folder: string): Promise<LogFile[]> {
  const files: LogFile[] = []
  for (const name of (await readdir(folder)).sort()) {
    const first = Number(LOG_NAME.exec(name)?.[1])
    if (Number.isSafeInteger(first)) files.push({ first, bytes: (await stat(join(folder, name))).size })
  }
  return files
}

async function readLogFile(path: string, bytes: number): Promise<Uint8Array> {
  try {
    const file = await readFile(path)
    // A plain view: a Buffer's `slice` would not copy.
    return new Uint8Array(file.buffer, file.byteOffset, Math.min(bytes, file.byteLength))
  } catch (error) {
    throw fileError(error, 'read', path)
  }
}

/**
 * Into the page cache, which takes microseconds; so it is done at once. Handing it to another thread would cost a turn of the
 * event loop, which under load is longer than the sync that follows.
 */
function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(handle.fd, bytes, done, bytes.byteLength - done, at + done)
  }
}
