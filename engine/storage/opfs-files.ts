import type { SyncFile, SyncFolder } from './opfs-folder.ts'
import { type NameChange, type NamedFile, NameTable } from './opfs-name-table.ts'
import { type Checksum, storeClosed } from './store.ts'

/** The files of the name table. */
const TABLE_FILES = ['names-0', 'names-1'] as const
/** Files that stay open; opening one takes about a millisecond. */
const OPEN_FILES = 64
/** The browser's own folder is not synced, so files are made some at a time and used again. */
const NEW_FILES = 8
const FREE_FILES = 32

interface OpenFile {
  opening: Promise<SyncFile>
  uses: number
}

/** Numbered files of a folder, and the names that count. A name moves from one file to another in one step. */
export class OpfsFiles {
  readonly #folder: SyncFolder
  readonly #table: NameTable
  /** Oldest use first. */
  readonly #open = new Map<number, OpenFile>()
  /** Without a name and empty. */
  readonly #free: number[] = []
  /** No file has this number or a greater one. */
  #nextFile: number
  #closed = false

  private constructor(folder: SyncFolder, table: NameTable, present: readonly number[]) {
    this.#folder = folder
    this.#table = table
    const numbers = [...present, ...Array.from(table.entries.values(), ({ file }) => file)]
    this.#nextFile = numbers.reduce((most, number) => Math.max(most, number + 1), 0)
  }

  /** Throws `corrupt` where the table of names is damaged. */
  static async open(folder: SyncFolder, checksum: Checksum): Promise<OpfsFiles> {
    const present = (await folder.names()).flatMap((name) => (/^\d{1,9}$/.test(name) ? [Number(name)] : []))
    const slots: SyncFile[] = []
    try {
      for (const name of TABLE_FILES) slots.push(await folder.open(name))
      const [first, second] = slots
      if (first === undefined || second === undefined) throw new Error('there are two files for the table')
      const table = NameTable.open([first, second], present.length === 0, checksum)
      const named = new Set(Array.from(table.entries.values(), ({ file }) => file))
      const files = new OpfsFiles(folder, table, present)
      for (const number of present) if (!named.has(number)) await files.#release(number)
      return files
    } catch (error) {
      for (const slot of slots) slot.close()
      throw error
    }
  }

  get entries(): ReadonlyMap<string, NamedFile> {
    return this.#table.entries
  }

  /** A file without a name, empty, for the caller alone. */
  async take(): Promise<number> {
    this.#check()
    if (this.#free.length === 0) await this.#makeFiles()
    const file = this.#free.pop()
    if (file === undefined) throw new Error('files were made')
    await this.use(file, (opened) => opened.truncate(0))
    return file
  }

  /** Gives back a file that was taken and got no name. */
  giveBack(file: number): Promise<void> {
    return this.#release(file)
  }

  /** Changes names, all of them or none; durable when it resolves. Files that lose their names are free again. */
  async change(changes: readonly NameChange[]): Promise<void> {
    this.#check()
    const older = changes.map(([name]) => this.#table.get(name))
    this.#table.change(changes)
    for (const left of older) if (left !== undefined) await this.#release(left.file)
  }

  /** Opens a file where it is not open and calls back with it; it stays open until that returns. */
  async use<T>(file: number, action: (opened: SyncFile) => T): Promise<T> {
    this.#check()
    const open = this.#opened(file)
    open.uses += 1
    try {
      return action(await open.opening)
    } finally {
      open.uses -= 1
      await this.#closeOldest()
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const { opening } of open) {
      const file = await opening.catch(() => undefined)
      file?.close()
    }
    this.#table.close()
  }

  #check(): void {
    if (this.#closed) throw storeClosed()
  }

  #opened(file: number): OpenFile {
    const known = this.#open.get(file)
    const open = known ?? { opening: this.#folder.open(String(file)), uses: 0 }
    this.#open.delete(file)
    this.#open.set(file, open)
    if (known === undefined) open.opening.catch(() => this.#open.delete(file))
    return open
  }

  async #closeOldest(): Promise<void> {
    for (const [file, open] of this.#open) {
      if (this.#open.size <= OPEN_FILES) return
      if (open.uses > 0) continue
      this.#open.delete(file)
      const opened = await open.opening
      opened.close()
    }
  }

  async #makeFiles(): Promise<void> {
    for (let made = 0; made < NEW_FILES; made++) {
      const file = this.#nextFile++
      await this.use(file, (opened) => opened.truncate(0))
      this.#free.push(file)
    }
  }

  /** Its bytes go at once, so that the space is free; the file stays for the next name. */
  async #release(file: number): Promise<void> {
    if (this.#free.length < FREE_FILES) {
      await this.use(file, (opened) => opened.truncate(0))
      this.#free.push(file)
      return
    }
    const open = this.#open.get(file)
    this.#open.delete(file)
    const opened = await open?.opening
    opened?.close()
    await this.#folder.remove(String(file))
  }
}
