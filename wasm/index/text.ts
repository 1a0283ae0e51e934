// Texts: hashes, order and form of bytes of UTF-8.

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15
const FINISHER: u64 = 0xd6e8feb86659fd93

// @ts-ignore: decorator
@inline
function mix(word: u64): u64 {
  const once = word * MULTIPLIER
  return (once ^ (once >> 32)) * FINISHER
}

/** 64 bits of hash, the same in every index. */
export function hashText(at: usize, bytes: u32): u64 {
  let hash = mix(<u64>bytes)
  let left = bytes
  while (left >= 8) {
    hash = mix(hash ^ load<u64>(at))
    at += 8
    left -= 8
  }
  if (left >= 4) hash = mix(hash ^ (<u64>load<u32>(at) | (<u64>load<u32>(at + left - 4) << 32)))
  else if (left > 0) {
    hash = mix(hash ^ (<u64>load<u8>(at) | (<u64>load<u8>(at + (left >> 1)) << 8) | (<u64>load<u8>(at + left - 1) << 16)))
  }
  return hash ^ (hash >> 29)
}

export function hashWord(word: u32): u32 {
  const hash = mix(<u64>word + 1)
  return <u32>(hash ^ (hash >> 32))
}

export function isSameText(a: usize, b: usize, bytes: u32): bool {
  if (bytes >= 8) {
    // The last eight may be compared in part once more.
    const last = <usize>bytes - 8
    for (let i: usize = 0; i < last; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false
    return load<u64>(a + last) == load<u64>(b + last)
  }
  if (bytes >= 4) {
    const last = <usize>bytes - 4
    return load<u32>(a) == load<u32>(b) && load<u32>(a + last) == load<u32>(b + last)
  }
  for (let i: usize = 0; i < <usize>bytes; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false
  return true
}

/** Order of the bytes of two texts. */
export function compareText(a: usize, aBytes: u32, b: usize, bBytes: u32): i32 {
  const shared = min(aBytes, bBytes)
  for (let i: u32 = 0; i < shared; i++) {
    const order = <i32>load<u8>(a + i) - <i32>load<u8>(b + i)
    if (order != 0) return order
  }
  return <i32>aBytes - <i32>bBytes
}

/** Whether a text has a part. */
export function hasPart(at: usize, bytes: u32, part: usize, partBytes: u32): bool {
  if (bytes < partBytes) return false
  const first = load<u8>(part)
  const last = at + (bytes - partBytes)
  for (; at <= last; at++) {
    if (load<u8>(at) == first && isSameText(at, part, partBytes)) return true
  }
  return false
}

/** Whether bytes are UTF-8: no overlong form, no surrogate, nothing beyond U+10FFFF. */
export function isUtf8(at: usize, end: usize): bool {
  while (at < end) {
    if (end - at >= 8 && (load<u64>(at) & 0x8080808080808080) == 0) {
      at += 8
      continue
    }
    const lead = <u32>load<u8>(at++)
    if (lead < 0x80) continue
    const more: u32 = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1
    if (lead < 0xc2 || lead > 0xf4 || <u32>(end - at) < more) return false
    let code = lead & (0x3f >> more)
    for (let i: u32 = 0; i < more; i++) {
      const next = <u32>load<u8>(at++)
      if ((next & 0xc0) != 0x80) return false
      code = (code << 6) | (next & 0x3f)
    }
    if (more == 2 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) return false
    if (more == 3 && (code < 0x10000 || code > 0x10ffff)) return false
  }
  return true
}
