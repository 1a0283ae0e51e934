// Made by scripts/generate-kernels.mjs; do not edit.

import { MASKS16 } from './masks'

function pack1(source: usize, target: usize, groups: i32, base: u16): void {
  const low1 = v128.load16_splat(MASKS16, 2)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low1)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low1)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low1)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low1)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low1)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low1)
    word = v128.or(word, i16x8.shl(value, 5))
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low1)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low1)
    word = v128.or(word, i16x8.shl(value, 7))
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low1)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low1)
    word = v128.or(word, i16x8.shl(value, 9))
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low1)
    word = v128.or(word, i16x8.shl(value, 10))
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low1)
    word = v128.or(word, i16x8.shl(value, 11))
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low1)
    word = v128.or(word, i16x8.shl(value, 12))
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low1)
    word = v128.or(word, i16x8.shl(value, 13))
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low1)
    word = v128.or(word, i16x8.shl(value, 14))
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low1)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 0)
    source += 256
    target += 16
  }
}
function pack2(source: usize, target: usize, groups: i32, base: u16): void {
  const low2 = v128.load16_splat(MASKS16, 4)
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low2)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low2)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low2)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low2)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low2)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low2)
    word = v128.or(word, i16x8.shl(value, 10))
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low2)
    word = v128.or(word, i16x8.shl(value, 12))
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low2)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 0)
    source += 128
    target += 16
  }
}
function pack3(source: usize, target: usize, groups: i32, base: u16): void {
  const low3 = v128.load16_splat(MASKS16, 6)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low3)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low3)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low3)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low3)
    word = v128.or(word, i16x8.shl(value, 9))
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low3)
    word = v128.or(word, i16x8.shl(value, 12))
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low3)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 1)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low3)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low3)
    word = v128.or(word, i16x8.shl(value, 5))
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low3)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low3)
    word = v128.or(word, i16x8.shl(value, 11))
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low3)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low3)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low3)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low3)
    word = v128.or(word, i16x8.shl(value, 7))
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low3)
    word = v128.or(word, i16x8.shl(value, 10))
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low3)
    word = v128.or(word, i16x8.shl(value, 13))
    v128.store(target, word, 32)
    source += 256
    target += 48
  }
}
function pack4(source: usize, target: usize, groups: i32, base: u16): void {
  const low4 = v128.load16_splat(MASKS16, 8)
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low4)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low4)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low4)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low4)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 0)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low4)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low4)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low4)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low4)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 16)
    source += 128
    target += 32
  }
}
function pack5(source: usize, target: usize, groups: i32, base: u16): void {
  const low5 = v128.load16_splat(MASKS16, 10)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low5)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low5)
    word = v128.or(word, i16x8.shl(value, 5))
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low5)
    word = v128.or(word, i16x8.shl(value, 10))
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low5)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 1)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low5)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low5)
    word = v128.or(word, i16x8.shl(value, 9))
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low5)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low5)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low5)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low5)
    word = v128.or(word, i16x8.shl(value, 13))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 3)
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low5)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low5)
    word = v128.or(word, i16x8.shl(value, 7))
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low5)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low5)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low5)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low5)
    word = v128.or(word, i16x8.shl(value, 11))
    v128.store(target, word, 64)
    source += 256
    target += 80
  }
}
function pack6(source: usize, target: usize, groups: i32, base: u16): void {
  const low6 = v128.load16_splat(MASKS16, 12)
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low6)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low6)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low6)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low6)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low6)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low6)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low6)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low6)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 32)
    source += 128
    target += 48
  }
}
function pack7(source: usize, target: usize, groups: i32, base: u16): void {
  const low7 = v128.load16_splat(MASKS16, 14)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low7)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low7)
    word = v128.or(word, i16x8.shl(value, 7))
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low7)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low7)
    word = v128.or(word, i16x8.shl(value, 5))
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low7)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low7)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low7)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 6)
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low7)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low7)
    word = v128.or(word, i16x8.shl(value, 8))
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low7)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 1)
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low7)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low7)
    word = v128.or(word, i16x8.shl(value, 13))
    v128.store(target, word, 64)
    word = i16x8.shr_u(value, 3)
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low7)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low7)
    word = v128.or(word, i16x8.shl(value, 11))
    v128.store(target, word, 80)
    word = i16x8.shr_u(value, 5)
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low7)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low7)
    word = v128.or(word, i16x8.shl(value, 9))
    v128.store(target, word, 96)
    source += 256
    target += 112
  }
}
function pack8(source: usize, target: usize, groups: i32, base: u16): void {
  const low8 = v128.load16_splat(MASKS16, 16)
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low8)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low8)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 0)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low8)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low8)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 16)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low8)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low8)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 32)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low8)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low8)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 48)
    source += 128
    target += 64
  }
}
function pack9(source: usize, target: usize, groups: i32, base: u16): void {
  const low9 = v128.load16_splat(MASKS16, 18)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low9)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low9)
    word = v128.or(word, i16x8.shl(value, 9))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 7)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low9)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low9)
    word = v128.or(word, i16x8.shl(value, 11))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 5)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low9)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low9)
    word = v128.or(word, i16x8.shl(value, 13))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 3)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low9)
    word = v128.or(word, i16x8.shl(value, 6))
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low9)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 1)
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low9)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 64)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low9)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low9)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 80)
    word = i16x8.shr_u(value, 6)
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low9)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low9)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 96)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low9)
    word = v128.or(word, i16x8.shl(value, 5))
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low9)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 112)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low9)
    word = v128.or(word, i16x8.shl(value, 7))
    v128.store(target, word, 128)
    source += 256
    target += 144
  }
}
function pack10(source: usize, target: usize, groups: i32, base: u16): void {
  const low10 = v128.load16_splat(MASKS16, 20)
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low10)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low10)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 6)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low10)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low10)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low10)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low10)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low10)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low10)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 64)
    source += 128
    target += 80
  }
}
function pack11(source: usize, target: usize, groups: i32, base: u16): void {
  const low11 = v128.load16_splat(MASKS16, 22)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low11)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low11)
    word = v128.or(word, i16x8.shl(value, 11))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 5)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low11)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 10)
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low11)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low11)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low11)
    word = v128.or(word, i16x8.shl(value, 7))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 9)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low11)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low11)
    word = v128.or(word, i16x8.shl(value, 13))
    v128.store(target, word, 64)
    word = i16x8.shr_u(value, 3)
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low11)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 80)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low11)
    word = v128.or(word, i16x8.shl(value, 3))
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low11)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 96)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low11)
    word = v128.or(word, i16x8.shl(value, 9))
    v128.store(target, word, 112)
    word = i16x8.shr_u(value, 7)
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low11)
    word = v128.or(word, i16x8.shl(value, 4))
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low11)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 128)
    word = i16x8.shr_u(value, 1)
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low11)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 144)
    word = i16x8.shr_u(value, 6)
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low11)
    word = v128.or(word, i16x8.shl(value, 5))
    v128.store(target, word, 160)
    source += 256
    target += 176
  }
}
function pack12(source: usize, target: usize, groups: i32, base: u16): void {
  const low12 = v128.load16_splat(MASKS16, 24)
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low12)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low12)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low12)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low12)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 32)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low12)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low12)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low12)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 64)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low12)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 80)
    source += 128
    target += 96
  }
}
function pack13(source: usize, target: usize, groups: i32, base: u16): void {
  const low13 = v128.load16_splat(MASKS16, 26)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low13)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low13)
    word = v128.or(word, i16x8.shl(value, 13))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 3)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low13)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 6)
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low13)
    word = v128.or(word, i16x8.shl(value, 7))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 9)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low13)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 12)
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low13)
    word = v128.or(word, i16x8.shl(value, 1))
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low13)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 64)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low13)
    word = v128.or(word, i16x8.shl(value, 11))
    v128.store(target, word, 80)
    word = i16x8.shr_u(value, 5)
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low13)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 96)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low13)
    word = v128.or(word, i16x8.shl(value, 5))
    v128.store(target, word, 112)
    word = i16x8.shr_u(value, 11)
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low13)
    word = v128.or(word, i16x8.shl(value, 2))
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low13)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 128)
    word = i16x8.shr_u(value, 1)
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low13)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 144)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low13)
    word = v128.or(word, i16x8.shl(value, 9))
    v128.store(target, word, 160)
    word = i16x8.shr_u(value, 7)
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low13)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 176)
    word = i16x8.shr_u(value, 10)
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low13)
    word = v128.or(word, i16x8.shl(value, 3))
    v128.store(target, word, 192)
    source += 256
    target += 208
  }
}
function pack14(source: usize, target: usize, groups: i32, base: u16): void {
  const low14 = v128.load16_splat(MASKS16, 28)
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low14)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low14)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low14)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low14)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 6)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low14)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low14)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 64)
    word = i16x8.shr_u(value, 10)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low14)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 80)
    word = i16x8.shr_u(value, 12)
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low14)
    word = v128.or(word, i16x8.shl(value, 2))
    v128.store(target, word, 96)
    source += 128
    target += 112
  }
}
function pack15(source: usize, target: usize, groups: i32, base: u16): void {
  const low15 = v128.load16_splat(MASKS16, 30)
  const bases = i16x8.splat(<i16>base)
  for (let group = 0; group < groups; group++) {
    let word: v128
    let value: v128
    value = v128.and(i16x8.sub(v128.load(source, 0), bases), low15)
    word = value
    value = v128.and(i16x8.sub(v128.load(source, 16), bases), low15)
    word = v128.or(word, i16x8.shl(value, 15))
    v128.store(target, word, 0)
    word = i16x8.shr_u(value, 1)
    value = v128.and(i16x8.sub(v128.load(source, 32), bases), low15)
    word = v128.or(word, i16x8.shl(value, 14))
    v128.store(target, word, 16)
    word = i16x8.shr_u(value, 2)
    value = v128.and(i16x8.sub(v128.load(source, 48), bases), low15)
    word = v128.or(word, i16x8.shl(value, 13))
    v128.store(target, word, 32)
    word = i16x8.shr_u(value, 3)
    value = v128.and(i16x8.sub(v128.load(source, 64), bases), low15)
    word = v128.or(word, i16x8.shl(value, 12))
    v128.store(target, word, 48)
    word = i16x8.shr_u(value, 4)
    value = v128.and(i16x8.sub(v128.load(source, 80), bases), low15)
    word = v128.or(word, i16x8.shl(value, 11))
    v128.store(target, word, 64)
    word = i16x8.shr_u(value, 5)
    value = v128.and(i16x8.sub(v128.load(source, 96), bases), low15)
    word = v128.or(word, i16x8.shl(value, 10))
    v128.store(target, word, 80)
    word = i16x8.shr_u(value, 6)
    value = v128.and(i16x8.sub(v128.load(source, 112), bases), low15)
    word = v128.or(word, i16x8.shl(value, 9))
    v128.store(target, word, 96)
    word = i16x8.shr_u(value, 7)
    value = v128.and(i16x8.sub(v128.load(source, 128), bases), low15)
    word = v128.or(word, i16x8.shl(value, 8))
    v128.store(target, word, 112)
    word = i16x8.shr_u(value, 8)
    value = v128.and(i16x8.sub(v128.load(source, 144), bases), low15)
    word = v128.or(word, i16x8.shl(value, 7))
    v128.store(target, word, 128)
    word = i16x8.shr_u(value, 9)
    value = v128.and(i16x8.sub(v128.load(source, 160), bases), low15)
    word = v128.or(word, i16x8.shl(value, 6))
    v128.store(target, word, 144)
    word = i16x8.shr_u(value, 10)
    value = v128.and(i16x8.sub(v128.load(source, 176), bases), low15)
    word = v128.or(word, i16x8.shl(value, 5))
    v128.store(target, word, 160)
    word = i16x8.shr_u(value, 11)
    value = v128.and(i16x8.sub(v128.load(source, 192), bases), low15)
    word = v128.or(word, i16x8.shl(value, 4))
    v128.store(target, word, 176)
    word = i16x8.shr_u(value, 12)
    value = v128.and(i16x8.sub(v128.load(source, 208), bases), low15)
    word = v128.or(word, i16x8.shl(value, 3))
    v128.store(target, word, 192)
    word = i16x8.shr_u(value, 13)
    value = v128.and(i16x8.sub(v128.load(source, 224), bases), low15)
    word = v128.or(word, i16x8.shl(value, 2))
    v128.store(target, word, 208)
    word = i16x8.shr_u(value, 14)
    value = v128.and(i16x8.sub(v128.load(source, 240), bases), low15)
    word = v128.or(word, i16x8.shl(value, 1))
    v128.store(target, word, 224)
    source += 256
    target += 240
  }
}
function pack16(source: usize, target: usize, groups: i32, base: u16): void {
  const bases = i16x8.splat(<i16>base)
  for (let turn = 0; turn < groups * 2; turn++) {
    let word: v128
    let value: v128
    value = i16x8.sub(v128.load(source, 0), bases)
    word = value
    v128.store(target, word, 0)
    value = i16x8.sub(v128.load(source, 16), bases)
    word = value
    v128.store(target, word, 16)
    value = i16x8.sub(v128.load(source, 32), bases)
    word = value
    v128.store(target, word, 32)
    value = i16x8.sub(v128.load(source, 48), bases)
    word = value
    v128.store(target, word, 48)
    value = i16x8.sub(v128.load(source, 64), bases)
    word = value
    v128.store(target, word, 64)
    value = i16x8.sub(v128.load(source, 80), bases)
    word = value
    v128.store(target, word, 80)
    value = i16x8.sub(v128.load(source, 96), bases)
    word = value
    v128.store(target, word, 96)
    value = i16x8.sub(v128.load(source, 112), bases)
    word = value
    v128.store(target, word, 112)
    source += 128
    target += 128
  }
}
/** Packs the low bits of whole groups of 16-bit values, each less `base`, to a width 1..16; width 0 writes
 * nothing. */
export function packGroups16(width: i32, source: usize, target: usize, groups: i32, base: u16): void {
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
    case 9:
      pack9(source, target, groups, base)
      return
    case 10:
      pack10(source, target, groups, base)
      return
    case 11:
      pack11(source, target, groups, base)
      return
    case 12:
      pack12(source, target, groups, base)
      return
    case 13:
      pack13(source, target, groups, base)
      return
    case 14:
      pack14(source, target, groups, base)
      return
    case 15:
      pack15(source, target, groups, base)
      return
    case 16:
      pack16(source, target, groups, base)
      return
  }
}
