import { browserError } from './browser-error.ts'
import { CommitUndone, GroupCommit } from './group-commit.ts'
import { encodeLogFrames, encodeLogHeader, LOG_HEADER_BYTES, scanLogFile } from './log-file.ts'
import type { OpfsFiles } from './opfs-files.ts'
import type { SyncFile } from './opfs-folder.ts'
import { type NameChange, readFully, writeFully } from './opfs-name-table.ts'
import type { Checksum, LogDamage, LogPosition, LogStore } from './store.ts'

/** A log file that has grown to this is followed by a new one. */
export const LOG_FILE_BYTES: number = 64 * 1024 * 1024
/** Not a character of blob names; the digits are those of the greatest safe integer, so that names sort as numbers do. */
const LOG_NAME = /^~(\d{16})$/
const NAME_DIGITS = 16

interface LogFile {
  first: LogPosition
  file: number
  bytes: number
}

export interface OpfsLogOptions {
  checksum: Checksum
  /** Default `LOG_FILE_BYTES`. */
  fileBytes?: number
  /** Lets other work of this thread be done, appends among it, before a commit blocks it. */
  gather?: () => Promise<void>
}

/** Opens the log and cuts off a write that was interrupted. */
export async function openOpfsLogStore(files: OpfsFiles, options: OpfsLogOptions): Promise<OpfsLogStore> {
  try {
    const logs: LogFile[] = []
    for (const [name, { file }] of files.entries) {
      const first = Number(LOG_NAME.exec(name)?.[1])
      if (Number.isSafeInteger(first)) logs.push({ first, file, bytes: 0 })
    }
    logs.sort((a, b) => a.first - b.first)
    if (logs.length === 0) logs.push(await beginLogFile(files, 0, options.checksum))
    for (const log of logs) log.bytes = await files.use(log.file, (file) => file.getSize())
    const last = logs[logs.length - 1] as LogFile
    const next = await files.use(last.file, (file) => cutTornWrite(file, last, options.checksum))
    return new OpfsLogStore(files, { ...options, logs, next })
  } catch (error) {
    throw browserError(error, 'open the log')
  }
}

/** Cuts the file after its last whole record, and returns the position that follows. */
function cutTornWrite(file: SyncFile, log: LogFile, checksum: Checksum): LogPosition {
  const bytes = new Uint8Array(log.bytes)
  readFully(file, bytes, 0)
  const scan = scanLogFile(bytes, { name: logName(log.first), first: log.first, checksum })
  if (scan.frames.length === 0) writeFully(file, encodeLogHeader(log.first, checksum), 0)
  file.truncate(scan.end)
  file.flush()
  log.bytes = scan.end
  return scan.next
}

/** A file with a header, durable, under its name. */
async function beginLogFile(files: OpfsFiles, first: LogPosition, checksum: Checksum): Promise<LogFile> {
  const file = await files.take()
  try {
    await files.use(file, (opened) => {
      writeFully(opened, encodeLogHeader(first, checksum), 0)
      opened.flush()
    })
  } catch (error) {
    await files.giveBack(file)
    throw error
  }
  await files.change([[logName(first), { file, bytes: 0 }]])
  return { first, file, bytes: LOG_HEADER_BYTES }
}

interface OpenLog extends OpfsLogOptions {
  logs: LogFile[]
  next: LogPosition
}

export class OpfsLogStore implements LogStore {
  readonly #files: OpfsFiles
  readonly #checksum: Checksum
  readonly #fileBytes: number
  readonly #logs: LogFile[]
  readonly #group: GroupCommit

  constructor(files: OpfsFiles, log: OpenLog) {
    this.#files = files
    this.#checksum = log.checksum
    this.#fileBytes = log.fileBytes ?? LOG_FILE_BYTES
    this.#logs = log.logs
    this.#group = new GroupCommit(log.next, (records, first) => this.#commit(records, first), log.gather)
  }

  get next(): LogPosition {
    return this.#group.next
  }

  get bytes(): number {
    return this.#logs.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  append(record: Uint8Array): Promise<LogPosition> {
    return this.#group.append(record)
  }

  async replay(
    visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>,
    onDamage: (damage: LogDamage) => void = () => undefined,
  ): Promise<void> {
    const { logs, end } = await this.#group.between(async () => {
      return { logs: this.#logs.map((log) => ({ ...log })), end: this.#group.next }
    })
    for (const [i, log] of logs.entries()) {
      const bytes = await this.#read(log)
      const next = logs[i + 1]?.first ?? end
      const scan = scanLogFile(bytes, { name: logName(log.first), first: log.first, next, checksum: this.#checksum })
      for (const damage of scan.damage) onDamage(damage)
      for (const frame of scan.frames) await visit(bytes.subarray(frame.start, frame.end), frame.position)
    }
  }

  async truncate(before: LogPosition): Promise<void> {
    await this.#group.between(async () => {
      try {
        if (before >= this.#group.next && this.#activeLog().first < this.#group.next) await this.#roll()
        const kept = this.#logs.findLastIndex(({ first }) => first <= before)
        if (kept <= 0) return
        await this.#files.change(this.#logs.slice(0, kept).map(({ first }): NameChange => [logName(first), undefined]))
        this.#logs.splice(0, kept)
      } catch (error) {
        throw browserError(error, 'shorten the log')
      }
    })
  }

  close(): Promise<void> {
    return this.#group.close()
  }

  async #read({ file, bytes }: LogFile): Promise<Uint8Array> {
    try {
      const read = new Uint8Array(bytes)
      const length = await this.#files.use(file, (opened) => readFully(opened, read, 0))
      return read.subarray(0, length)
    } catch (error) {
      throw browserError(error, 'read the log')
    }
  }

  async #commit(records: readonly Uint8Array[], first: LogPosition): Promise<void> {
    try {
      if (this.#activeLog().bytes >= this.#fileBytes) await this.#roll()
      const active = this.#activeLog()
      const frames = encodeLogFrames(records, first, this.#checksum)
      await this.#files.use(active.file, (file) => {
        writeOrUndo(file, frames, active.bytes)
        file.flush()
      })
      active.bytes += frames.byteLength
    } catch (error) {
      if (error instanceof CommitUndone) throw error
      throw browserError(error, 'append to the log')
    }
  }

  #activeLog(): LogFile {
    const active = this.#logs.at(-1)
    if (active === undefined) throw new Error('an open log has a file')
    return active
  }

  /** Goes on in a new file; it counts with its name, so a failure leaves the old one the last. */
  async #roll(): Promise<void> {
    this.#logs.push(await beginLogFile(this.#files, this.#group.next, this.#checksum))
  }
}

function logName(first: LogPosition): string {
  return `~${String(first).padStart(NAME_DIGITS, '0')}`
}

/** Throws `CommitUndone` where there is no space, and the file is as long as it was. */
function writeOrUndo(file: SyncFile, bytes: Uint8Array, at: number): void {
  try {
    writeFully(file, bytes, at)
  } catch (error) {
    const known = browserError(error, 'append to the log')
    if (known.kind !== 'quota') throw known
    file.truncate(at)
    file.flush()
    throw new CommitUndone(known)
  }
}
