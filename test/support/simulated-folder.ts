import type { SyncFile, SyncFolder } from '../../engine/storage/opfs-folder.ts'
import { generator } from './block-shapes.ts'
import { applied, tornWrite, type UnsyncedWrite } from './unsynced-write.ts'

interface StoredFile {
  durable: Uint8Array
  /** As its holder sees it. */
  present: Uint8Array
  unsynced: UnsyncedWrite[]
  isOpen: boolean
}

/**
 * A folder of synchronous files that loses power: a cut keeps what was flushed and, of the writes since, any of them whole, in
 * part or not at all. Files themselves stay, as they do where they were made some time before.
 */
export class SimulatedFolder implements SyncFolder {
  readonly #files = new Map<string, StoredFile>()
  /** Writes and flushes that still work; none after that, as when the power is gone. */
  #left: number

  constructor(operations: number = Number.POSITIVE_INFINITY) {
    this.#left = operations
  }

  async names(): Promise<string[]> {
    return [...this.#files.keys()]
  }

  async open(name: string): Promise<SyncFile> {
    this.#step()
    const file = this.#files.get(name) ?? { durable: empty(), present: empty(), unsynced: [], isOpen: false }
    if (file.isOpen) throw new Error(`${name} is open already`)
    file.isOpen = true
    this.#files.set(name, file)
    return this.#access(file)
  }

  async remove(name: string): Promise<void> {
    this.#step()
    if (this.#files.get(name)?.isOpen) throw new Error(`${name} is open`)
    this.#files.delete(name)
  }

  /** What is there after the power was cut. */
  afterCut(seed: number, operations: number = Number.POSITIVE_INFINITY): SimulatedFolder {
    const next = generator(seed)
    const after = new SimulatedFolder(operations)
    for (const [name, file] of this.#files) {
      let bytes: Uint8Array = file.durable.slice()
      for (const write of file.unsynced) if (next() % 2 === 0) bytes = applied(bytes, tornWrite(write, next))
      after.#files.set(name, { durable: bytes, present: bytes.slice(), unsynced: [], isOpen: false })
    }
    return after
  }

  /** The bytes of a file, to be damaged. */
  bytesOf(name: string): Uint8Array {
    return this.#files.get(name)?.present ?? empty()
  }

  /** The same files with one of them changed. */
  withBytes(name: string, bytes: Uint8Array): SimulatedFolder {
    const copy = new SimulatedFolder()
    for (const [each, file] of this.#files) {
      const present = each === name ? bytes : file.present.slice()
      copy.#files.set(each, { durable: present.slice(), present, unsynced: [], isOpen: false })
    }
    return copy
  }

  #step(): void {
    if (this.#left <= 0) throw new Error('the power is gone')
    this.#left -= 1
  }

  #access(file: StoredFile): SyncFile {
    const change = (write: UnsyncedWrite): void => {
      this.#step()
      file.present = applied(file.present, write)
      file.unsynced.push(write)
    }
    return {
      read: (into, { at }) => {
        const bytes = file.present.subarray(at, at + into.byteLength)
        into.set(bytes)
        return bytes.byteLength
      },
      write: (bytes, { at }) => {
        change({ at, bytes: bytes.slice() })
        return bytes.byteLength
      },
      truncate: (length) => change({ at: 0, length }),
      getSize: () => file.present.byteLength,
      flush: () => {
        this.#step()
        file.durable = file.present.slice()
        file.unsynced = []
      },
      close: () => {
        file.isOpen = false
      },
    }
  }
}

function empty(): Uint8Array {
  return new Uint8Array(0)
}
