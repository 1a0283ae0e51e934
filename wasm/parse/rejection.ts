// Why a row was rejected. The texts are in engine/kernel/line-rejection.ts, by the same numbers.

export const MISSING_TABLE: u32 = 1
export const MISSING_FIELDS: u32 = 2
export const MISSING_TAG_KEY: u32 = 3
export const MISSING_TAG_EQUALS: u32 = 4
export const EQUALS_IN_TAG: u32 = 5
export const REPEATED_TAG: u32 = 6
export const RESERVED_NAME: u32 = 7
export const TAG_IS_FIELD: u32 = 8
export const FIELD_IS_TAG: u32 = 9
export const MISSING_FIELD_KEY: u32 = 10
export const MISSING_FIELD_EQUALS: u32 = 11
export const INVALID_VALUE: u32 = 12
export const INVALID_NUMBER: u32 = 13
export const INTEGER_RANGE: u32 = 14
export const FLOAT_RANGE: u32 = 15
export const TYPE_CONFLICT: u32 = 16
export const UNCLOSED_STRING: u32 = 17
export const MISSING_SEPARATOR: u32 = 18
export const INVALID_TIME: u32 = 19
export const TIME_RANGE: u32 = 20
export const MISSING_LINE_END: u32 = 21
export const INVALID_UTF8: u32 = 22
export const LONG_KEY: u32 = 23
export const MANY_TAGS: u32 = 24
export const MANY_NAMES: u32 = 25
export const MANY_TABLES: u32 = 26
export const MANY_COLUMNS: u32 = 27
export const LONG_ROW: u32 = 28
/** Not a rejection: the row's table has to be drained first. */
export const PAGE_FULL: u32 = 255
/** Not a rejection: the series keys have to be forgotten first. */
export const KEYS_FULL: u32 = 254

export let failure: u32 = 0
export let failedAt: usize = 0
/** The name that the reason speaks of, if any, as it is written. */
export let failedName: usize = 0
export let failedNameBytes: u32 = 0
/** Of a type conflict: the type of the field, and of the value. */
export let failedTypes: u32 = 0

/** Notes why the row fails, and returns 0 for the caller to return. */
export function fail(reason: u32, at: usize): usize {
  failure = reason
  failedAt = at
  failedNameBytes = 0
  failedTypes = 0
  return 0
}

export function failName(reason: u32, at: usize, name: usize, bytes: u32): usize {
  fail(reason, at)
  failedName = name
  failedNameBytes = bytes
  return 0
}


/** Whether the text itself is wrong, so that its quotes cannot be trusted to say where the row ends. */
export function isSyntax(reason: u32): bool {
  switch (reason) {
    case MISSING_TABLE:
    case MISSING_FIELDS:
    case MISSING_TAG_KEY:
    case MISSING_TAG_EQUALS:
    case EQUALS_IN_TAG:
    case MISSING_FIELD_KEY:
    case MISSING_FIELD_EQUALS:
    case INVALID_VALUE:
    case INVALID_NUMBER:
    case UNCLOSED_STRING:
    case MISSING_SEPARATOR:
    case INVALID_TIME:
    case MISSING_LINE_END:
    case LONG_ROW:
      return true
    default:
      return false
  }
}

/** A value of one type for a field of another. */
export function failConflict(at: usize, name: usize, bytes: u32, fieldType: u32, valueType: u32): usize {
  failName(TYPE_CONFLICT, at, name, bytes)
  failedTypes = fieldType | (valueType << 8)
  return 0
}
