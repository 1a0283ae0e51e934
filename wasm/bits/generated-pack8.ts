// Made by scripts/generate-kernels.mjs; do not edit.

import { MASKS8 } from './masks'

function pack1(source: usize, target: usize, groups: i32, base: u8): void {
  const low1 = v128.load8_splat(MASKS8, 1)
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), low1)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), low1)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), low1)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), low1)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), low1)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), low1)
    word = v128.or(word, i16x8.shl(value, 5))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), low1)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), low1)
    word = v128.or(word, i16x8.shl(value, 7))
    v128.store(target, word, 0)
    source += 128
    target += 16
  }
}
function pack2(source: usize, target: usize, groups: i32, base: u8): void {
  const low2 = v128.load8_splat(MASKS8, 2)
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), low2)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), low2)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), low2)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), low2)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 0)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), low2)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), low2)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), low2)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), low2)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 16)
    source += 128
    target += 32
  }
}
function pack3(source: usize, target: usize, groups: i32, base: u8): void {
  const low3 = v128.load8_splat(MASKS8, 3)
  const low6 = v128.load8_splat(MASKS8, 6)
  const low7 = v128.load8_splat(MASKS8, 7)
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), low3)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), low3)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), low3)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 6), low6))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 2), low6)
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), low3)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), low3)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), low3)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 7), low7))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 1), low7)
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), low3)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), low3)
    word = v128.or(word, i16x8.shl(value, 5))
    v128.store(target, word, 32)
    source += 128
    target += 48
  }
}
function pack4(source: usize, target: usize, groups: i32, base: u8): void {
  const low4 = v128.load8_splat(MASKS8, 4)
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), low4)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), low4)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 0)
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), low4)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), low4)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 16)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), low4)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), low4)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 32)
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), low4)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), low4)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 48)
    source += 128
    target += 64
  }
}
function pack5(source: usize, target: usize, groups: i32, base: u8): void {
  const low4 = v128.load8_splat(MASKS8, 4)
  const low5 = v128.load8_splat(MASKS8, 5)
  const low6 = v128.load8_splat(MASKS8, 6)
  const low7 = v128.load8_splat(MASKS8, 7)
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), low5)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), low5)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 5), low5))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 3), low5)
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), low5)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), low5)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 7), low7))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 1), low7)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), low5)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 4), low4))
    v128.store(target, word, 32)
    word = v128.and(i16x8.shr_u(value, 4), low4)
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), low5)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), low5)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 6), low6))
    v128.store(target, word, 48)
    word = v128.and(i16x8.shr_u(value, 2), low6)
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), low5)
    word = v128.or(word, i16x8.shl(value, 3))
    v128.store(target, word, 64)
    source += 128
    target += 80
  }
}
function pack6(source: usize, target: usize, groups: i32, base: u8): void {
  const low4 = v128.load8_splat(MASKS8, 4)
  const low6 = v128.load8_splat(MASKS8, 6)
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), low6)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), low6)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 6), low6))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 2), low6)
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), low6)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 4), low4))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 4), low4)
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), low6)
    word = v128.or(word, i16x8.shl(value, 2))
    v128.store(target, word, 32)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), low6)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), low6)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 6), low6))
    v128.store(target, word, 48)
    word = v128.and(i16x8.shr_u(value, 2), low6)
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), low6)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 4), low4))
    v128.store(target, word, 64)
    word = v128.and(i16x8.shr_u(value, 4), low4)
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), low6)
    word = v128.or(word, i16x8.shl(value, 2))
    v128.store(target, word, 80)
    source += 128
    target += 96
  }
}
function pack7(source: usize, target: usize, groups: i32, base: u8): void {
  const low2 = v128.load8_splat(MASKS8, 2)
  const low3 = v128.load8_splat(MASKS8, 3)
  const low4 = v128.load8_splat(MASKS8, 4)
  const low5 = v128.load8_splat(MASKS8, 5)
  const low6 = v128.load8_splat(MASKS8, 6)
  const low7 = v128.load8_splat(MASKS8, 7)
  const bases = i8x16.splat(<i8>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i8x16.sub(v128.load(source, 0), bases), low7)
    word = value
    value = v128.and(i8x16.sub(v128.load(source, 16), bases), low7)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 7), low7))
    v128.store(target, word, 0)
    word = v128.and(i16x8.shr_u(value, 1), low7)
    value = v128.and(i8x16.sub(v128.load(source, 32), bases), low7)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 6), low6))
    v128.store(target, word, 16)
    word = v128.and(i16x8.shr_u(value, 2), low6)
    value = v128.and(i8x16.sub(v128.load(source, 48), bases), low7)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 5), low5))
    v128.store(target, word, 32)
    word = v128.and(i16x8.shr_u(value, 3), low5)
    value = v128.and(i8x16.sub(v128.load(source, 64), bases), low7)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 4), low4))
    v128.store(target, word, 48)
    word = v128.and(i16x8.shr_u(value, 4), low4)
    value = v128.and(i8x16.sub(v128.load(source, 80), bases), low7)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 3), low3))
    v128.store(target, word, 64)
    word = v128.and(i16x8.shr_u(value, 5), low3)
    value = v128.and(i8x16.sub(v128.load(source, 96), bases), low7)
    word = v128.or(word, v128.andnot(i16x8.shl(value, 2), low2))
    v128.store(target, word, 80)
    word = v128.and(i16x8.shr_u(value, 6), low2)
    value = v128.and(i8x16.sub(v128.load(source, 112), bases), low7)
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
