import type { FieldType } from '../core/batch.ts'
import type { RejectedRow } from '../core/rows.ts'

const TEXT_CHARACTERS = 200
const NEWLINE = 10

/** The core's numbers of the types; wasm/parse/page.ts. */
export const PARSED_TYPES: readonly (FieldType | undefined)[] = [undefined, 'f64', 'i64', 'bool', 'string']

const TYPE_NAMES: Readonly<Record<FieldType, string>> = {
  f64: 'a float',
  i64: 'an integer',
  bool: 'a boolean',
  string: 'a string',
}

interface ReasonDetails {
  name: string
  fieldType: FieldType | undefined
  valueType: FieldType | undefined
}

const typeName = (type: FieldType | undefined): string => (type === undefined ? 'unknown' : TYPE_NAMES[type])

/** Texts of the reasons, by their numbers in wasm/parse/rejection.ts. */
const REASONS: readonly ((details: ReasonDetails) => string)[] = [
  () => 'the row is not valid',
  () => "expected a table before ','",
  () => 'expected a space and at least one field',
  () => 'expected a tag key',
  ({ name }) => `expected '=' after tag key '${name}'`,
  ({ name }) => `expected ',' or a space after the value of tag '${name}'; write '\\=' for an equals sign in it`,
  ({ name }) => `tag '${name}' is there twice`,
  ({ name }) => `'${name}' is reserved and cannot be a tag or field`,
  ({ name }) => `'${name}' is a field of this table and cannot be a tag`,
  ({ name }) => `'${name}' is a tag of this table and cannot be a field`,
  () => 'expected a field key',
  ({ name }) => `expected '=' after field key '${name}'`,
  () => 'expected a number, a boolean or a string in double quotes',
  () => 'expected a number',
  () => 'the integer is outside of the range of 64 bits, signed',
  () => 'the number is too large for a 64-bit float',
  ({ name, fieldType, valueType }) =>
    `field '${name}' is ${typeName(fieldType)} and cannot take ${typeName(valueType)}`,
  () => "expected a closing '\"' for this string",
  () => "expected ',', a space or the end of the line after the value",
  () => 'expected an integer as timestamp',
  () => 'the timestamp is outside of the range of 64-bit nanoseconds',
  () => 'expected the end of the line after the timestamp',
  () => 'the text is not valid UTF-8',
  () => 'a table with its tags, and a field key, may have 65536 bytes at most',
  () => 'a series may have 256 tags at most',
  () => 'a table may have 4096 different tags and fields at most',
  () => 'there are too many tables',
  () => 'there are too many tags and fields',
  () => 'a row may have 1048576 bytes at most',
]

/** Where a row was rejected and why, as the core says it: offsets into the body. */
export interface Rejection {
  row: number
  at: number
  reason: number
  name: Uint8Array
  fieldType: number
  valueType: number
}

const lossyUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Turns the core's rejections of one body, which come in its order, into rows for people. */
export class RejectionPrinter {
  readonly #body: Uint8Array
  /** Line number of the line that begins at `#lineStart`. */
  #line = 1
  #lineStart = 0

  constructor(body: Uint8Array) {
    this.#body = body
  }

  print(rejection: Rejection): RejectedRow {
    const { line, lineStart } = this.#locate(rejection)
    const reason = REASONS[rejection.reason] ?? REASONS[0]
    const details = {
      name: lossyUtf8.decode(rejection.name),
      fieldType: PARSED_TYPES[rejection.fieldType],
      valueType: PARSED_TYPES[rejection.valueType],
    }
    return {
      line,
      column: lossyUtf8.decode(this.#body.subarray(lineStart, rejection.at)).length + 1,
      reason: reason === undefined ? '' : reason(details),
      text: this.#textOf(rejection.row),
    }
  }

  /** The line of what is wrong. The next row may begin before it, where a string spans lines. */
  #locate(rejection: Rejection): { line: number; lineStart: number } {
    this.#advance(rejection.row)
    const { line, lineStart } = { line: this.#line, lineStart: this.#lineStart }
    this.#advance(rejection.at)
    const found = { line: this.#line, lineStart: this.#lineStart }
    this.#line = line
    this.#lineStart = lineStart
    return found
  }

  #advance(offset: number): void {
    for (;;) {
      const newline = this.#body.indexOf(NEWLINE, this.#lineStart)
      if (newline < 0 || newline >= offset) return
      this.#lineStart = newline + 1
      this.#line++
    }
  }

  #textOf(row: number): string {
    const newline = this.#body.indexOf(NEWLINE, row)
    const end = Math.min(newline < 0 ? this.#body.length : newline, row + 4 * TEXT_CHARACTERS)
    const text = lossyUtf8.decode(this.#body.subarray(row, end)).slice(0, TEXT_CHARACTERS)
    return text.replace(/\r$/, '')
  }
}
