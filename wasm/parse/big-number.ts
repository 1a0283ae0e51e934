// Natural numbers below 2^5120 for the rare decimals that need them: 160 limbs of 32 bits, the lowest first.

export const NUMBER_LIMBS: usize = 160

export function setSmall(number: usize, value: u64): void {
  memory.fill(number, 0, NUMBER_LIMBS << 2)
  store<u64>(number, value)
}

/** `number = number * factor + addend` */
export function multiplyAdd(number: usize, factor: u32, addend: u32): void {
  let carry: u64 = addend
  for (let i: usize = 0; i < NUMBER_LIMBS; i++) {
    const product = <u64>load<u32>(number + (i << 2)) * factor + carry
    store<u32>(number + (i << 2), <u32>product)
    carry = product >> 32
  }
}

export function multiplySmall(number: usize, factor: u32): void {
  multiplyAdd(number, factor, 0)
}

/** `number = floor(number / divisor)` */
export function divideSmall(number: usize, divisor: u32): void {
  let remainder: u64 = 0
  for (let i: isize = NUMBER_LIMBS - 1; i >= 0; i--) {
    const dividend = (remainder << 32) | load<u32>(number + (<usize>i << 2))
    store<u32>(number + (<usize>i << 2), <u32>(dividend / divisor))
    remainder = dividend % divisor
  }
}

export function shiftLeft(number: usize, bits: u32): void {
  const limbs = <isize>(bits >> 5)
  const rest = <u64>(bits & 31)
  for (let i: isize = NUMBER_LIMBS - 1; i >= 0; i--) {
    const from = i - limbs
    const low = from >= 1 ? <u64>load<u32>(number + (<usize>(from - 1) << 2)) : 0
    const high = from >= 0 ? <u64>load<u32>(number + (<usize>from << 2)) : 0
    const pair = (high << 32) | low
    store<u32>(number + (<usize>i << 2), <u32>((pair << rest) >> 32))
  }
}

/** Negative, 0 or positive as `a` is less than, equal to or greater than `b`. */
export function compareNumbers(a: usize, b: usize): i32 {
  for (let i: isize = NUMBER_LIMBS - 1; i >= 0; i--) {
    const x = load<u32>(a + (<usize>i << 2))
    const y = load<u32>(b + (<usize>i << 2))
    if (x != y) return x < y ? -1 : 1
  }
  return 0
}

/** Writes the highest 128 bits of a number that is not 0, the first of them 1: the high 64, then the low. */
export function topBits(number: usize, result: usize): void {
  let limb = NUMBER_LIMBS - 1
  while (load<u32>(number + (limb << 2)) == 0) limb--
  const zeros = <u64>clz<u32>(load<u32>(number + (limb << 2)))
  let high: u64 = 0
  let low: u64 = 0
  for (let i: usize = 0; i < 5; i++) {
    const word = limb >= i ? <u64>load<u32>(number + ((limb - i) << 2)) : 0
    if (i < 2) high = (high << 32) | word
    else if (i < 4) low = (low << 32) | word
    else if (zeros != 0) {
      high = (high << zeros) | (low >> (64 - zeros))
      low = (low << zeros) | (word >> (32 - zeros))
    }
  }
  store<u64>(result, high)
  store<u64>(result, low, 8)
}
