import { allocate, release } from '../memory/heap'
import { divideSmall, multiplySmall, NUMBER_LIMBS, setSmall, topBits } from './big-number'

// The table of D. Lemire, "Number Parsing at a Gigabyte per Second" (2021): the highest 128 bits of 5^q, truncated for
// q >= 0 and of the reciprocal for q < 0, where q >= -27 is rounded up. Made when it is first needed: 10 kB of constants
// would be more than the code.

export const SMALLEST_POWER: i32 = -342
export const LARGEST_POWER: i32 = 308
const ROUNDED_UP_FROM: i32 = -27
/** 2^960 / 5^342 still has 166 bits. */
const RECIPROCAL_LIMB: u32 = 30

let table: usize = 0

/** Address of the two halves of 5^q: the high 64 bits, then the low. */
export function powerOfFive(q: i32): usize {
  if (table == 0) makeTable()
  return table + (<usize>(q - SMALLEST_POWER) << 4)
}

function makeTable(): void {
  table = allocate(<usize>(LARGEST_POWER - SMALLEST_POWER + 1) << 4)
  const number = allocate(NUMBER_LIMBS << 2)
  setSmall(number, 1)
  for (let q = 0; q <= LARGEST_POWER; q++) {
    topBits(number, powerOfFive(q))
    multiplySmall(number, 5)
  }
  setSmall(number, 0)
  store<u32>(number + (<usize>RECIPROCAL_LIMB << 2), 1)
  for (let q = -1; q >= SMALLEST_POWER; q--) {
    divideSmall(number, 5)
    const entry = powerOfFive(q)
    topBits(number, entry)
    if (q < ROUNDED_UP_FROM) continue
    const low = load<u64>(entry, 8) + 1
    store<u64>(entry, low, 8)
    if (low == 0) store<u64>(entry, load<u64>(entry) + 1)
  }
  release(number, NUMBER_LIMBS << 2)
}
