import type { ColdObjects } from '../../cold/cold-location.ts'
import { COLD_MANIFEST, type ColdManifest, decodeColdManifest, emptyColdManifest } from '../../cold/cold-manifest.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { COLD_MANIFEST_COPY } from '../../storage/manifest.ts'
import type { BlobStore } from '../../storage/store.ts'

/** What is cold, as far as it can be known. */
export interface KnownManifest {
  manifest: ColdManifest
  etag: string | undefined
  /** Whether it is the one of the object store. */
  isCurrent: boolean
  problem?: string
}

/** The newer one of the manifest in the object store and of its copy here, which is made the same. */
export async function readManifests(
  { reader, store }: ColdObjects,
  { blobs, kernel }: { blobs: BlobStore; kernel: Pick<Kernel, 'checksum'> },
): Promise<KnownManifest> {
  const checksum = (bytes: Uint8Array): number => kernel.checksum(bytes)
  const copy = await readCopy(blobs, checksum)
  try {
    const object = await reader.get(COLD_MANIFEST)
    if (object === undefined) {
      if (store === undefined) throw new TidemarkError('io', `there is no ${COLD_MANIFEST} in ${reader.place}`)
      return { manifest: copy ?? emptyColdManifest, etag: undefined, isCurrent: true }
    }
    const there = decodeColdManifest(object.bytes, checksum, `${COLD_MANIFEST} of ${reader.place}`)
    if (copy && copy.generation > there.generation) return { manifest: copy, etag: object.etag, isCurrent: true }
    if (copy?.generation !== there.generation) await blobs.put(COLD_MANIFEST_COPY, object.bytes)
    return { manifest: there, etag: object.etag, isCurrent: true }
  } catch (error) {
    if (copy === undefined || !(error instanceof TidemarkError)) throw error
    return { manifest: copy, etag: undefined, isCurrent: false, problem: error.message }
  }
}

/** A copy that is damaged is as good as none: the object store has the manifest. */
async function readCopy(blobs: BlobStore, checksum: (bytes: Uint8Array) => number): Promise<ColdManifest | undefined> {
  const names = await blobs.list()
  if (!names.some(({ name }) => name === COLD_MANIFEST_COPY)) return undefined
  try {
    return decodeColdManifest(await blobs.get(COLD_MANIFEST_COPY), checksum, COLD_MANIFEST_COPY)
  } catch (error) {
    if (error instanceof TidemarkError && error.kind === 'corrupt') return undefined
    throw error
  }
}
