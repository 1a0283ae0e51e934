// Made by scripts/generate-kernels.mjs; do not edit.

function pack1(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  const mask = i8x16.splat(<i8>1)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), mask)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), mask)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), mask)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), mask)
    word = v128.or(word, i16x8.shl(value, 5))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), mask)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), mask)
    word = v128.or(word, i16x8.shl(value, 7))
    v128.store(target, word, 0)
    source += 128
    target += 16
  }
}
function pack2(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  const mask = i8x16.splat(<i8>3)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), mask)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), mask)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 0)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), mask)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), mask)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 16)
    source += 128
    target += 32
  }
}
function pack3(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  const mask = i8x16.splat(<i8>7)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), mask)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 6), i8x16.splat(<i8>192)))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 2), i8x16.splat(<i8>63))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), mask)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 7), i8x16.splat(<i8>128)))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 1), i8x16.splat(<i8>127))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), mask)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), mask)
    word = v128.or(word, i16x8.shl(value, 5))
    v128.store(target, word, 32)
    source += 128
    target += 48
  }
}
function pack4(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  const mask = i8x16.splat(<i8>15)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 0)
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 16)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 32)
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), mask)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 48)
    source += 128
    target += 64
  }
}
function pack5(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  const mask = i8x16.splat(<i8>31)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 5), i8x16.splat(<i8>224)))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 3), i8x16.splat(<i8>31))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), mask)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 7), i8x16.splat(<i8>128)))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 1), i8x16.splat(<i8>127))
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 4), i8x16.splat(<i8>240)))
    v128.store(target, word, 32)
    word = v128.and(i16x8.shr_u(value, 4), i8x16.splat(<i8>15))
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), mask)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 6), i8x16.splat(<i8>192)))
    v128.store(target, word, 48)
    word = v128.and(i16x8.shr_u(value, 2), i8x16.splat(<i8>63))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), mask)
    word = v128.or(word, i16x8.shl(value, 3))
    v128.store(target, word, 64)
    source += 128
    target += 80
  }
}
function pack6(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  const mask = i8x16.splat(<i8>63)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 6), i8x16.splat(<i8>192)))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 2), i8x16.splat(<i8>63))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 4), i8x16.splat(<i8>240)))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 4), i8x16.splat(<i8>15))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), mask)
    word = v128.or(word, i16x8.shl(value, 2))
    v128.store(target, word, 32)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 6), i8x16.splat(<i8>192)))
    v128.store(target, word, 48)
    word = v128.and(i16x8.shr_u(value, 2), i8x16.splat(<i8>63))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 4), i8x16.splat(<i8>240)))
    v128.store(target, word, 64)
    word = v128.and(i16x8.shr_u(value, 4), i8x16.splat(<i8>15))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), mask)
    word = v128.or(word, i16x8.shl(value, 2))
    v128.store(target, word, 80)
    source += 128
    target += 96
  }
}
function pack7(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  const mask = i8x16.splat(<i8>127)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), mask)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 7), i8x16.splat(<i8>128)))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 1), i8x16.splat(<i8>127))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 6), i8x16.splat(<i8>192)))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 2), i8x16.splat(<i8>63))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 5), i8x16.splat(<i8>224)))
    v128.store(target, word, 32)
    word = v128.and(i16x8.shr_u(value, 3), i8x16.splat(<i8>31))
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 4), i8x16.splat(<i8>240)))
    v128.store(target, word, 48)
    word = v128.and(i16x8.shr_u(value, 4), i8x16.splat(<i8>15))
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 3), i8x16.splat(<i8>248)))
    v128.store(target, word, 64)
    word = v128.and(i16x8.shr_u(value, 5), i8x16.splat(<i8>7))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), mask)
    word = v128.or(word, v128.and(i16x8.shl(value, 2), i8x16.splat(<i8>252)))
    v128.store(target, word, 80)
    word = v128.and(i16x8.shr_u(value, 6), i8x16.splat(<i8>3))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), mask)
    word = v128.or(word, i16x8.shl(value, 1))
    v128.store(target, word, 96)
    source += 128
    target += 112
  }
}
function pack8(source: usize, target: usize, groups: i32, base: u8): void {
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = i8x16.sub(v128.load(source, 0), bases)
    word = value
    v128.store(target, word, 0)
    value = i8x16.sub(v128.load(source, 16), bases)
    word = value
    v128.store(target, word, 16)
    value = i8x16.sub(v128.load(source, 32), bases)
    word = value
    v128.store(target, word, 32)
    value = i8x16.sub(v128.load(source, 48), bases)
    word = value
    v128.store(target, word, 48)
    value = i8x16.sub(v128.load(source, 64), bases)
    word = value
    v128.store(target, word, 64)
    value = i8x16.sub(v128.load(source, 80), bases)
    word = value
    v128.store(target, word, 80)
    value = i8x16.sub(v128.load(source, 96), bases)
    word = value
    v128.store(target, word, 96)
    value = i8x16.sub(v128.load(source, 112), bases)
    word = value
    v128.store(target, word, 112)
    source += 128
    target += 128
  }
}
/** Packs the low bits of whole groups of 8-bit values, each less `base`, to a width 1..8; width 0 writes
 * nothing. */
export function packGroups8(width: i32, source: usize, target: usize, groups: i32, base: u8): void {
  switch (width) {
    case 1:
      pack1(source, target, groups, base)
      return
    case 2:
      pack2(source, target, groups, base)
      return
    case 3:
      pack3(source, target, groups, base)
      return
    case 4:
      pack4(source, target, groups, base)
      return
    case 5:
      pack5(source, target, groups, base)
      return
    case 6:
      pack6(source, target, groups, base)
      return
    case 7:
      pack7(source, target, groups, base)
      return
    case 8:
      pack8(source, target, groups, base)
      return
  }
}
