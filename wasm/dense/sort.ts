// Sorting u64 by their digits of eleven bits, from the least on; digits that all have in common are passed over.

const DIGIT_BITS: u64 = 11
const DIGITS: i32 = 2048
const counts: usize = memory.data(DIGITS * 4, 16)

function countDigits(values: usize, count: i32, shift: u64): void {
  memory.fill(counts, 0, DIGITS * 4)
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    const slot = counts + (<usize>((load<u64>(values + i) >> shift) & (DIGITS - 1)) << 2)
    store<u32>(slot, load<u32>(slot) + 1)
  }
  let before: u32 = 0
  for (let digit: usize = 0; digit < <usize>DIGITS << 2; digit += 4) {
    const own = load<u32>(counts + digit)
    store<u32>(counts + digit, before)
    before += own
  }
}

/** Sorts values that need at most `bits` bits, with room for as many at `other`; returns where they are afterwards. */
export function sortValues(values: usize, count: i32, bits: i32, other: usize): usize {
  for (let shift: u64 = 0; shift < <u64>bits; shift += DIGIT_BITS) {
    countDigits(values, count, shift)
    for (let i: usize = 0; i < <usize>count << 3; i += 8) {
      const value = load<u64>(values + i)
      const slot = counts + (<usize>((value >> shift) & (DIGITS - 1)) << 2)
      const place = load<u32>(slot)
      store<u32>(slot, place + 1)
      store<u64>(other + (<usize>place << 3), value)
    }
    const swapped = values
    values = other
    other = swapped
  }
  return values
}
