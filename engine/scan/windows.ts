import { TidemarkError } from '../core/errors.ts'

const MAX_WINDOWS = 2 ** 31 - 1

/** The start of the window that a time is in. */
export function windowStart(time: bigint, origin: bigint, width: bigint): bigint {
  const offset = (time - origin) % width
  return time - (offset < 0n ? offset + width : offset)
}

/** The starts of windows by their numbers. */
export function windowStarts(numbers: Float64Array, base: bigint, width: bigint): BigInt64Array {
  const starts = new BigInt64Array(numbers.length)
  let most = 0
  for (let i = 0; i < numbers.length; i++) most = Math.max(most, numbers[i] as number)
  if (most >= numbers.length) {
    for (let i = 0; i < numbers.length; i++) starts[i] = base + BigInt(numbers[i] as number) * width
    return starts
  }
  // Most windows come many times: each start is made once.
  const startOf = BigInt64Array.from({ length: most + 1 }, (_, window) => base + BigInt(window) * width)
  for (let i = 0; i < numbers.length; i++) starts[i] = startOf[numbers[i] as number] as bigint
  return starts
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
