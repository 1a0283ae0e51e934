import { isValid, type StringColumn } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The strings that a block uses, in the order of their first use, and every row's code among them. */
export interface BlockDictionary {
  codes: Uint32Array
  /** Bytes of each string. */
  lengths: Uint32Array
  /** The strings in UTF-8, one after the other. A lone surrogate becomes U+FFFD. */
  bytes: Uint8Array
}

/** Codes rows `[from, to)`; a missing row has the code before it. */
export function encodeDictionary(column: StringColumn, from: number, to: number): BlockDictionary {
  const codes = new Uint32Array(to - from)
  const codeOf = new Map<number, number>()
  const texts = new Map<string, number>()
  let code = 0
  for (let row = from; row < to; row++) {
    if (isValid(column.validity, row)) code = blockCode(column, row, codeOf, texts)
    codes[row - from] = code
  }
  if (texts.size === 0) texts.set('', 0)
  const parts = Array.from(texts.keys(), (text) => utf8.encode(text))
  const lengths = Uint32Array.from(parts, (part) => part.length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { codes, lengths, bytes }
}

function blockCode(column: StringColumn, row: number, codeOf: Map<number, number>, texts: Map<string, number>): number {
  const columnCode = column.values[row] ?? 0
  const known = codeOf.get(columnCode)
  if (known !== undefined) return known
  const text = column.dictionary[columnCode]
  if (text === undefined) throw new RangeError(`code ${columnCode} of column '${column.name}' is not in its dictionary`)
  const code = texts.get(text) ?? texts.size
  texts.set(text, code)
  codeOf.set(columnCode, code)
  return code
}

/** Cuts the bytes of a payload from `at` on into strings. Throws `corrupt` where they are not as many, or not UTF-8. */
export function decodeDictionary(lengths: Uint32Array, payload: Uint8Array, at: number): string[] {
  const total = lengths.reduce((sum, length) => sum + length, at)
  if (total !== payload.length) throw new TidemarkError('corrupt', 'block dictionary does not fill its payload')
  const texts: string[] = []
  for (const length of lengths) {
    try {
      texts.push(strictUtf8.decode(payload.subarray(at, at + length)))
    } catch (cause) {
      throw new TidemarkError('corrupt', 'block dictionary is not UTF-8', { cause })
    }
    at += length
  }
  return texts
}
