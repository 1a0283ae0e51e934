import { TidemarkError } from '../core/errors.ts'
import { joinBytes } from '../core/join-bytes.ts'
import type { Kernel } from '../kernel/kernel.ts'
import {
  COLD_VERSION,
  damagedBackup,
  ENTRY_BYTES,
  HEADER_BYTES,
  hex,
  MAGIC,
  MAX_ENTRY_BYTES,
  MAX_NAME_BYTES,
  VERSION,
} from './backup-format.ts'
import { ByteReader } from './byte-reader.ts'
import {
  COLD_MANIFEST_COPY,
  MANIFEST_NAME,
  type Manifest,
  parseManifest,
  SEGMENT_NAME,
  writeManifest,
} from './manifest.ts'
import type { Checksum, Store } from './store.ts'

/** One blob of a backup. */
interface Entry {
  name: string
  bytes: Uint8Array
}

/** Takes what a backup has of a cold tier. */
export interface ColdPart {
  /** A blob that is neither a segment nor the manifest; whether it is one of a cold tier. */
  take(name: string, bytes: Uint8Array): Promise<boolean>
  /** All blobs have been taken: checks that they are whole, before the store becomes what they say. */
  settle(): Promise<void>
  /** The bytes of the copy of the cold manifest, where the backup has a cold tier. */
  readonly copy: Uint8Array | undefined
}

/**
 * Makes a store what a backup says. The segments are put first and checked against their names; then the manifest takes the
 * place of the store's own, in one step: until then the store is what it was. Throws `corrupt` or `truncated` where the backup
 * is damaged, and what the store throws.
 */
export async function restoreBackup(
  { blobs, log }: Store,
  chunks: AsyncIterable<Uint8Array>,
  kernel: Pick<Kernel, 'checksum' | 'sha256'>,
  cold: ColdPart,
): Promise<void> {
  const checksum = (bytes: Uint8Array): number => kernel.checksum(bytes)
  const restored = new Map<string, number>()
  let manifest: Manifest | undefined
  for await (const { name, bytes } of readBackup(chunks, checksum)) {
    if (manifest) throw damagedBackup('something follows its manifest')
    if (name === MANIFEST_NAME) {
      manifest = parseManifest(bytes, checksum)
      continue
    }
    if (!SEGMENT_NAME.test(name)) {
      if (await cold.take(name, bytes)) continue
      throw damagedBackup(`'${name}' is neither a segment nor the manifest`)
    }
    if (`${hex(kernel.sha256(bytes))}.seg` !== name)
      throw damagedBackup(`segment ${name} does not have the hash of its name`)
    await blobs.put(name, bytes)
    restored.set(name, bytes.length)
  }
  if (manifest === undefined) throw damagedBackup('it has no manifest')
  for (const { name, bytes } of manifest.segments) {
    if (restored.get(name) !== bytes)
      throw damagedBackup(`its manifest names segment ${name}, which is not there as it says`)
  }
  await cold.settle()
  // Before the manifest: a store that does not know of its cold rows would leave them out without a word.
  if (cold.copy) await blobs.put(COLD_MANIFEST_COPY, cold.copy)
  await writeManifest(blobs, { ...manifest, logStart: log.next }, checksum)
  if (cold.copy === undefined) await blobs.delete(COLD_MANIFEST_COPY)
  await log.truncate(log.next)
}

/** Blobs of a backup in their order. Memory follows what has arrived, not what a header claims. */
async function* readBackup(chunks: AsyncIterable<Uint8Array>, checksum: Checksum): AsyncGenerator<Entry> {
  const input = new ChunkReader(chunks)
  try {
    const start = await input.take(HEADER_BYTES)
    const reader = new ByteReader(start, 'backup')
    if (reader.u32() !== MAGIC) throw damagedBackup('it does not begin as one')
    const version = reader.u32()
    if (version !== VERSION && version !== COLD_VERSION) throw damagedBackup(`version ${version} is not known`)
    const entries = reader.u32()
    if (reader.u32() !== checksum(start.subarray(0, 12))) throw damagedBackup('its header does not have its checksum')
    for (let left = entries; left > 0; left--) yield await readEntry(input, checksum)
    if (!(await input.isAtEnd())) throw damagedBackup('something follows its end')
  } finally {
    await input.close()
  }
}

async function readEntry(input: ChunkReader, checksum: Checksum): Promise<Entry> {
  const head = await input.take(ENTRY_BYTES)
  const reader = new ByteReader(head, 'backup')
  const expected = reader.u32()
  const nameBytes = reader.u32()
  const nameChecksum = reader.u32()
  const bytes = Number(reader.u64())
  if (expected !== checksum(head.subarray(4))) throw damagedBackup('the header of a blob does not have its checksum')
  if (nameBytes > MAX_NAME_BYTES || bytes > MAX_ENTRY_BYTES) throw damagedBackup(`a blob of ${bytes} bytes is too long`)
  const name = await input.take(nameBytes)
  if (checksum(name) !== nameChecksum) throw damagedBackup('the name of a blob does not have its checksum')
  return { name: new TextDecoder().decode(name), bytes: await input.take(bytes) }
}

/** Takes so many bytes at a time out of chunks of any length. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest = new Uint8Array(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async take(bytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let taken = 0
    while (taken < bytes) {
      if (this.#rest.length === 0 && !(await this.#fill())) {
        throw new TidemarkError('truncated', 'the backup ends early: it was cut short, and nothing was restored')
      }
      const part = this.#rest.subarray(0, bytes - taken)
      this.#rest = this.#rest.subarray(part.length)
      parts.push(part)
      taken += part.length
    }
    const [only] = parts
    return parts.length === 1 && only ? only : joinBytes(parts)
  }

  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#fill())
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next()
      if (next.done) return false
      this.#rest = new Uint8Array(next.value)
    }
    return true
  }
}
