// Made by scripts/generate-kernels.mjs; do not edit.

function unpack1(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>1)
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
    v128.store(target, v128.and(i16x8.shr_u(w0, 8), mask), 128)
    v128.store(target, v128.and(i16x8.shr_u(w0, 9), mask), 144)
    v128.store(target, v128.and(i16x8.shr_u(w0, 10), mask), 160)
    v128.store(target, v128.and(i16x8.shr_u(w0, 11), mask), 176)
    v128.store(target, v128.and(i16x8.shr_u(w0, 12), mask), 192)
    v128.store(target, v128.and(i16x8.shr_u(w0, 13), mask), 208)
    v128.store(target, v128.and(i16x8.shr_u(w0, 14), mask), 224)
    v128.store(target, i16x8.shr_u(w0, 15), 240)
    source += 16
    target += 256
  }
}
function unpack2(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>3)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 2), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), mask), 48)
    v128.store(target, v128.and(i16x8.shr_u(w0, 8), mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w0, 10), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w0, 12), mask), 96)
    v128.store(target, i16x8.shr_u(w0, 14), 112)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, mask), 128)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), mask), 144)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), mask), 160)
    v128.store(target, v128.and(i16x8.shr_u(w1, 6), mask), 176)
    v128.store(target, v128.and(i16x8.shr_u(w1, 8), mask), 192)
    v128.store(target, v128.and(i16x8.shr_u(w1, 10), mask), 208)
    v128.store(target, v128.and(i16x8.shr_u(w1, 12), mask), 224)
    v128.store(target, i16x8.shr_u(w1, 14), 240)
    source += 32
    target += 256
  }
}
function unpack3(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>7)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 3), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w0, 9), mask), 48)
    v128.store(target, v128.and(i16x8.shr_u(w0, 12), mask), 64)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 15), i16x8.shl(w1, 1)), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), mask), 96)
    v128.store(target, v128.and(i16x8.shr_u(w1, 5), mask), 112)
    v128.store(target, v128.and(i16x8.shr_u(w1, 8), mask), 128)
    v128.store(target, v128.and(i16x8.shr_u(w1, 11), mask), 144)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), mask), 160)
    v128.store(target, v128.and(i16x8.shr_u(w2, 1), mask), 176)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), mask), 192)
    v128.store(target, v128.and(i16x8.shr_u(w2, 7), mask), 208)
    v128.store(target, v128.and(i16x8.shr_u(w2, 10), mask), 224)
    v128.store(target, i16x8.shr_u(w2, 13), 240)
    source += 48
    target += 256
  }
}
function unpack4(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>15)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 4), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 8), mask), 32)
    v128.store(target, i16x8.shr_u(w0, 12), 48)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w1, 8), mask), 96)
    v128.store(target, i16x8.shr_u(w1, 12), 112)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(w2, mask), 128)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), mask), 144)
    v128.store(target, v128.and(i16x8.shr_u(w2, 8), mask), 160)
    v128.store(target, i16x8.shr_u(w2, 12), 176)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, mask), 192)
    v128.store(target, v128.and(i16x8.shr_u(w3, 4), mask), 208)
    v128.store(target, v128.and(i16x8.shr_u(w3, 8), mask), 224)
    v128.store(target, i16x8.shr_u(w3, 12), 240)
    source += 64
    target += 256
  }
}
function unpack5(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>31)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 5), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w0, 10), mask), 32)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 15), i16x8.shl(w1, 1)), mask), 48)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w1, 9), mask), 80)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), mask), 96)
    v128.store(target, v128.and(i16x8.shr_u(w2, 3), mask), 112)
    v128.store(target, v128.and(i16x8.shr_u(w2, 8), mask), 128)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 13), i16x8.shl(w3, 3)), mask), 144)
    v128.store(target, v128.and(i16x8.shr_u(w3, 2), mask), 160)
    v128.store(target, v128.and(i16x8.shr_u(w3, 7), mask), 176)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), mask), 192)
    v128.store(target, v128.and(i16x8.shr_u(w4, 1), mask), 208)
    v128.store(target, v128.and(i16x8.shr_u(w4, 6), mask), 224)
    v128.store(target, i16x8.shr_u(w4, 11), 240)
    source += 80
    target += 256
  }
}
function unpack6(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>63)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 6), mask), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 12), i16x8.shl(w1, 4)), mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), mask), 48)
    v128.store(target, v128.and(i16x8.shr_u(w1, 8), mask), 64)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), mask), 96)
    v128.store(target, i16x8.shr_u(w2, 10), 112)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, mask), 128)
    v128.store(target, v128.and(i16x8.shr_u(w3, 6), mask), 144)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), mask), 160)
    v128.store(target, v128.and(i16x8.shr_u(w4, 2), mask), 176)
    v128.store(target, v128.and(i16x8.shr_u(w4, 8), mask), 192)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 14), i16x8.shl(w5, 2)), mask), 208)
    v128.store(target, v128.and(i16x8.shr_u(w5, 4), mask), 224)
    v128.store(target, i16x8.shr_u(w5, 10), 240)
    source += 96
    target += 256
  }
}
function unpack7(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>127)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, v128.and(i16x8.shr_u(w0, 7), mask), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 14), i16x8.shl(w1, 2)), mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w1, 5), mask), 48)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 12), i16x8.shl(w2, 4)), mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w2, 3), mask), 80)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 10), i16x8.shl(w3, 6)), mask), 96)
    v128.store(target, v128.and(i16x8.shr_u(w3, 1), mask), 112)
    v128.store(target, v128.and(i16x8.shr_u(w3, 8), mask), 128)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 15), i16x8.shl(w4, 1)), mask), 144)
    v128.store(target, v128.and(i16x8.shr_u(w4, 6), mask), 160)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 13), i16x8.shl(w5, 3)), mask), 176)
    v128.store(target, v128.and(i16x8.shr_u(w5, 4), mask), 192)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 11), i16x8.shl(w6, 5)), mask), 208)
    v128.store(target, v128.and(i16x8.shr_u(w6, 2), mask), 224)
    v128.store(target, i16x8.shr_u(w6, 9), 240)
    source += 112
    target += 256
  }
}
function unpack8(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>255)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    v128.store(target, i16x8.shr_u(w0, 8), 16)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(w1, mask), 32)
    v128.store(target, i16x8.shr_u(w1, 8), 48)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(w2, mask), 64)
    v128.store(target, i16x8.shr_u(w2, 8), 80)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, mask), 96)
    v128.store(target, i16x8.shr_u(w3, 8), 112)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(w4, mask), 128)
    v128.store(target, i16x8.shr_u(w4, 8), 144)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(w5, mask), 160)
    v128.store(target, i16x8.shr_u(w5, 8), 176)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(w6, mask), 192)
    v128.store(target, i16x8.shr_u(w6, 8), 208)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(w7, mask), 224)
    v128.store(target, i16x8.shr_u(w7, 8), 240)
    source += 128
    target += 256
  }
}
function unpack9(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>511)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 9), i16x8.shl(w1, 7)), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w1, 2), mask), 32)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 11), i16x8.shl(w2, 5)), mask), 48)
    v128.store(target, v128.and(i16x8.shr_u(w2, 4), mask), 64)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 13), i16x8.shl(w3, 3)), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w3, 6), mask), 96)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 15), i16x8.shl(w4, 1)), mask), 112)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 8), i16x8.shl(w5, 8)), mask), 128)
    v128.store(target, v128.and(i16x8.shr_u(w5, 1), mask), 144)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 10), i16x8.shl(w6, 6)), mask), 160)
    v128.store(target, v128.and(i16x8.shr_u(w6, 3), mask), 176)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 12), i16x8.shl(w7, 4)), mask), 192)
    v128.store(target, v128.and(i16x8.shr_u(w7, 5), mask), 208)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 14), i16x8.shl(w8, 2)), mask), 224)
    v128.store(target, i16x8.shr_u(w8, 7), 240)
    source += 144
    target += 256
  }
}
function unpack10(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>1023)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 10), i16x8.shl(w1, 6)), mask), 16)
    v128.store(target, v128.and(i16x8.shr_u(w1, 4), mask), 32)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), mask), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 8), i16x8.shl(w3, 8)), mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w3, 2), mask), 80)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), mask), 96)
    v128.store(target, i16x8.shr_u(w4, 6), 112)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(w5, mask), 128)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 10), i16x8.shl(w6, 6)), mask), 144)
    v128.store(target, v128.and(i16x8.shr_u(w6, 4), mask), 160)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 14), i16x8.shl(w7, 2)), mask), 176)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 8), i16x8.shl(w8, 8)), mask), 192)
    v128.store(target, v128.and(i16x8.shr_u(w8, 2), mask), 208)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 12), i16x8.shl(w9, 4)), mask), 224)
    v128.store(target, i16x8.shr_u(w9, 6), 240)
    source += 160
    target += 256
  }
}
function unpack11(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>2047)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 11), i16x8.shl(w1, 5)), mask), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 6), i16x8.shl(w2, 10)), mask), 32)
    v128.store(target, v128.and(i16x8.shr_u(w2, 1), mask), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 12), i16x8.shl(w3, 4)), mask), 64)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 7), i16x8.shl(w4, 9)), mask), 80)
    v128.store(target, v128.and(i16x8.shr_u(w4, 2), mask), 96)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 13), i16x8.shl(w5, 3)), mask), 112)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 8), i16x8.shl(w6, 8)), mask), 128)
    v128.store(target, v128.and(i16x8.shr_u(w6, 3), mask), 144)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 14), i16x8.shl(w7, 2)), mask), 160)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 9), i16x8.shl(w8, 7)), mask), 176)
    v128.store(target, v128.and(i16x8.shr_u(w8, 4), mask), 192)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 15), i16x8.shl(w9, 1)), mask), 208)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 10), i16x8.shl(w10, 6)), mask), 224)
    v128.store(target, i16x8.shr_u(w10, 5), 240)
    source += 176
    target += 256
  }
}
function unpack12(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>4095)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 12), i16x8.shl(w1, 4)), mask), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 8), i16x8.shl(w2, 8)), mask), 32)
    v128.store(target, i16x8.shr_u(w2, 4), 48)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(w3, mask), 64)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), mask), 80)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 8), i16x8.shl(w5, 8)), mask), 96)
    v128.store(target, i16x8.shr_u(w5, 4), 112)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(w6, mask), 128)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 12), i16x8.shl(w7, 4)), mask), 144)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 8), i16x8.shl(w8, 8)), mask), 160)
    v128.store(target, i16x8.shr_u(w8, 4), 176)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(w9, mask), 192)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 12), i16x8.shl(w10, 4)), mask), 208)
    const w11 = v128.load(source, 176)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w10, 8), i16x8.shl(w11, 8)), mask), 224)
    v128.store(target, i16x8.shr_u(w11, 4), 240)
    source += 192
    target += 256
  }
}
function unpack13(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>8191)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 13), i16x8.shl(w1, 3)), mask), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 10), i16x8.shl(w2, 6)), mask), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 7), i16x8.shl(w3, 9)), mask), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 4), i16x8.shl(w4, 12)), mask), 64)
    v128.store(target, v128.and(i16x8.shr_u(w4, 1), mask), 80)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 14), i16x8.shl(w5, 2)), mask), 96)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 11), i16x8.shl(w6, 5)), mask), 112)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 8), i16x8.shl(w7, 8)), mask), 128)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 5), i16x8.shl(w8, 11)), mask), 144)
    v128.store(target, v128.and(i16x8.shr_u(w8, 2), mask), 160)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 15), i16x8.shl(w9, 1)), mask), 176)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 12), i16x8.shl(w10, 4)), mask), 192)
    const w11 = v128.load(source, 176)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w10, 9), i16x8.shl(w11, 7)), mask), 208)
    const w12 = v128.load(source, 192)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w11, 6), i16x8.shl(w12, 10)), mask), 224)
    v128.store(target, i16x8.shr_u(w12, 3), 240)
    source += 208
    target += 256
  }
}
function unpack14(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>16383)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 14), i16x8.shl(w1, 2)), mask), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 12), i16x8.shl(w2, 4)), mask), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 10), i16x8.shl(w3, 6)), mask), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 8), i16x8.shl(w4, 8)), mask), 64)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 6), i16x8.shl(w5, 10)), mask), 80)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 4), i16x8.shl(w6, 12)), mask), 96)
    v128.store(target, i16x8.shr_u(w6, 2), 112)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(w7, mask), 128)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 14), i16x8.shl(w8, 2)), mask), 144)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 12), i16x8.shl(w9, 4)), mask), 160)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 10), i16x8.shl(w10, 6)), mask), 176)
    const w11 = v128.load(source, 176)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w10, 8), i16x8.shl(w11, 8)), mask), 192)
    const w12 = v128.load(source, 192)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w11, 6), i16x8.shl(w12, 10)), mask), 208)
    const w13 = v128.load(source, 208)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w12, 4), i16x8.shl(w13, 12)), mask), 224)
    v128.store(target, i16x8.shr_u(w13, 2), 240)
    source += 224
    target += 256
  }
}
function unpack15(source: usize, target: usize, groups: i32): void {
  const mask = i16x8.splat(<i16>32767)
  for (let group = 0; group < groups; group++) {
    const w0 = v128.load(source, 0)
    v128.store(target, v128.and(w0, mask), 0)
    const w1 = v128.load(source, 16)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w0, 15), i16x8.shl(w1, 1)), mask), 16)
    const w2 = v128.load(source, 32)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w1, 14), i16x8.shl(w2, 2)), mask), 32)
    const w3 = v128.load(source, 48)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w2, 13), i16x8.shl(w3, 3)), mask), 48)
    const w4 = v128.load(source, 64)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w3, 12), i16x8.shl(w4, 4)), mask), 64)
    const w5 = v128.load(source, 80)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w4, 11), i16x8.shl(w5, 5)), mask), 80)
    const w6 = v128.load(source, 96)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w5, 10), i16x8.shl(w6, 6)), mask), 96)
    const w7 = v128.load(source, 112)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w6, 9), i16x8.shl(w7, 7)), mask), 112)
    const w8 = v128.load(source, 128)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w7, 8), i16x8.shl(w8, 8)), mask), 128)
    const w9 = v128.load(source, 144)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w8, 7), i16x8.shl(w9, 9)), mask), 144)
    const w10 = v128.load(source, 160)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w9, 6), i16x8.shl(w10, 10)), mask), 160)
    const w11 = v128.load(source, 176)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w10, 5), i16x8.shl(w11, 11)), mask), 176)
    const w12 = v128.load(source, 192)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w11, 4), i16x8.shl(w12, 12)), mask), 192)
    const w13 = v128.load(source, 208)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w12, 3), i16x8.shl(w13, 13)), mask), 208)
    const w14 = v128.load(source, 224)
    v128.store(target, v128.and(v128.or(i16x8.shr_u(w13, 2), i16x8.shl(w14, 14)), mask), 224)
    v128.store(target, i16x8.shr_u(w14, 1), 240)
    source += 240
    target += 256
  }
}
function unpack16(source: usize, target: usize, groups: i32): void {
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
    const w8 = v128.load(source, 128)
    v128.store(target, w8, 128)
    const w9 = v128.load(source, 144)
    v128.store(target, w9, 144)
    const w10 = v128.load(source, 160)
    v128.store(target, w10, 160)
    const w11 = v128.load(source, 176)
    v128.store(target, w11, 176)
    const w12 = v128.load(source, 192)
    v128.store(target, w12, 192)
    const w13 = v128.load(source, 208)
    v128.store(target, w13, 208)
    const w14 = v128.load(source, 224)
    v128.store(target, w14, 224)
    const w15 = v128.load(source, 240)
    v128.store(target, w15, 240)
    source += 256
    target += 256
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
