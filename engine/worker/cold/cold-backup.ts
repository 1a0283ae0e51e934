import { type ColdLocation, type ColdObjects, openObjects } from '../../cold/cold-location.ts'
import {
  COLD_MANIFEST,
  type ColdManifest,
  decodeColdManifest,
  encodeColdManifest,
  FILE_KEY,
} from '../../cold/cold-manifest.ts'
import { systemClock } from '../../core/clock.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { damagedBackup, hex } from '../../storage/backup-format.ts'
import type { ColdPart } from '../../storage/backup-reader.ts'
import type { BackupBlob } from '../../storage/backup-writer.ts'
import { decodeCheckedJson, encodeCheckedJson } from '../../storage/checked-json.ts'
import { COLD_MANIFEST_COPY } from '../../storage/manifest.ts'
import type { Checksum } from '../../storage/store.ts'
import type { ColdPin } from './cold-tier.ts'

/** The blob that tells people where the cold files of a backup were. */
const PLACE_NAME = 'cold-place.json'

/** What a backup has of cold rows: where they are, or the files themselves. */
export type ColdBackup = 'reference' | 'include'

/** The blobs of a backup for what is cold; none where nothing is. */
export function coldBlobs({ manifest, place, read }: ColdPin, kind: ColdBackup, checksum: Checksum): BackupBlob[] {
  if (manifest.files.length === 0) return []
  const files = manifest.files.map(
    ({ key, bytes }): BackupBlob => ({ name: key, bytes, read: (from, to) => read(key, from, to) }),
  )
  return [
    ...(kind === 'include' ? files : []),
    wholeBlob(PLACE_NAME, encodeCheckedJson({ place }, checksum)),
    wholeBlob(COLD_MANIFEST_COPY, encodeColdManifest(manifest, checksum)),
  ]
}

function wholeBlob(name: string, whole: Uint8Array): BackupBlob {
  return { name, bytes: whole.length, read: async (from, to) => whole.subarray(from, to) }
}

export interface ColdRestoreOptions {
  /** Where the cold files of the backup are, or are to be put where the backup has them. */
  location: ColdLocation | undefined
  /** A store that the place has is to go. */
  replace: boolean
}

/**
 * Restores what a backup has of a cold tier. Files that it includes are put into the place at once, where they count for nothing;
 * its manifest follows when all is there. Of files that it refers to, the place must have a manifest that is as new.
 */
export class ColdRestore implements ColdPart {
  readonly #kernel: Pick<Kernel, 'checksum' | 'sha256'>
  readonly #options: ColdRestoreOptions
  readonly #restored = new Map<string, number>()
  #objects: ColdObjects | undefined
  /** Etag and generation of the manifest that the place has. */
  #there: { etag: string; generation: number } | undefined
  #where = 'a cold tier'
  #manifest: ColdManifest | undefined
  #copy: Uint8Array | undefined

  constructor(kernel: Pick<Kernel, 'checksum' | 'sha256'>, options: ColdRestoreOptions) {
    this.#kernel = kernel
    this.#options = options
  }

  get copy(): Uint8Array | undefined {
    return this.#copy
  }

  async take(name: string, bytes: Uint8Array): Promise<boolean> {
    if (name === PLACE_NAME) this.#where = this.#placeOf(bytes)
    else if (name === COLD_MANIFEST_COPY) this.#manifest = this.#decode(bytes, 'the cold manifest of the backup')
    else if (FILE_KEY.test(name)) await this.#putFile(name, bytes)
    else return false
    return true
  }

  async settle(): Promise<void> {
    const manifest = this.#manifest
    if (manifest === undefined) {
      if (this.#restored.size > 0) throw damagedBackup('it has cold files and no manifest of them')
      return
    }
    if (this.#restored.size === 0) return this.#refer(manifest)
    for (const { key, bytes } of manifest.files) {
      if (this.#restored.get(key) !== bytes)
        throw damagedBackup(`its cold manifest names ${key}, which is not there as it says`)
    }
    await this.#putManifest(manifest)
  }

  /** Checks that the place has what the backup refers to. */
  async #refer(manifest: ColdManifest): Promise<void> {
    const { reader } = await this.#open()
    if (this.#there === undefined) {
      throw new TidemarkError('io', `there is no ${COLD_MANIFEST} in ${reader.place}; nothing was restored`, {
        hint: `The cold rows of the backup were in ${this.#where}.`,
      })
    }
    if (this.#there.generation < manifest.generation) {
      throw new TidemarkError('invalid', `what is in ${reader.place} is older than the backup; nothing was restored`)
    }
    this.#copy = this.#encode(manifest)
  }

  async #putFile(key: string, bytes: Uint8Array): Promise<void> {
    if (!key.endsWith(`/${hex(this.#kernel.sha256(bytes))}.parquet`)) {
      throw damagedBackup(`cold file ${key} does not have the hash of its name`)
    }
    const { store, reader } = await this.#open()
    if (store === undefined)
      throw new TidemarkError('invalid', `${reader.place} cannot be written; nothing was restored`)
    if (this.#there && !this.#options.replace) {
      throw new TidemarkError('invalid', `${reader.place} has the cold tier of a store already; nothing was restored`, {
        hint: 'Restore to another place, or say that the data is to be replaced.',
      })
    }
    await store.put(key, bytes)
    this.#restored.set(key, bytes.length)
  }

  async #putManifest(manifest: ColdManifest): Promise<void> {
    const { store, reader } = await this.#open()
    // Above both, so that whoever knows one of them takes this one for the newer.
    const generation = Math.max(manifest.generation, this.#there?.generation ?? 0) + 1
    const bytes = this.#encode({ ...manifest, generation })
    const condition = this.#there === undefined ? 'absent' : { ifMatch: this.#there.etag }
    if ((await store?.put(COLD_MANIFEST, bytes, condition)) === undefined) {
      throw new TidemarkError('locked', `another store has written to ${reader.place} meanwhile; nothing was restored`)
    }
    this.#copy = bytes
  }

  async #open(): Promise<ColdObjects> {
    if (this.#objects) return this.#objects
    const { location } = this.#options
    if (location === undefined) {
      throw new TidemarkError('invalid', `the backup has rows in a cold tier; nothing was restored`, {
        hint: 'Say where its files are, or are to be put.',
      })
    }
    const objects = await openObjects(location, systemClock)
    const found = await objects.reader.get(COLD_MANIFEST)
    if (found) {
      const { generation } = this.#decode(found.bytes, `${COLD_MANIFEST} of ${objects.reader.place}`)
      this.#there = { etag: found.etag, generation }
    }
    this.#objects = objects
    return objects
  }

  #placeOf(bytes: Uint8Array): string {
    try {
      const value = decodeCheckedJson(bytes, (part) => this.#kernel.checksum(part))
      if (value instanceof Object && 'place' in value && typeof value.place === 'string') return value.place
    } catch (cause) {
      throw damagedBackup(`the place of its cold files is none: ${cause instanceof Error ? cause.message : cause}`)
    }
    throw damagedBackup('the place of its cold files is none')
  }

  #decode(bytes: Uint8Array, what: string): ColdManifest {
    return decodeColdManifest(bytes, (part) => this.#kernel.checksum(part), what)
  }

  #encode(manifest: ColdManifest): Uint8Array {
    return encodeColdManifest(manifest, (part) => this.#kernel.checksum(part))
  }
}
