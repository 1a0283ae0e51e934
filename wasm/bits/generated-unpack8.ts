// Made by scripts/generate-kernels.mjs; do not edit.

import { MASKS8 } from './masks'

function unpack1(source: usize, target: usize, groups: i32): void {
  const low1 = v128.load8_splat(MASKS8, 1)
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
    source += 16
    target += 128
  }
}
function unpack2(source: usize, target: usize, groups: i32): void {
  const low2 = v128.load8_splat(MASKS8, 2)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low2), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 2), low2), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), low2), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), low2), 48)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, low2), 64)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), low2), 80)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), low2), 96)
    v128.store(target, v128.and(i16x8.shr_u(w1, 6), low2), 112)
    source += 32
    target += 128
  }
}
function unpack3(source: usize, target: usize, groups: i32): void {
  const low1 = v128.load8_splat(MASKS8, 1)
  const low2 = v128.load8_splat(MASKS8, 2)
  const low3 = v128.load8_splat(MASKS8, 3)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low3), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 3), low3), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 6), low2), i16x8.shl(v128.and(w1, low1), 2)), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 1), low3), 48)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), low3), 64)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 7), low1), i16x8.shl(v128.and(w2, low2), 1)), 80)
    v128.store(target, v128.and(i16x8.shr_u(w2, 2), low3), 96)
    v128.store(target, v128.and(i16x8.shr_u(w2, 5), low3), 112)
    source += 48
    target += 128
  }
}
function unpack4(source: usize, target: usize, groups: i32): void {
  const low4 = v128.load8_splat(MASKS8, 4)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low4), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), low4), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, low4), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), low4), 48)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(w2, low4), 64)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), low4), 80)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, low4), 96)
    v128.store(target, v128.and(i16x8.shr_u(w3, 4), low4), 112)
    source += 64
    target += 128
  }
}
function unpack5(source: usize, target: usize, groups: i32): void {
  const low1 = v128.load8_splat(MASKS8, 1)
  const low2 = v128.load8_splat(MASKS8, 2)
  const low3 = v128.load8_splat(MASKS8, 3)
  const low4 = v128.load8_splat(MASKS8, 4)
  const low5 = v128.load8_splat(MASKS8, 5)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low5), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 5), low3), i16x8.shl(v128.and(w1, low2), 3)), 16)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), low5), 32)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 7), low1), i16x8.shl(v128.and(w2, low4), 1)), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w2, 4), low4), i16x8.shl(v128.and(w3, low1), 4)), 64)
    v128.store(target, v128.and(i16x8.shr_u(w3, 1), low5), 80)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w3, 6), low2), i16x8.shl(v128.and(w4, low3), 2)), 96)
    v128.store(target, v128.and(i16x8.shr_u(w4, 3), low5), 112)
    source += 80
    target += 128
  }
}
function unpack6(source: usize, target: usize, groups: i32): void {
  const low2 = v128.load8_splat(MASKS8, 2)
  const low4 = v128.load8_splat(MASKS8, 4)
  const low6 = v128.load8_splat(MASKS8, 6)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low6), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 6), low2), i16x8.shl(v128.and(w1, low4), 2)), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 4), low4), i16x8.shl(v128.and(w2, low2), 4)), 32)
    v128.store(target, v128.and(i16x8.shr_u(w2, 2), low6), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, low6), 64)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w3, 6), low2), i16x8.shl(v128.and(w4, low4), 2)), 80)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w4, 4), low4), i16x8.shl(v128.and(w5, low2), 4)), 96)
    v128.store(target, v128.and(i16x8.shr_u(w5, 2), low6), 112)
    source += 96
    target += 128
  }
}
function unpack7(source: usize, target: usize, groups: i32): void {
  const low1 = v128.load8_splat(MASKS8, 1)
  const low2 = v128.load8_splat(MASKS8, 2)
  const low3 = v128.load8_splat(MASKS8, 3)
  const low4 = v128.load8_splat(MASKS8, 4)
  const low5 = v128.load8_splat(MASKS8, 5)
  const low6 = v128.load8_splat(MASKS8, 6)
  const low7 = v128.load8_splat(MASKS8, 7)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, low7), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w0, 7), low1), i16x8.shl(v128.and(w1, low6), 1)), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w1, 6), low2), i16x8.shl(v128.and(w2, low5), 2)), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w2, 5), low3), i16x8.shl(v128.and(w3, low4), 3)), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w3, 4), low4), i16x8.shl(v128.and(w4, low3), 4)), 64)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w4, 3), low5), i16x8.shl(v128.and(w5, low2), 5)), 80)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.or(v128.and(i16x8.shr_u(w5, 2), low6), i16x8.shl(v128.and(w6, low1), 6)), 96)
    v128.store(target, v128.and(i16x8.shr_u(w6, 1), low7), 112)
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
