// Reading untrusted bytes. The first read past the end, or the first impossible value, marks the cursor as failed;
// reads go on harmlessly and the decoder looks at `cursorFailed` where it is done.

let at: usize = 0
let end: usize = 0
let failed: bool = false

export function openCursor(address: usize, bytes: i32): void {
  at = address
  end = address + <usize>bytes
  failed = false
}

// @ts-ignore: decorator
@inline
export function cursorFailed(): bool {
  return failed
}

// @ts-ignore: decorator
@inline
export function failCursor(): void {
  failed = true
}

// @ts-ignore: decorator
@inline
export function cursorAddress(): usize {
  return at
}

/** Bytes that were not taken yet. */
export function cursorLeft(): i32 {
  return <i32>(end - at)
}

export function cursorAtEnd(): bool {
  return at == end
}

/** Address of the next `bytes` bytes, which are skipped; fails where there are fewer. */
export function take(bytes: i32): usize {
  const here = at
  if (<usize>bytes > end - at) {
    failed = true
    return here
  }
  at += <usize>bytes
  return here
}

export function takeByte(): i32 {
  const here = take(1)
  return failed ? 0 : <i32>load<u8>(here)
}

export function takeU16(): i32 {
  const here = take(2)
  return failed ? 0 : <i32>load<u16>(here)
}

/** LEB128 of at most ten bytes. */
export function takeVarint(): u64 {
  let value: u64 = 0
  for (let shift: u64 = 0; shift < 70; shift += 7) {
    const byte = <u64>takeByte()
    if (shift < 64) value |= (byte & 127) << shift
    if (byte < 128) return value
  }
  failed = true
  return 0
}

export function takeSigned(): i64 {
  const value = takeVarint()
  return <i64>(value >> 1) ^ -(<i64>(value & 1))
}

/** Writes LEB128 and returns the address after it. */
export function putVarint(address: usize, value: u64): usize {
  while (value >= 128) {
    store<u8>(address, <u8>(value | 128))
    value >>= 7
    address++
  }
  store<u8>(address, <u8>value)
  return address + 1
}

/** Zigzag, then LEB128. */
export function putSigned(address: usize, value: i64): usize {
  return putVarint(address, (<u64>value << 1) ^ <u64>(value >> 63))
}
