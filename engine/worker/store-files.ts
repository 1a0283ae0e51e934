import { TidemarkError } from '../core/errors.ts'
import type { KeptRejection, RejectedRow } from '../core/rows.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { RejectedLog } from '../storage/rejected-log.ts'
import type { BlobHash, BlobStore } from '../storage/store.ts'
import type { ColdBackup } from './cold/cold-backup.ts'
import type { Writer } from './write/writer.ts'

/** Backups that may be taken at once: each keeps the files of its segments. */
export const MAX_BACKUPS = 4

interface OpenBackup {
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>>
  release(): Promise<void>
}

/** Rejected rows are put on the disk so long after they came, together with those that follow. */
const SAVE_MS = 5_000

/** What is kept beside the data of a store, and its files as they are, while its writer goes on. */
export class StoreFiles {
  readonly #writer: Pick<Writer, 'pin'>
  readonly #blobs: BlobStore
  readonly #kernel: Kernel
  readonly #backups = new Map<string, OpenBackup>()
  #rejected: Promise<RejectedLog> | undefined
  #saving: ReturnType<typeof setTimeout> | undefined

  constructor(writer: Pick<Writer, 'pin'>, blobs: BlobStore, kernel: Kernel) {
    this.#writer = writer
    this.#blobs = blobs
    this.#kernel = kernel
  }

  /**
   * Begins a backup of all rows that are visible now; of those that are cold it has the files, or where they are. Throws `quota`
   * where too many are under way.
   */
  async openBackup(kind: ColdBackup): Promise<string> {
    if (this.#backups.size >= MAX_BACKUPS) {
      throw new TidemarkError('quota', `${MAX_BACKUPS} backups are under way already`, { hint: 'Try again later.' })
    }
    const { writeBackup } = await import('../storage/backup-writer.ts')
    const { manifest, release, cold } = await this.#writer.pin()
    const checksum = (bytes: Uint8Array): number => this.#kernel.checksum(bytes)
    if (kind === 'reference') cold?.release()
    const blobs = cold && (await import('./cold/cold-backup.ts')).coldBlobs(cold, kind, checksum)
    const hash = (): BlobHash => this.#blobs.hash?.() ?? this.#kernel.hash()
    const chunks = writeBackup(this.#blobs, manifest, { checksum, hash, cold: blobs })
    // Among tabs another one may have the store by the next call, with backups of its own.
    const backup = crypto.randomUUID()
    this.#backups.set(backup, {
      chunks,
      release: async () => {
        cold?.release()
        await release()
      },
    })
    return backup
  }

  /** The next bytes of a backup; `undefined` where it is whole. Throws `io` where it is not open. */
  async nextChunk(backup: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const open = this.#backups.get(backup)
    if (open === undefined) throw new TidemarkError('io', 'the backup was ended before it was whole')
    const { done, value } = await open.chunks.next()
    return done ? undefined : value
  }

  /** To be called for each backup that was opened, finished or not. */
  async closeBackup(backup: string): Promise<void> {
    const open = this.#backups.get(backup)
    this.#backups.delete(backup)
    await open?.release()
  }

  /** Keeps rows that one append rejected; nobody waits for the disk. */
  async addRejected(rows: readonly RejectedRow[], count: number, time: bigint): Promise<void> {
    ;(await this.#openRejected()).add(rows, count, time)
    if (this.#saving !== undefined) return
    this.#saving = setTimeout(() => void this.#saveRejected(), SAVE_MS)
    if (typeof this.#saving === 'object') this.#saving.unref()
  }

  async rejectedRows(): Promise<{ total: number; rows: readonly KeptRejection[] }> {
    const { total, rows } = await this.#openRejected()
    return { total, rows }
  }

  /** Saves what is not saved yet. */
  async close(): Promise<void> {
    await this.#saveRejected()
  }

  #openRejected(): Promise<RejectedLog> {
    this.#rejected ??= import('../storage/rejected-log.ts').then(({ RejectedLog }) => RejectedLog.open(this.#blobs))
    return this.#rejected
  }

  async #saveRejected(): Promise<void> {
    clearTimeout(this.#saving)
    this.#saving = undefined
    try {
      await (await this.#rejected)?.save()
    } catch (error) {
      // They are no data: a disk that takes none is heard of by whoever appends.
      if (!(error instanceof TidemarkError)) throw error
    }
  }
}
