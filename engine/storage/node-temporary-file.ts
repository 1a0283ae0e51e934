import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { fileError } from './node-error.ts'
import { syncFolder } from './node-folder.ts'
import type { BlobWriter } from './store.ts'

/** Not a character of blob names. */
export const TEMPORARY_PREFIX = '~'
/** Of all stores of this thread: the workers of one engine write to one folder at the same time. */
let temporaries = 0

/** A file that gets its name when all of it is durable. */
export class TemporaryFile implements BlobWriter {
  readonly #folder: string
  readonly #path: string
  readonly #handle: FileHandle
  #isOpen = true

  private constructor(folder: string, path: string, handle: FileHandle) {
    this.#folder = folder
    this.#path = path
    this.#handle = handle
  }

  static async make(folder: string): Promise<TemporaryFile> {
    const path = join(folder, `${TEMPORARY_PREFIX}${threadId}-${temporaries++}`)
    try {
      return new TemporaryFile(folder, path, await open(path, 'w'))
    } catch (error) {
      throw fileError(error, 'write', path)
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.writeFile(bytes)
    } catch (error) {
      throw fileError(error, 'write', this.#path)
    }
  }

  async finish(name: string): Promise<void> {
    const path = join(this.#folder, name)
    try {
      await this.#handle.sync()
      await this.#close()
      await rename(this.#path, path)
      await syncFolder(this.#folder)
    } catch (error) {
      throw fileError(error, 'write', path)
    }
  }

  async discard(): Promise<void> {
    await this.#close()
    await rm(this.#path, { force: true })
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#handle.close()
  }
}
