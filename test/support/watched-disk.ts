import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { generator } from './block-shapes.ts'
import { applied, tornWrite, type UnsyncedWrite } from './unsynced-write.ts'

/** The files themselves: who imports them where they are watched gets those that are. */
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = process.getBuiltinModule('node:fs')

interface File {
  durable: Uint8Array
  unsynced: UnsyncedWrite[]
}

type Names = Map<string, File>

interface Folder {
  durable: Names
  present: Names
  /** In the order in which they were made, which a file system keeps. */
  unsynced: ((names: Names) => void)[]
}

/** The disk that is watched; one at a time. */
let watched: WatchedDisk | undefined

/**
 * A folder that loses power. Programs use its files by `node:fs`, where `watchedFiles` and `watchedWrites` note down what they do. A
 * cut keeps what was synced and, of the writes since, any of them whole, in part or not at all; of the changes of names
 * since their folder was synced, the first few.
 */
export class WatchedDisk {
  readonly folder: string
  readonly #folders = new Map<string, Folder>()
  readonly #open = new Map<number, File>()
  /** Changes and syncs that still work; none after that, as when the power is gone. */
  #left: number

  constructor(parent: string, operations: number = Number.POSITIVE_INFINITY) {
    this.folder = mkdtempSync(join(parent, 'disk-'))
    this.#left = operations
    watched = this
  }

  /** What is there after the power was cut; the disk before is gone. */
  afterCut(seed: number, operations?: number): WatchedDisk {
    const next = generator(seed)
    const after = new WatchedDisk(dirname(this.folder), operations)
    for (const [path, { durable, unsynced }] of this.#folders) {
      const names = new Map(durable)
      for (const change of unsynced.slice(0, next() % (unsynced.length + 1))) change(names)
      after.#fill(join(after.folder, path.slice(this.folder.length)), names, next)
    }
    rmSync(this.folder, { recursive: true })
    return after
  }

  #fill(path: string, names: Names, next: () => number): void {
    mkdirSync(path, { recursive: true })
    const { durable, present } = this.#folderAt(path)
    for (const [name, file] of names) {
      const kept = file.unsynced.filter(() => next() % 2 === 0).map((write) => tornWrite(write, next))
      const bytes = kept.reduce(applied, file.durable)
      writeFileSync(join(path, name), bytes)
      for (const one of [durable, present]) one.set(name, { durable: bytes, unsynced: [] })
    }
  }

  /** Notes down what is done with a file that was opened, and makes it where it was not there. */
  watch(handle: FileHandle, path: string, flags: string): FileHandle {
    const file = this.#fileAt(path)
    if (flags === 'w') file.unsynced.push({ at: 0, length: 0 })
    this.#open.set(handle.fd, file)
    let end = 0
    const { truncate, writeFile, close, fd } = handle
    const sync = async (): Promise<void> => {
      this.step()
      file.durable = file.unsynced.reduce(applied, file.durable)
      file.unsynced = []
    }
    return Object.assign(handle, {
      sync,
      datasync: sync,
      truncate: async (length: number) => {
        this.write(fd, { at: 0, length })
        await truncate.call(handle, length)
      },
      writeFile: async (bytes: Uint8Array) => {
        this.write(fd, { at: end, bytes: bytes.slice() })
        end += bytes.byteLength
        await writeFile.call(handle, bytes)
      },
      close: async () => {
        this.#open.delete(fd)
        await close.call(handle)
      },
    })
  }

  write(descriptor: number, write: UnsyncedWrite): void {
    const file = this.#open.get(descriptor)
    if (file === undefined) return
    this.step()
    file.unsynced.push(write)
  }

  rename(from: string, to: string): void {
    this.#change(dirname(from), (names) => {
      const file = names.get(basename(from))
      names.delete(basename(from))
      if (file) names.set(basename(to), file)
    })
  }

  remove(path: string): void {
    this.#change(dirname(path), (names) => names.delete(basename(path)))
  }

  syncNames(path: string): void {
    this.step()
    const folder = this.#folderAt(path)
    folder.durable = new Map(folder.present)
    folder.unsynced = []
  }

  step(): void {
    if (this.#left <= 0) throw new Error('the power is gone')
    this.#left -= 1
  }

  #change(path: string, change: (names: Names) => void): void {
    this.step()
    const { present, unsynced } = this.#folderAt(path)
    change(present)
    unsynced.push(change)
  }

  #fileAt(path: string): File {
    const { present } = this.#folderAt(dirname(path))
    const found = present.get(basename(path))
    if (found) return found
    const made: File = { durable: new Uint8Array(), unsynced: [] }
    this.#change(dirname(path), (names) => names.set(basename(path), made))
    return made
  }

  #folderAt(path: string): Folder {
    const folder = this.#folders.get(path) ?? { durable: new Map(), present: new Map(), unsynced: [] }
    this.#folders.set(path, folder)
    return folder
  }
}

/** `node:fs/promises`, as far as a store uses it, with what is done below the watched folder noted down. */
export function watchedFiles(files: typeof import('node:fs/promises')): typeof import('node:fs/promises') {
  const diskOf = (path: unknown): WatchedDisk | undefined =>
    watched !== undefined && String(path).startsWith(watched.folder) ? watched : undefined
  const open: typeof files.open = async (path, flags, mode) => {
    const disk = diskOf(path)
    const handle = await files.open(path, flags, mode)
    if (disk === undefined) return handle
    if (flags === 'r') return Object.assign(handle, { sync: async () => disk.syncNames(String(path)) })
    try {
      return disk.watch(handle, String(path), String(flags))
    } catch (error) {
      await handle.close()
      throw error
    }
  }
  const rename: typeof files.rename = async (from, to) => {
    diskOf(from)?.rename(String(from), String(to))
    await files.rename(from, to)
  }
  const rm: typeof files.rm = async (path, options) => {
    diskOf(path)?.remove(String(path))
    await files.rm(path, options)
  }
  return { ...files, open, rename, rm }
}

/** `node:fs` with the writes of open files below the watched folder noted down. */
export function watchedWrites(files: typeof import('node:fs')): typeof import('node:fs') {
  const writeSync = (fd: number, bytes: Uint8Array, offset: number, length: number, at: number): number => {
    watched?.write(fd, { at, bytes: bytes.slice(offset, offset + length) })
    return files.writeSync(fd, bytes, offset, length, at)
  }
  return { ...files, writeSync: writeSync as typeof files.writeSync }
}
