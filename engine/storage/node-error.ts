import { type ErrorKind, TidemarkError } from '../core/errors.ts'

const KINDS: Readonly<Record<string, ErrorKind>> = { ENOSPC: 'quota', EDQUOT: 'quota', EFBIG: 'quota' }

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'not found',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file of that name is in the way',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large for the file system',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  EIO: 'the disk failed',
}

/** The code of a failed system call, as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** A failed system call as a sentence: "cannot <action> <path>: <reason>". */
export function fileError(error: unknown, action: string, path: string): TidemarkError {
  if (error instanceof TidemarkError) return error
  const code = errorCode(error)
  const said = error instanceof Error ? error.message : String(error)
  const reason = (code && REASONS[code]) ?? said
  return new TidemarkError((code && KINDS[code]) || 'io', `cannot ${action} ${path}: ${reason}`, { cause: error })
}
