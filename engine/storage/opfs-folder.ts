import { TidemarkError } from '../core/errors.ts'
import { browserError } from './browser-error.ts'

/** A file of the browser's private file system that one worker has for itself. All calls are done when they return. */
export interface SyncFile {
  read(into: Uint8Array, place: { at: number }): number
  write(bytes: Uint8Array, place: { at: number }): number
  truncate(bytes: number): void
  getSize(): number
  /** What was written is durable when this returns. */
  flush(): void
  close(): void
}

/** A folder of such files, by name. */
export interface SyncFolder {
  names(): Promise<string[]>
  /** Opens a file, which is made where it is missing. */
  open(name: string): Promise<SyncFile>
  remove(name: string): Promise<void>
}

/** The typings of the platform have this for workers only. */
interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncFile>
}

/** Below it lies a folder for each database. */
const ROOT = 'tidemark'
/** A worker that was ended has its files for a moment longer. */
const FILE_WAIT_MS = 3_000
const FILE_RETRY_MS = 10

/** Whether files can be opened for synchronous access here: in a dedicated worker of a page that was loaded securely. */
export function hasSyncFiles(): boolean {
  const handle: unknown = Reflect.get(globalThis, 'FileSystemFileHandle')
  return typeof handle === 'function' && 'createSyncAccessHandle' in handle.prototype
}

/** Whether this site has files of its own here, which a dedicated worker can open. */
export function hasPrivateFiles(): boolean {
  return typeof navigator.storage?.getDirectory === 'function'
}

/** Whether this site has a folder for the database. */
export function hasOpfsFolder(database: string): Promise<boolean> {
  return hasFolder(folderName(database))
}

/** Removes a database that nobody has open; no error where there is none. */
export function removeOpfsFolder(database: string): Promise<void> {
  return removeFolder(folderName(database))
}

/** Whether there is a folder of that name, as `folderName` gives it, among those of the databases. */
export async function hasFolder(name: string): Promise<boolean> {
  if (!hasPrivateFiles()) return false
  try {
    const root = await navigator.storage.getDirectory()
    await (await root.getDirectoryHandle(ROOT)).getDirectoryHandle(name)
    return true
  } catch (error) {
    if (isNotFound(error) || error instanceof TypeError) return false
    throw browserError(error, `look for the folder '${name}'`)
  }
}

export async function makeFolder(name: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  const all = await root.getDirectoryHandle(ROOT, { create: true })
  return all.getDirectoryHandle(name, { create: true })
}

/** No error where there is none. */
export async function removeFolder(name: string): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory()
    await (await root.getDirectoryHandle(ROOT)).removeEntry(name, { recursive: true })
  } catch (error) {
    if (!isNotFound(error)) throw browserError(error, `remove the folder '${name}'`)
  }
}

export async function openOpfsFolder(database: string): Promise<SyncFolder> {
  if (!hasSyncFiles()) {
    throw new TidemarkError('invalid', 'files of the browser can be opened in a worker only', {
      hint: "Open the engine with one worker, or with engine: 'indexeddb'.",
    })
  }
  try {
    return new OpfsFolder(await makeFolder(folderName(database)))
  } catch (error) {
    throw browserError(error, `open the files of '${database}'`)
  }
}

/** Any text as the name of a folder, which may not be empty, '.' or '..', nor have slashes. */
export function folderName(database: string): string {
  return `_${encodeURIComponent(database)}`
}

class OpfsFolder implements SyncFolder {
  readonly #folder: FileSystemDirectoryHandle

  constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder
  }

  async names(): Promise<string[]> {
    const names: string[] = []
    for await (const name of this.#folder.keys()) names.push(name)
    return names
  }

  async open(name: string): Promise<SyncFile> {
    const handle = await this.#folder.getFileHandle(name, { create: true })
    if (!isWorkerHandle(handle)) throw new TidemarkError('invalid', 'files can be opened in a worker only')
    for (let waited = 0; ; waited += FILE_RETRY_MS) {
      try {
        return await handle.createSyncAccessHandle()
      } catch (error) {
        const isHeld = error instanceof DOMException && error.name === 'NoModificationAllowedError'
        if (!isHeld || waited >= FILE_WAIT_MS) throw error
        await new Promise((resolve) => setTimeout(resolve, FILE_RETRY_MS))
      }
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#folder.removeEntry(name)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

function isWorkerHandle(handle: FileSystemFileHandle): handle is WorkerFileHandle {
  return 'createSyncAccessHandle' in handle
}

function isNotFound(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError'
}
