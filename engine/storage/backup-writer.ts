import { COLD_VERSION, ENTRY_BYTES, HEADER_BYTES, MAGIC, VERSION } from './backup-format.ts'
import { ByteWriter } from './byte-writer.ts'
import { MANIFEST_NAME, type Manifest, printManifest } from './manifest.ts'
import type { BlobStore, Checksum } from './store.ts'

/** Bytes of a backup that are read at a time. */
const CHUNK_BYTES = 1 << 20

/** A blob that goes into a backup, read some bytes at a time. */
export interface BackupBlob {
  name: string
  bytes: number
  read(from: number, to: number): Promise<Uint8Array>
}

/** A backup of the store that a manifest describes, chunk by chunk; `FORMAT.md` draws it. The segments must stay until it ends. */
export async function* writeBackup(
  blobs: BlobStore,
  manifest: Manifest,
  { checksum, cold = [] }: { checksum: Checksum; cold?: readonly BackupBlob[] },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  // All rows are in segments, so that the log of the store that it becomes begins anew.
  const last = printManifest({ ...manifest, logStart: 0 }, checksum)
  const segments = manifest.segments.map(
    ({ name, bytes }): BackupBlob => ({ name, bytes, read: (from, to) => blobs.get(name, from, to) }),
  )
  const version = cold.length === 0 ? VERSION : COLD_VERSION
  yield header(version, segments.length + cold.length + 1, checksum)
  for (const { name, bytes, read } of [...segments, ...cold]) {
    yield entryHeader(name, bytes, checksum)
    for (let from = 0; from < bytes; from += CHUNK_BYTES) {
      yield new Uint8Array(await read(from, Math.min(from + CHUNK_BYTES, bytes)))
    }
  }
  yield entryHeader(MANIFEST_NAME, last.length, checksum)
  yield last
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
