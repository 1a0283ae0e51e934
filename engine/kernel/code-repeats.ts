import { type CoreInstance, STAGING_CAPACITY } from './memory.ts'

/** Codes that a call of the core compares at most, with those at a distance before. */
const MOST_CODES = STAGING_CAPACITY / 4
/** Beyond it most of what is brought to the core would be there to be compared with. */
const MOST_DISTANCE = MOST_CODES / 4

interface RepeatExports {
  repeatedCodes(distance: number, count: number): number
}

/** How many of the codes after the first `distance` are each that of `distance` before, up to the first that is not. */
export function repeatedCodes(core: CoreInstance, codes: Uint32Array, distance: number): number {
  const { exports } = core
  if (!hasRepeats(exports)) throw new Error('this WebAssembly module finds no repeats')
  if (distance > MOST_DISTANCE) return plainRepeats(codes, distance)
  let from = distance
  while (from < codes.length) {
    const to = Math.min(codes.length, from + MOST_CODES - distance)
    const { buffer, byteOffset } = codes
    const bytes = new Uint8Array(buffer, byteOffset + 4 * (from - distance), 4 * (to - from + distance))
    core.u8.set(bytes, exports.STAGING.value)
    const found = exports.repeatedCodes(distance, to - from)
    from += found
    if (from < to) break
  }
  return Math.max(0, from - distance)
}

/** The same without the core. */
export function plainRepeats(codes: Uint32Array, distance: number): number {
  let at = distance
  while (at < codes.length && codes[at] === codes[at - distance]) at++
  return Math.max(0, at - distance)
}

function hasRepeats(exports: object): exports is RepeatExports {
  return 'repeatedCodes' in exports
}
