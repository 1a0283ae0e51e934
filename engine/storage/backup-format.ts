import { TidemarkError } from '../core/errors.ts'

/** `TDMK`, little-endian. */
export const MAGIC = 0x4b4d4454
export const VERSION = 1
/** Of a backup that has blobs of a cold tier. */
export const COLD_VERSION = 2
export const HEADER_BYTES = 16
export const ENTRY_BYTES = 20
export const MAX_NAME_BYTES = 1024
/** Longest blob of a backup: a reader holds one at a time. */
export const MAX_ENTRY_BYTES: number = 2 ** 31

/** The error of a backup that is not one. */
export function damagedBackup(reason: string): TidemarkError {
  return new TidemarkError('corrupt', `the backup is damaged: ${reason}; nothing was restored`)
}

/** A hash as the names of segments and cold files have it. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
