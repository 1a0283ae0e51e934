import { COMMA, NEWLINE, RETURN, SPACE, TAB } from './bytes'

// @ts-ignore: decorator
@inline
export function skipBlanks(at: usize): usize {
  let byte = load<u8>(at)
  while (byte == SPACE || byte == TAB) byte = load<u8>(++at)
  return at
}

// @ts-ignore: decorator
@inline
export function isLineEnd(at: usize): bool {
  const byte = load<u8>(at)
  return byte == NEWLINE || (byte == RETURN && load<u8>(at, 1) == NEWLINE)
}

/** Whether a value may end at `at`. */
// @ts-ignore: decorator
@inline
export function isSeparator(at: usize): bool {
  const byte = load<u8>(at)
  return byte == COMMA || byte == SPACE || isLineEnd(at)
}
