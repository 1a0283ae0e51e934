import { BACKSLASH, COMMA, EQUALS, NEWLINE, SPACE } from './bytes'
import { nameOf } from './catalog'
import { FIELD, isNone, Name, none, Table, TAG } from './page'
import {
  fail, failName, FIELD_IS_TAG, LONG_KEY, MISSING_FIELD_EQUALS, MISSING_FIELD_KEY, RESERVED_NAME,
} from './rejection'
import { isReserved, KEY_BYTES } from './series-key'

/** Whether a name and an equals sign are at `at`. */
// @ts-ignore: decorator
@inline
export function isNameAt(at: usize, name: Name): bool {
  // The text follows its record, so its address needs no load.
  const same = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(changetype<usize>(name), offsetof<Name>())))
  if ((same | name.otherBytes) != 0xffff) return false
  const bytes = <usize>name.bytes + 1
  return bytes <= 16 || isRestAt(at, name.text, bytes)
}

/** The same of what follows 16 bytes: the last 16 overlap those before. */
// @ts-ignore: decorator
@inline
function isRestAt(at: usize, text: usize, bytes: usize): bool {
  for (let i: usize = 16; i + 16 < bytes; i += 16) if (differs(at + i, text + i)) return false
  return !differs(at + bytes - 16, text + bytes - 16)
}

// @ts-ignore: decorator
@inline
function differs(a: usize, b: usize): bool {
  return v128.any_true(v128.xor(v128.load(a), v128.load(b)))
}

/** The field whose key is at `start`, made where it is new; none where it is wrong. */
export function fieldOf(start: usize, table: Table): Name {
  let at = start
  let escaped = false
  for (; ; at++) {
    const byte = load<u8>(at)
    if (byte == NEWLINE) break
    if (!escaped && (byte == EQUALS || byte == COMMA || byte == SPACE)) break
    escaped = byte == BACKSLASH
  }
  const bytes = <u32>(at - start)
  if (bytes == 0) return noField(fail(MISSING_FIELD_KEY, start))
  if (load<u8>(at) != EQUALS) return noField(failName(MISSING_FIELD_EQUALS, at, start, bytes))
  if (bytes > KEY_BYTES) return noField(fail(LONG_KEY, start))
  if (isReserved(start, bytes)) return noField(failName(RESERVED_NAME, start, start, bytes))
  const name = nameOf(table, start, bytes, FIELD)
  if (!isNone(name) && name.role == TAG) return noField(failName(FIELD_IS_TAG, start, start, bytes))
  return name
}

function noField(_: usize): Name {
  return none<Name>()
}
