import { TidemarkError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import type { SourceRange } from '../parse/syntax.ts'

/** An error of a statement at a place in its text. */
export function queryError(
  position: SourceRange,
  message: string,
  details: { expected?: readonly string[]; hint?: string } = {},
): TidemarkError {
  return new TidemarkError('query', message, { position, ...details })
}

/** A name that nothing has: what it should have been the name of, and in which table. */
export interface WrongName {
  what: string
  wrong: string
  of?: string
}

/** The error that there is nothing of a name, with the nearest name that there is. */
export function unknownName(position: SourceRange, name: WrongName, names: readonly string[]): TidemarkError {
  const error = unknownError(position, names, name)
  unknown.add(error)
  return error
}

/** Errors that say that there is nothing of a name. */
const unknown = new WeakSet<object>()

/** Whether an error says that there is nothing of a name: what was known then may have been too old. */
export function isUnknownName(error: unknown): boolean {
  return typeof error === 'object' && error !== null && unknown.has(error)
}

function unknownError(position: SourceRange, names: readonly string[], { what, wrong, of }: WrongName): TidemarkError {
  const message = `there is no ${what} '${wrong}'${of === undefined ? '' : ` in '${of}'`}`
  const nearest = nearestName(wrong, names)
  if (nearest === undefined) return queryError(position, message)
  return queryError(position, `${message}; did you mean '${nearest}'?`, { expected: [nearest] })
}
