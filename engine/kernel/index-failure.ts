import { TidemarkError } from '../core/errors.ts'

/** wasm/index/series.ts: in place of a ref, why there is none. */
const CORRUPT = 0xfffffffe
const OUT_OF_ORDER = 0xfffffffd
const MANY_SHAPES = 0xfffffffc
/** wasm/index/columns.ts */
export const MAX_SHAPES: number = 1 << 20

export function indexFull(): TidemarkError {
  return new TidemarkError('quota', 'a host numbers 2147483646 series in 3.75 GiB at most')
}

/** Throws where a call says why a series could not be registered. */
export function checkRegistered(failure: number): void {
  switch (failure) {
    case 0:
      return
    case CORRUPT:
      throw new TidemarkError('corrupt', 'a series key does not have the form of one')
    case OUT_OF_ORDER:
      throw new TidemarkError('corrupt', 'a series key has its tags out of order')
    case MANY_SHAPES:
      throw new TidemarkError('quota', `series have more than ${MAX_SHAPES} different lists of tags`)
    default:
      throw indexFull()
  }
}
