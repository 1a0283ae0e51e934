import { TidemarkError } from '../core/errors.ts'
import { browserError } from './browser-error.ts'
import type { OpfsFiles } from './opfs-files.ts'
import { readFully, writeFully } from './opfs-name-table.ts'
import {
  type BlobInfo,
  type BlobStore,
  type BlobWriter,
  blobNotFound,
  checkBlobName,
  checkBlobRange,
  storeClosed,
} from './store.ts'

export class OpfsBlobStore implements BlobStore {
  readonly #files: OpfsFiles
  /** Puts and deletes go one after the other. */
  #changed: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(files: OpfsFiles) {
    this.#files = files
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    checkBlobName(name)
    await this.#change(`store blob '${name}'`, () => this.#put(name, bytes))
  }

  async begin(): Promise<BlobWriter> {
    const [files, action] = [this.#files, 'store a blob']
    let file: number | undefined = await this.#change(action, () => files.take())
    let bytes = 0
    const use = (task: (own: number) => Promise<void>): Promise<void> =>
      this.#change(action, async () => {
        if (file !== undefined) await task(file)
      })
    return {
      write: (piece) =>
        use(async (own) => {
          await files.use(own, (opened) => writeFully(opened, piece, bytes))
          bytes += piece.byteLength
        }),
      finish: (name) =>
        use(async (own) => {
          checkBlobName(name)
          await files.use(own, (opened) => opened.flush())
          // From here on the name may be its own, whatever fails.
          file = undefined
          await files.change([[name, { file: own, bytes }]])
        }),
      discard: () =>
        use(async (own) => {
          file = undefined
          await files.giveBack(own)
        }),
    }
  }

  async get(name: string, start?: number, end?: number): Promise<Uint8Array> {
    if (this.#closed) throw storeClosed()
    checkBlobName(name)
    try {
      for (;;) {
        const named = this.#files.entries.get(name)
        if (named === undefined) throw blobNotFound(name)
        const range = checkBlobRange({ name, bytes: named.bytes }, start, end)
        const result = await this.#files.use(named.file, (file) => {
          // The file may have become another blob's while it was opened.
          if (this.#files.entries.get(name) !== named) return undefined
          const bytes = new Uint8Array(range.end - range.start)
          if (readFully(file, bytes, range.start) === bytes.byteLength) return bytes
          throw new TidemarkError('truncated', `blob '${name}' ends before byte ${range.end}`)
        })
        if (result !== undefined) return result
      }
    } catch (error) {
      throw browserError(error, `read blob '${name}'`)
    }
  }

  async list(): Promise<BlobInfo[]> {
    if (this.#closed) throw storeClosed()
    const blobs: BlobInfo[] = []
    for (const [name, { bytes }] of this.#files.entries) if (isBlobName(name)) blobs.push({ name, bytes })
    return blobs.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async delete(name: string): Promise<void> {
    checkBlobName(name)
    await this.#change(`delete blob '${name}'`, async () => {
      if (this.#files.entries.has(name)) await this.#files.change([[name, undefined]])
    })
  }

  /** Finishes what was begun, then refuses. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#changed
  }

  async #change<T>(action: string, task: () => Promise<T>): Promise<T> {
    if (this.#closed) throw storeClosed()
    const done = this.#changed.then(task)
    this.#changed = done.catch(() => undefined)
    try {
      return await done
    } catch (error) {
      throw browserError(error, action)
    }
  }

  async #put(name: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#files.take()
    try {
      await this.#files.use(file, (opened) => {
        writeFully(opened, bytes, 0)
        opened.flush()
      })
    } catch (error) {
      await this.#files.giveBack(file)
      throw error
    }
    await this.#files.change([[name, { file, bytes: bytes.byteLength }]])
  }
}

function isBlobName(name: string): boolean {
  return !name.startsWith('~')
}
