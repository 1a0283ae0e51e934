import { browserError } from './browser-error.ts'
import { CommitUndone, GroupCommit } from './group-commit.ts'
import { beginChange, type LogKey, type StoreDatabase } from './indexeddb-schema.ts'
import { encodeLogFrames, encodeLogHeader, LOG_HEADER_BYTES, scanLogFile } from './log-file.ts'
import type { Checksum, LogDamage, LogPosition, LogStore } from './store.ts'

export async function openIndexedDbLogStore(database: StoreDatabase, checksum: Checksum): Promise<IndexedDbLogStore> {
  try {
    return new IndexedDbLogStore(database, await database.getAllKeys('log'), checksum)
  } catch (error) {
    throw browserError(error, 'open the log')
  }
}

export class IndexedDbLogStore implements LogStore {
  readonly #database: StoreDatabase
  readonly #checksum: Checksum
  readonly #group: GroupCommit
  /** Keys of the commits, in order. */
  #keys: LogKey[]

  constructor(database: StoreDatabase, keys: LogKey[], checksum: Checksum) {
    this.#database = database
    this.#checksum = checksum
    this.#keys = keys
    const [first, records] = keys.at(-1) ?? [0, 0]
    this.#group = new GroupCommit(first + records, (group, position) => this.#commit(group, position))
  }

  get next(): LogPosition {
    return this.#group.next
  }

  get bytes(): number {
    return this.#keys.reduce((sum, [, , bytes]) => sum + bytes, 0)
  }

  append(record: Uint8Array): Promise<LogPosition> {
    return this.#group.append(record)
  }

  async replay(
    visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>,
    onDamage: (damage: LogDamage) => void = () => undefined,
  ): Promise<void> {
    const keys = await this.#group.between(async () => this.#keys.slice())
    for (const key of keys) {
      const [first, records] = key
      const bytes = await this.#read(key)
      const name = `commit ${first} of the log`
      const scan = scanLogFile(bytes, { name, first, next: first + records, checksum: this.#checksum })
      for (const damage of scan.damage) onDamage(damage)
      for (const frame of scan.frames) await visit(bytes.subarray(frame.start, frame.end), frame.position)
    }
  }

  async truncate(before: LogPosition): Promise<void> {
    await this.#group.between(async () => {
      const kept = this.#keys.filter(([first, records]) => first + records > before)
      const gone = this.#keys.length - kept.length
      const last = this.#keys[gone - 1]
      if (!last || (gone === 1 && last[1] === 0)) return
      try {
        const change = beginChange(this.#database)
        const log = change.objectStore('log')
        const requests: Promise<unknown>[] = [log.delete(IDBKeyRange.upperBound(last))]
        if (kept.length === 0) {
          // Keeps the count of an empty log.
          const marker: LogKey = [this.#group.next, 0, LOG_HEADER_BYTES]
          kept.push(marker)
          requests.push(log.put(logFile([], marker[0], this.#checksum), marker))
        }
        await Promise.all([...requests, change.done])
        this.#keys = kept
      } catch (error) {
        throw browserError(error, 'shorten the log')
      }
    })
  }

  /** Refuses appends from now on. */
  fail(cause: unknown): void {
    this.#group.fail(cause)
  }

  close(): Promise<void> {
    return this.#group.close()
  }

  async #read(key: LogKey): Promise<Uint8Array> {
    try {
      return (await this.#database.get('log', key)) ?? new Uint8Array(0)
    } catch (error) {
      throw browserError(error, 'read the log')
    }
  }

  async #commit(records: readonly Uint8Array[], first: LogPosition): Promise<void> {
    try {
      const file = logFile(records, first, this.#checksum)
      const key: LogKey = [first, records.length, file.byteLength]
      const change = beginChange(this.#database)
      await Promise.all([change.objectStore('log').add(file, key), change.done])
      this.#keys.push(key)
    } catch (error) {
      const known = browserError(error, 'append to the log')
      // The transaction was undone as a whole.
      throw known.kind === 'quota' ? new CommitUndone(known) : known
    }
  }
}

function logFile(records: readonly Uint8Array[], first: LogPosition, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const frames = encodeLogFrames(records, first, checksum)
  const file = new Uint8Array(LOG_HEADER_BYTES + frames.byteLength)
  file.set(encodeLogHeader(first, checksum))
  file.set(frames, LOG_HEADER_BYTES)
  return file
}
