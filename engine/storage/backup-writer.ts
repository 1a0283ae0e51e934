import { TidemarkError } from '../core/errors.ts'
import { COLD_VERSION, ENTRY_BYTES, HEADER_BYTES, hex, MAGIC, VERSION } from './backup-format.ts'
import { ByteWriter } from './byte-writer.ts'
import { MANIFEST_NAME, type Manifest, printManifest } from './manifest.ts'
import type { BlobHash, BlobStore, Checksum } from './store.ts'

/** Bytes of a backup that are read at a time. */
const CHUNK_BYTES = 1 << 20

/** A blob that goes into a backup, read some bytes at a time. */
export interface BackupBlob {
  name: string
  bytes: number
  read(from: number, to: number): Promise<Uint8Array>
}

/** What a file is named by that has its hash in its name. */
const HASH_NAME = /([0-9a-f]{64})\.(seg|parquet)$/

interface BackupParts {
  checksum: Checksum
  hash(): BlobHash
  cold?: readonly BackupBlob[] | undefined
}

/**
 * A backup of the store that a manifest describes, chunk by chunk; `FORMAT.md` draws it. The segments must stay until it ends. Throws
 * `corrupt` where a file does not have the hash of its name any more: nothing could be restored from what has it.
 */
export async function* writeBackup(
  blobs: BlobStore,
  manifest: Manifest,
  { checksum, hash, cold = [] }: BackupParts,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  // All rows are in segments, so that the log of the store that it becomes begins anew.
  const last = printManifest({ ...manifest, logStart: 0 }, checksum)
  const segments = manifest.segments.map(
    ({ name, bytes }): BackupBlob => ({ name, bytes, read: (from, to) => blobs.get(name, from, to) }),
  )
  const version = cold.length === 0 ? VERSION : COLD_VERSION
  yield header(version, segments.length + cold.length + 1, checksum)
  for (const blob of [...segments, ...cold]) {
    yield entryHeader(blob.name, blob.bytes, checksum)
    yield* contentOf(blob, hash())
  }
  yield entryHeader(MANIFEST_NAME, last.length, checksum)
  yield last
}

async function* contentOf({ name, bytes, read }: BackupBlob, hash: BlobHash): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const [, wanted] = HASH_NAME.exec(name) ?? []
  for (let from = 0; from < bytes; from += CHUNK_BYTES) {
    const chunk = new Uint8Array(await read(from, Math.min(from + CHUNK_BYTES, bytes)))
    if (from + CHUNK_BYTES < bytes) hash.take(chunk)
    else if (wanted !== undefined && hex(hash.end(chunk)) !== wanted) {
      throw new TidemarkError(
        'corrupt',
        `${name} is damaged: it does not have the hash of its name; there is no backup`,
      )
    }
    yield chunk
  }
}

function header(version: number, entries: number, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(HEADER_BYTES)
  out.u32(MAGIC)
  out.u32(version)
  out.u32(entries)
  out.u32(checksum(out.finish()))
  return out.finish()
}

function entryHeader(name: string, bytes: number, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(name)
  const out = new ByteWriter(ENTRY_BYTES + encoded.length)
  out.u32(encoded.length)
  out.u32(checksum(encoded))
  out.u64(BigInt(bytes))
  const rest = out.finish()
  const whole = new ByteWriter(ENTRY_BYTES + encoded.length)
  whole.u32(checksum(rest))
  whole.bytes(rest)
  whole.bytes(encoded)
  return whole.finish()
}
