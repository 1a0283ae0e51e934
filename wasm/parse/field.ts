import { BACKSLASH, COMMA, equalBytes, EQUALS, NEWLINE, SPACE, tailMask } from './bytes'
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
  const bytes = <usize>name.bytes + 1
  const low = v128.xor(v128.load(at), v128.load(changetype<usize>(name), offsetof<Name>()))
  if (bytes <= 16) return !v128.any_true(v128.and(low, tailMask(bytes)))
  if (bytes > 32) return isLongNameAt(at, name)
  const high = v128.xor(v128.load(at, 16), v128.load(changetype<usize>(name), offsetof<Name>() + 16))
  return !v128.any_true(v128.or(low, v128.and(high, tailMask(bytes - 16))))
}

function isLongNameAt(at: usize, name: Name): bool {
  return equalBytes(at, name.text, <usize>name.bytes + 1)
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
