import { TidemarkError } from '../core/errors.ts'

const MAX_WINDOWS = 2 ** 31 - 1

/** The start of the window that a time is in. */
export function windowStart(time: bigint, origin: bigint, width: bigint): bigint {
  const offset = (time - origin) % width
  return time - (offset < 0n ? offset + width : offset)
}

/** How many windows there are from the first one's start to an end; one where they have no width. Throws `query` where they are too many. */
export function windowCount(base: bigint, end: bigint, width: bigint): number {
  if (width === 0n) return 1
  const count = (end - base + width - 1n) / width
  if (count <= BigInt(MAX_WINDOWS)) return Math.max(1, Number(count))
  throw new TidemarkError('query', `the range of time has ${count} windows, at most ${MAX_WINDOWS} are possible`, {
    hint: 'use wider windows or a shorter range of time',
  })
}
