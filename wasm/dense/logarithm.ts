// Logarithms of counts, from a table, so that costs are the same on every machine.

const MANTISSA_BITS: u32 = 11
const PLACES: i32 = 1 << MANTISSA_BITS
const table: usize = memory.data((PLACES + 1) * 8, 16)

function fill(): void {
  for (let i = 0; i <= PLACES; i++) store<f64>(table + (<usize>i << 3), Math.log2(1 + <f64>i / <f64>PLACES))
}

/** Binary logarithm of a count of at least 1: exact up to 2048, within 0.0008 above. */
export function logarithm(count: u32): f64 {
  if (load<f64>(table, 8) == 0) fill()
  const exponent = 31 - clz<u32>(count)
  const place = ((<u64>count << (63 - <u64>exponent)) << 1) >> (64 - <u64>MANTISSA_BITS)
  return <f64>exponent + load<f64>(table + (<usize>place << 3))
}
