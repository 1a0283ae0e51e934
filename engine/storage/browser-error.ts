import { TidemarkError } from '../core/errors.ts'

/** A failed call of the browser as a sentence: "cannot <action>: <reason>". */
export function browserError(error: unknown, action: string): TidemarkError {
  if (error instanceof TidemarkError) return error
  const name = error instanceof Error ? error.name : ''
  const reason = error instanceof Error && error.message !== '' ? error.message : name || String(error)
  if (name === 'QuotaExceededError') {
    return new TidemarkError('quota', `cannot ${action}: the browser gives this site no more space`, {
      hint: 'Delete data or free space on this device.',
      cause: error,
    })
  }
  return new TidemarkError('io', `cannot ${action}: ${reason}`, { cause: error })
}
