// Made by scripts/generate-kernels.mjs; do not edit.

import { MASKS16 } from './masks'

function unpack1(source: usize, target: usize, groups: i32): void {
  const low1 = v128.load16_splat(MASKS16, 2)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low1), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 1), low1), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 2), low1), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 3), low1), 48)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), low1), 64)
    v128.store(target, v128.and(i16x8.shr_u(w0, 5), low1), 80)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), low1), 96)
    v128.store(target, v128.and(i16x8.shr_u(w0, 7), low1), 112)
    v128.store(target, v128.and(i16x8.shr_u(w0, 8), low1), 128)
    v128.store(target, v128.and(i16x8.shr_u(w0, 9), low1), 144)
    v128.store(target, v128.and(i16x8.shr_u(w0, 10), low1), 160)
    v128.store(target, v128.and(i16x8.shr_u(w0, 11), low1), 176)
    v128.store(target, v128.and(i16x8.shr_u(w0, 12), low1), 192)
    v128.store(target, v128.and(i16x8.shr_u(w0, 13), low1), 208)
    v128.store(target, v128.and(i16x8.shr_u(w0, 14), low1), 224)
    v128.store(target, i16x8.shr_u(w0, 15), 240)
    source += 16
    target += 256
  }
}
function unpack2(source: usize, target: usize, groups: i32): void {
  const low2 = v128.load16_splat(MASKS16, 4)
  for (let turn = 0; turn < groups * 2; turn++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low2), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 2), low2), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), low2), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), low2), 48)
    v128.store(target, v128.and(i16x8.shr_u(w0, 8), low2), 64)
    v128.store(target, v128.and(i16x8.shr_u(w0, 10), low2), 80)
    v128.store(target, v128.and(i16x8.shr_u(w0, 12), low2), 96)
    v128.store(target, i16x8.shr_u(w0, 14), 112)
    source += 16
    target += 128
  }
}
function unpack3(source: usize, target: usize, groups: i32): void {
  const low3 = v128.load16_splat(MASKS16, 6)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low3), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 3), low3), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), low3), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 9), low3), 48)
    v128.store(target, v128.and(i16x8.shr_u(w0, 12), low3), 64)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 15), i16x8.shl(w1, 1)), low3), 80)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), low3), 96)
    v128.store(target, v128.and(i16x8.shr_u(w1, 5), low3), 112)
    v128.store(target, v128.and(i16x8.shr_u(w1, 8), low3), 128)
    v128.store(target, v128.and(i16x8.shr_u(w1, 11), low3), 144)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), low3), 160)
    v128.store(target, v128.and(i16x8.shr_u(w2, 1), low3), 176)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), low3), 192)
    v128.store(target, v128.and(i16x8.shr_u(w2, 7), low3), 208)
    v128.store(target, v128.and(i16x8.shr_u(w2, 10), low3), 224)
    v128.store(target, i16x8.shr_u(w2, 13), 240)
    source += 48
    target += 256
  }
}
function unpack4(source: usize, target: usize, groups: i32): void {
  const low4 = v128.load16_splat(MASKS16, 8)
  for (let turn = 0; turn < groups * 2; turn++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low4), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), low4), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 8), low4), 32)
    v128.store(target, i16x8.shr_u(w0, 12), 48)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, low4), 64)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), low4), 80)
    v128.store(target, v128.and(i16x8.shr_u(w1, 8), low4), 96)
    v128.store(target, i16x8.shr_u(w1, 12), 112)
    source += 32
    target += 128
  }
}
function unpack5(source: usize, target: usize, groups: i32): void {
  const low5 = v128.load16_splat(MASKS16, 10)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low5), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 5), low5), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 10), low5), 32)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 15), i16x8.shl(w1, 1)), low5), 48)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), low5), 64)
    v128.store(target, v128.and(i16x8.shr_u(w1, 9), low5), 80)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), low5), 96)
    v128.store(target, v128.and(i16x8.shr_u(w2, 3), low5), 112)
    v128.store(target, v128.and(i16x8.shr_u(w2, 8), low5), 128)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 13), i16x8.shl(w3, 3)), low5), 144)
    v128.store(target, v128.and(i16x8.shr_u(w3, 2), low5), 160)
    v128.store(target, v128.and(i16x8.shr_u(w3, 7), low5), 176)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), low5), 192)
    v128.store(target, v128.and(i16x8.shr_u(w4, 1), low5), 208)
    v128.store(target, v128.and(i16x8.shr_u(w4, 6), low5), 224)
    v128.store(target, i16x8.shr_u(w4, 11), 240)
    source += 80
    target += 256
  }
}
function unpack6(source: usize, target: usize, groups: i32): void {
  const low6 = v128.load16_splat(MASKS16, 12)
  for (let turn = 0; turn < groups * 2; turn++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low6), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), low6), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 12), i16x8.shl(w1, 4)), low6), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), low6), 48)
    v128.store(target, v128.and(i16x8.shr_u(w1, 8), low6), 64)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), low6), 80)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), low6), 96)
    v128.store(target, i16x8.shr_u(w2, 10), 112)
    source += 48
    target += 128
  }
}
function unpack7(source: usize, target: usize, groups: i32): void {
  const low7 = v128.load16_splat(MASKS16, 14)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low7), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 7), low7), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 14), i16x8.shl(w1, 2)), low7), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 5), low7), 48)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 12), i16x8.shl(w2, 4)), low7), 64)
    v128.store(target, v128.and(i16x8.shr_u(w2, 3), low7), 80)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 10), i16x8.shl(w3, 6)), low7), 96)
    v128.store(target, v128.and(i16x8.shr_u(w3, 1), low7), 112)
    v128.store(target, v128.and(i16x8.shr_u(w3, 8), low7), 128)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 15), i16x8.shl(w4, 1)), low7), 144)
    v128.store(target, v128.and(i16x8.shr_u(w4, 6), low7), 160)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 13), i16x8.shl(w5, 3)), low7), 176)
    v128.store(target, v128.and(i16x8.shr_u(w5, 4), low7), 192)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 11), i16x8.shl(w6, 5)), low7), 208)
    v128.store(target, v128.and(i16x8.shr_u(w6, 2), low7), 224)
    v128.store(target, i16x8.shr_u(w6, 9), 240)
    source += 112
    target += 256
  }
}
function unpack8(source: usize, target: usize, groups: i32): void {
  const low8 = v128.load16_splat(MASKS16, 16)
  for (let turn = 0; turn < groups * 2; turn++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low8), 0)
    v128.store(target, i16x8.shr_u(w0, 8), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, low8), 32)
    v128.store(target, i16x8.shr_u(w1, 8), 48)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(w2, low8), 64)
    v128.store(target, i16x8.shr_u(w2, 8), 80)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, low8), 96)
    v128.store(target, i16x8.shr_u(w3, 8), 112)
    source += 64
    target += 128
  }
}
function unpack9(source: usize, target: usize, groups: i32): void {
  const low9 = v128.load16_splat(MASKS16, 18)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low9), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 9), i16x8.shl(w1, 7)), low9), 16)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), low9), 32)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 11), i16x8.shl(w2, 5)), low9), 48)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), low9), 64)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 13), i16x8.shl(w3, 3)), low9), 80)
    v128.store(target, v128.and(i16x8.shr_u(w3, 6), low9), 96)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 15), i16x8.shl(w4, 1)), low9), 112)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 8), i16x8.shl(w5, 8)), low9), 128)
    v128.store(target, v128.and(i16x8.shr_u(w5, 1), low9), 144)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 10), i16x8.shl(w6, 6)), low9), 160)
    v128.store(target, v128.and(i16x8.shr_u(w6, 3), low9), 176)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 12), i16x8.shl(w7, 4)), low9), 192)
    v128.store(target, v128.and(i16x8.shr_u(w7, 5), low9), 208)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 14), i16x8.shl(w8, 2)), low9), 224)
    v128.store(target, i16x8.shr_u(w8, 7), 240)
    source += 144
    target += 256
  }
}
function unpack10(source: usize, target: usize, groups: i32): void {
  const low10 = v128.load16_splat(MASKS16, 20)
  for (let turn = 0; turn < groups * 2; turn++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low10), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 10), i16x8.shl(w1, 6)), low10), 16)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), low10), 32)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), low10), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 8), i16x8.shl(w3, 8)), low10), 64)
    v128.store(target, v128.and(i16x8.shr_u(w3, 2), low10), 80)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), low10), 96)
    v128.store(target, i16x8.shr_u(w4, 6), 112)
    source += 80
    target += 128
  }
}
function unpack11(source: usize, target: usize, groups: i32): void {
  const low11 = v128.load16_splat(MASKS16, 22)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low11), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 11), i16x8.shl(w1, 5)), low11), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 6), i16x8.shl(w2, 10)), low11), 32)
    v128.store(target, v128.and(i16x8.shr_u(w2, 1), low11), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 12), i16x8.shl(w3, 4)), low11), 64)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 7), i16x8.shl(w4, 9)), low11), 80)
    v128.store(target, v128.and(i16x8.shr_u(w4, 2), low11), 96)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 13), i16x8.shl(w5, 3)), low11), 112)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 8), i16x8.shl(w6, 8)), low11), 128)
    v128.store(target, v128.and(i16x8.shr_u(w6, 3), low11), 144)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 14), i16x8.shl(w7, 2)), low11), 160)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 9), i16x8.shl(w8, 7)), low11), 176)
    v128.store(target, v128.and(i16x8.shr_u(w8, 4), low11), 192)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 15), i16x8.shl(w9, 1)), low11), 208)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 10), i16x8.shl(w10, 6)), low11), 224)
    v128.store(target, i16x8.shr_u(w10, 5), 240)
    source += 176
    target += 256
  }
}
function unpack12(source: usize, target: usize, groups: i32): void {
  const low12 = v128.load16_splat(MASKS16, 24)
  for (let turn = 0; turn < groups * 2; turn++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low12), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 12), i16x8.shl(w1, 4)), low12), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 8), i16x8.shl(w2, 8)), low12), 32)
    v128.store(target, i16x8.shr_u(w2, 4), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, low12), 64)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), low12), 80)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 8), i16x8.shl(w5, 8)), low12), 96)
    v128.store(target, i16x8.shr_u(w5, 4), 112)
    source += 96
    target += 128
  }
}
function unpack13(source: usize, target: usize, groups: i32): void {
  const low13 = v128.load16_splat(MASKS16, 26)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low13), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 13), i16x8.shl(w1, 3)), low13), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 10), i16x8.shl(w2, 6)), low13), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 7), i16x8.shl(w3, 9)), low13), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 4), i16x8.shl(w4, 12)), low13), 64)
    v128.store(target, v128.and(i16x8.shr_u(w4, 1), low13), 80)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 14), i16x8.shl(w5, 2)), low13), 96)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 11), i16x8.shl(w6, 5)), low13), 112)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 8), i16x8.shl(w7, 8)), low13), 128)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 5), i16x8.shl(w8, 11)), low13), 144)
    v128.store(target, v128.and(i16x8.shr_u(w8, 2), low13), 160)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 15), i16x8.shl(w9, 1)), low13), 176)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 12), i16x8.shl(w10, 4)), low13), 192)
    const w11 = v128.load(source, 176)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w10, 9), i16x8.shl(w11, 7)), low13), 208)
    const w12 = v128.load(source, 192)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w11, 6), i16x8.shl(w12, 10)), low13), 224)
    v128.store(target, i16x8.shr_u(w12, 3), 240)
    source += 208
    target += 256
  }
}
function unpack14(source: usize, target: usize, groups: i32): void {
  const low14 = v128.load16_splat(MASKS16, 28)
  for (let turn = 0; turn < groups * 2; turn++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low14), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 14), i16x8.shl(w1, 2)), low14), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 12), i16x8.shl(w2, 4)), low14), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 10), i16x8.shl(w3, 6)), low14), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 8), i16x8.shl(w4, 8)), low14), 64)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 6), i16x8.shl(w5, 10)), low14), 80)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 4), i16x8.shl(w6, 12)), low14), 96)
    v128.store(target, i16x8.shr_u(w6, 2), 112)
    source += 112
    target += 128
  }
}
function unpack15(source: usize, target: usize, groups: i32): void {
  const low15 = v128.load16_splat(MASKS16, 30)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low15), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 15), i16x8.shl(w1, 1)), low15), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), low15), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 13), i16x8.shl(w3, 3)), low15), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), low15), 64)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 11), i16x8.shl(w5, 5)), low15), 80)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 10), i16x8.shl(w6, 6)), low15), 96)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 9), i16x8.shl(w7, 7)), low15), 112)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 8), i16x8.shl(w8, 8)), low15), 128)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 7), i16x8.shl(w9, 9)), low15), 144)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 6), i16x8.shl(w10, 10)), low15), 160)
    const w11 = v128.load(source, 176)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w10, 5), i16x8.shl(w11, 11)), low15), 176)
    const w12 = v128.load(source, 192)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w11, 4), i16x8.shl(w12, 12)), low15), 192)
    const w13 = v128.load(source, 208)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w12, 3), i16x8.shl(w13, 13)), low15), 208)
    const w14 = v128.load(source, 224)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w13, 2), i16x8.shl(w14, 14)), low15), 224)
    v128.store(target, i16x8.shr_u(w14, 1), 240)
    source += 240
    target += 256
  }
}
function unpack16(source: usize, target: usize, groups: i32): void {
  for (let turn = 0; turn < groups * 2; turn++) {
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
/** Unpacks whole groups of a width 1..16 to 16-bit values; width 0 writes nothing. */
export function unpackGroups16(width: i32, source: usize, target: usize, groups: i32): void {
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
    case 9:
      unpack9(source, target, groups)
      return
    case 10:
      unpack10(source, target, groups)
      return
    case 11:
      unpack11(source, target, groups)
      return
    case 12:
      unpack12(source, target, groups)
      return
    case 13:
      unpack13(source, target, groups)
      return
    case 14:
      unpack14(source, target, groups)
      return
    case 15:
      unpack15(source, target, groups)
      return
    case 16:
      unpack16(source, target, groups)
      return
  }
}
