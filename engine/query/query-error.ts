import { TidemarkError } from '../core/errors.ts'
import { nearestName } from './nearest-name.ts'
import type { SourceRange } from './syntax.ts'

/** An error of a statement at a place in its text. */
export function queryError(
  position: SourceRange,
  message: string,
  details: { expected?: readonly string[]; hint?: string } = {},
): TidemarkError {
  return new TidemarkError('query', message, { position, ...details })
}

/** The error that there is nothing of a name, with the nearest name that there is. */
export function unknownName(
  position: SourceRange,
  what: string,
  wrong: string,
  names: readonly string[],
): TidemarkError {
  const nearest = nearestName(wrong, names)
  const hint = nearest === undefined ? undefined : `Did you mean '${nearest}'?`
  const message = `there is no ${what} '${wrong}'`
  return queryError(position, hint === undefined ? message : `${message}; ${lowerFirst(hint)}`, {
    ...(nearest !== undefined && { expected: [nearest] }),
    ...(hint !== undefined && { hint }),
  })
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
