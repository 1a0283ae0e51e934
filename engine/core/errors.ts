/**
 * What went wrong, by what the caller can do about it:
 * `invalid` bad input or argument, `corrupt` bytes that fail their checks, `truncated` bytes that end early, `io` the
 * platform failed, `query` a statement that cannot run, `quota` a limit was reached, `locked` another process holds the
 * store, `closed` used after close, `cancelled` by the caller's signal, `auth` not allowed.
 */
export type ErrorKind =
  | 'invalid'
  | 'corrupt'
  | 'truncated'
  | 'io'
  | 'query'
  | 'quota'
  | 'locked'
  | 'closed'
  | 'cancelled'
  | 'auth'

export interface ErrorDetails {
  /** Offset in UTF-16 code units into the statement, with the length of what is wrong. */
  position?: { offset: number; length: number }
  /** What would have been right at that place. */
  expected?: readonly string[]
  /** What to do about it, as a sentence. */
  hint?: string
  cause?: unknown
}

/** Every error that bad data, bad input or a failing platform can cause. A caller's bug throws a plain `Error`. */
export class TidemarkError extends Error {
  readonly kind: ErrorKind
  readonly position: { offset: number; length: number } | undefined
  readonly expected: readonly string[] | undefined
  readonly hint: string | undefined

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'TidemarkError'
    this.kind = kind
    this.position = details.position
    this.expected = details.expected
    this.hint = details.hint
  }
}

/** What was expected, where the message does not say it already. */
export function unsaidExpectations({ message, expected }: PlainError | TidemarkError): readonly string[] {
  return expected?.filter((name) => !message.includes(name)) ?? []
}

/** The form in which an error crosses a worker or the network: `{"error": ...}` without the envelope. */
export interface PlainError {
  kind: ErrorKind
  message: string
  position?: { offset: number; length: number }
  expected?: readonly string[]
  hint?: string
}

export function toPlainError(error: TidemarkError): PlainError {
  return {
    kind: error.kind,
    message: error.message,
    ...(error.position && { position: error.position }),
    ...(error.expected && { expected: error.expected }),
    ...(error.hint !== undefined && { hint: error.hint }),
  }
}

export function fromPlainError(plain: PlainError): TidemarkError {
  const { kind, message, ...details } = plain
  return new TidemarkError(kind, message, details)
}
