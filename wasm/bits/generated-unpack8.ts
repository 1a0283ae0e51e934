// Made by scripts/generate-kernels.mjs; do not edit.

function unpack1(source: usize, target: usize, groups: i32): void {
  const mask = i8x16.splat(<i8>1)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 1), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 2), mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 3), mask), 48)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w0, 5), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), mask), 96)
    v128.store(target, v128.and(i16x8.shr_u(w0, 7), mask), 112)
    source += 16
    target += 128
  }
}
function unpack2(source: usize, target: usize, groups: i32): void {
  const mask = i8x16.splat(<i8>3)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 2), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), mask), 48)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), mask), 96)
    v128.store(target, v128.and(i16x8.shr_u(w1, 6), mask), 112)
    source += 32
    target += 128
  }
}
function unpack3(source: usize, target: usize, groups: i32): void {
  const mask = i8x16.splat(<i8>7)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 3), mask), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 6), i8x16.splat(<i8>3)), i16x8.shl(v128.and(w1, i8x16.splat(<i8>1)), 2)), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 1), mask), 48)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), mask), 64)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 7), i8x16.splat(<i8>1)), i16x8.shl(v128.and(w2, i8x16.splat(<i8>3)), 1)), 80)
    v128.store(target, v128.and(i16x8.shr_u(w2, 2), mask), 96)
    v128.store(target, v128.and(i16x8.shr_u(w2, 5), mask), 112)
    source += 48
    target += 128
  }
}
function unpack4(source: usize, target: usize, groups: i32): void {
  const mask = i8x16.splat(<i8>15)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), mask), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), mask), 48)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(w2, mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), mask), 80)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, mask), 96)
    v128.store(target, v128.and(i16x8.shr_u(w3, 4), mask), 112)
    source += 64
    target += 128
  }
}
function unpack5(source: usize, target: usize, groups: i32): void {
  const mask = i8x16.splat(<i8>31)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 5), i8x16.splat(<i8>7)), i16x8.shl(v128.and(w1, i8x16.splat(<i8>3)), 3)), 16)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), mask), 32)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 7), i8x16.splat(<i8>1)), i16x8.shl(v128.and(w2, i8x16.splat(<i8>15)), 1)), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w2, 4), i8x16.splat(<i8>15)), i16x8.shl(v128.and(w3, i8x16.splat(<i8>1)), 4)), 64)
    v128.store(target, v128.and(i16x8.shr_u(w3, 1), mask), 80)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w3, 6), i8x16.splat(<i8>3)), i16x8.shl(v128.and(w4, i8x16.splat(<i8>7)), 2)), 96)
    v128.store(target, v128.and(i16x8.shr_u(w4, 3), mask), 112)
    source += 80
    target += 128
  }
}
function unpack6(source: usize, target: usize, groups: i32): void {
  const mask = i8x16.splat(<i8>63)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 6), i8x16.splat(<i8>3)), i16x8.shl(v128.and(w1, i8x16.splat(<i8>15)), 2)), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 4), i8x16.splat(<i8>15)), i16x8.shl(v128.and(w2, i8x16.splat(<i8>3)), 4)), 32)
    v128.store(target, v128.and(i16x8.shr_u(w2, 2), mask), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, mask), 64)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w3, 6), i8x16.splat(<i8>3)), i16x8.shl(v128.and(w4, i8x16.splat(<i8>15)), 2)), 80)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w4, 4), i8x16.splat(<i8>15)), i16x8.shl(v128.and(w5, i8x16.splat(<i8>3)), 4)), 96)
    v128.store(target, v128.and(i16x8.shr_u(w5, 2), mask), 112)
    source += 96
    target += 128
  }
}
function unpack7(source: usize, target: usize, groups: i32): void {
  const mask = i8x16.splat(<i8>127)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 7), i8x16.splat(<i8>1)), i16x8.shl(v128.and(w1, i8x16.splat(<i8>63)), 1)), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 6), i8x16.splat(<i8>3)), i16x8.shl(v128.and(w2, i8x16.splat(<i8>31)), 2)), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w2, 5), i8x16.splat(<i8>7)), i16x8.shl(v128.and(w3, i8x16.splat(<i8>15)), 3)), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w3, 4), i8x16.splat(<i8>15)), i16x8.shl(v128.and(w4, i8x16.splat(<i8>7)), 4)), 64)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w4, 3), i8x16.splat(<i8>31)), i16x8.shl(v128.and(w5, i8x16.splat(<i8>3)), 5)), 80)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w5, 2), i8x16.splat(<i8>63)), i16x8.shl(v128.and(w6, i8x16.splat(<i8>1)), 6)), 96)
    v128.store(target, v128.and(i16x8.shr_u(w6, 1), mask), 112)
    source += 112
    target += 128
  }
}
function unpack8(source: usize, target: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, w0, 0)
    const w1 = v128.load(source, 16)
    v128.store(target, w1, 16)
    const w2 = v128.load(source, 32)
    v128.store(target, w2, 32)
    const w3 = v128.load(source, 48)
    v128.store(target, w3, 48)
    const w4 = v128.load(source, 64)
    v128.store(target, w4, 64)
    const w5 = v128.load(source, 80)
    v128.store(target, w5, 80)
    const w6 = v128.load(source, 96)
    v128.store(target, w6, 96)
    const w7 = v128.load(source, 112)
    v128.store(target, w7, 112)
    source += 128
    target += 128
  }
}
/** Unpacks whole groups of a width 1..8 to 8-bit values; width 0 writes nothing. */
export function unpackGroups8(width: i32, source: usize, target: usize, groups: i32): void {
  switch (width) {
    case 1:
      unpack1(source, target, groups)
      return
    case 2:
      unpack2(source, target, groups)
      return
    case 3:
      unpack3(source, target, groups)
      return
    case 4:
      unpack4(source, target, groups)
      return
    case 5:
      unpack5(source, target, groups)
      return
    case 6:
      unpack6(source, target, groups)
      return
    case 7:
      unpack7(source, target, groups)
      return
    case 8:
      unpack8(source, target, groups)
      return
  }
}
