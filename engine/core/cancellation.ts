import { TidemarkError } from './errors.ts'

/** Throws where a signal says that nobody waits any more: its reason where that says what ended it, else `cancelled`. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancellation(signal)
}

/** The error of what an aborted signal ended. */
export function cancellation({ reason }: AbortSignal): TidemarkError {
  if (reason instanceof TidemarkError) return reason
  return new TidemarkError('cancelled', 'the query was cancelled', { cause: reason })
}

/** What a call answers, or the signal's error once that is aborted; `abandon` is called then. */
export function untilAborted<T>(
  call: Promise<T> | T,
  signal: AbortSignal | undefined,
  abandon: () => void,
): Promise<T> {
  if (signal === undefined || !(call instanceof Promise)) return Promise.resolve(call)
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(cancellation(signal))
      abandon()
    }
    const settled = (): void => signal.removeEventListener('abort', abort)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    call.then(resolve, reject)
    call.then(settled, settled)
  })
}
