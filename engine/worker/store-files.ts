import { TidemarkError } from '../core/errors.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { writeBackup } from '../storage/backup.ts'
import type { BlobStore } from '../storage/store.ts'
import type { Writer } from './writer.ts'

/** Backups that may be taken at once: each keeps the files of its segments. */
export const MAX_BACKUPS = 4

interface OpenBackup {
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>>
  release(): Promise<void>
}

/** Reads the files of a store as they are, while its writer goes on. */
export class StoreFiles {
  readonly #writer: Pick<Writer, 'pin'>
  readonly #blobs: BlobStore
  readonly #kernel: Kernel
  readonly #backups = new Map<number, OpenBackup>()
  #next = 1

  constructor(writer: Pick<Writer, 'pin'>, blobs: BlobStore, kernel: Kernel) {
    this.#writer = writer
    this.#blobs = blobs
    this.#kernel = kernel
  }

  /** Begins a backup of all rows that are visible now. Throws `quota` where too many are under way. */
  async openBackup(): Promise<number> {
    if (this.#backups.size >= MAX_BACKUPS) {
      throw new TidemarkError('quota', `${MAX_BACKUPS} backups are under way already`, { hint: 'Try again later.' })
    }
    const number = this.#next++
    const { manifest, release } = await this.#writer.pin()
    const chunks = writeBackup(this.#blobs, manifest, (bytes) => this.#kernel.checksum(bytes))
    this.#backups.set(number, { chunks, release })
    return number
  }

  /** The next bytes of a backup; `undefined` where it is whole. */
  async nextChunk(backup: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { done, value } = (await this.#backups.get(backup)?.chunks.next()) ?? { done: true, value: undefined }
    return done ? undefined : value
  }

  /** To be called for each backup that was opened, finished or not. */
  async closeBackup(backup: number): Promise<void> {
    const open = this.#backups.get(backup)
    this.#backups.delete(backup)
    await open?.release()
  }
}
