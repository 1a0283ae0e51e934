// A plain parser of Influx line protocol, byte by byte, to compare the real one with. A text is a string of bytes here:
// one character a byte, as Latin-1 has it; names and strings are decoded at the end.
import type { FieldType } from '../../engine/core/batch.ts'
import { canonicalTags, type Tags } from '../../engine/core/series.ts'

export type ReferenceValue = number | bigint | boolean | string

export interface ReferenceRow {
  table: string
  tags: Tags
  fields: Map<string, ReferenceValue>
  time: bigint
}

export interface ReferenceResult {
  rows: ReferenceRow[]
  rejected: { line: number; column: number }[]
}

interface Use {
  role: 'tag' | 'field'
  type?: FieldType
}

/** Why a row ends early. Where its quotes can be trusted, they say where the next row begins. */
class Reject extends Error {
  readonly at: number
  readonly isSyntax: boolean

  constructor(at: number, isSyntax = true) {
    super(`rejected at ${at}`)
    this.at = at
    this.isSyntax = isSyntax
  }
}

const BOOLEANS = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, false] as const),
])
const NUMBER = /-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y
const INTEGER = /(-?)([0-9]+)([iu])/y
const ASCII = /^[\0-\x7f]*$/
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })
const LARGEST = 2n ** 63n - 1n

export class LineProtocolReference {
  readonly #uses = new Map<string, Use>()
  #text = ''
  #at = 0
  /** Uses of names by the current row, which count when the row does. */
  #staged = new Map<string, Use>()
  #strings: { open: number; close: number }[] = []

  parse(body: Uint8Array, unit: bigint, now: bigint): ReferenceResult {
    this.#text = Buffer.from(body).toString('latin1')
    this.#at = 0
    const result: ReferenceResult = { rows: [], rejected: [] }
    while (this.#findRow()) {
      const start = this.#at
      this.#staged = new Map()
      this.#strings = []
      try {
        result.rows.push(this.#readRow(unit, now))
        for (const [name, use] of this.#staged) this.#uses.set(name, use)
      } catch (error) {
        if (!(error instanceof Reject)) throw error
        result.rejected.push(this.#place(this.#blame(start, error)))
        this.#at = error.isSyntax ? this.#lineEnd(start) + 1 : this.#quotedRowEnd(start) + 1
      }
    }
    return result
  }

  /** Skips empty lines and comments. */
  #findRow(): boolean {
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#peek()
      if (c === '#') this.#at = this.#lineEnd(this.#at)
      else if (c !== ' ' && c !== '\t' && c !== '\n' && !this.#isLineEnd()) return true
    }
    return false
  }

  /** The character here; the text's end counts as a newline. */
  #peek(offset = 0): string {
    return this.#text[this.#at + offset] ?? '\n'
  }

  #isLineEnd(): boolean {
    return this.#peek() === '\n' || (this.#peek() === '\r' && this.#peek(1) === '\n')
  }

  #lineEnd(from: number): number {
    const newline = this.#text.indexOf('\n', from)
    return newline < 0 ? this.#text.length : newline
  }

  /** A newline before what is wrong is in a string, whose quote is then blamed. */
  #blame(start: number, error: Reject): number {
    const lineEnd = this.#lineEnd(start)
    if (!error.isSyntax || lineEnd >= error.at) return error.at
    const string = this.#strings.find(({ open, close }) => open < lineEnd && lineEnd < close)
    return string?.open ?? error.at
  }

  #quotedRowEnd(start: number): number {
    let inKey = true
    for (let at = start; at < this.#text.length; at++) {
      const c = this.#text[at]
      if (c === '\n') return at
      if (this.#text[at - 1] === '\\' && at > start) continue
      if (c === ' ') inKey = false
      if (inKey || c !== '=' || this.#text[at + 1] !== '"') continue
      const close = this.#closingQuote(at + 1)
      if (close < 0) return this.#lineEnd(start)
      at = close
    }
    return this.#text.length
  }

  #closingQuote(open: number): number {
    for (let at = open + 1; at < this.#text.length; at++) {
      if (this.#text[at] === '"') return at
      if (this.#text[at] === '\\' && ['"', '\\'].includes(this.#text[at + 1] ?? '')) at++
    }
    return -1
  }

  #place(at: number): { line: number; column: number } {
    const before = this.#text.slice(0, at).split('\n')
    const bytes = Uint8Array.from(before.at(-1) ?? '', (c) => c.charCodeAt(0))
    return { line: before.length, column: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).length + 1 }
  }

  #readRow(unit: bigint, now: bigint): ReferenceRow {
    const start = this.#at
    if (this.#peek() === ',') throw new Reject(start)
    this.#requireKeyEnd(start)
    const table = this.#readText(', ')
    const tags = this.#readTags(table)
    this.#skipBlanks()
    if (this.#isLineEnd()) throw new Reject(this.#at)
    const fields = this.#readFields(table)
    if (this.#peek() === ' ') this.#skipBlanks()
    const time = this.#isLineEnd() ? now : this.#readTime(unit)
    this.#at = this.#lineEnd(this.#at) + 1
    this.#requireUtf8(start, Math.min(this.#at, this.#text.length))
    const decoded = new Map([...fields].map(([name, value]) => [unescapeName(name), value] as const))
    const pairs = tags.map(([key, value]) => [unescapeName(key), unescapeName(value)] as const)
    return { table: decode(table.replace(/\\([, ])/g, '$1')), tags: canonicalTags(pairs), fields: decoded, time }
  }

  #requireKeyEnd(start: number): void {
    for (let at = start; ; at++) {
      const c = this.#text[at] ?? '\n'
      if (c === '\n') throw new Reject(at)
      if (c === ' ' && this.#text[at - 1] !== '\\') return
    }
  }

  /** Reads up to a character of `ends` that is not escaped, or the line's end. */
  #readText(ends: string): string {
    const start = this.#at
    while (this.#peek() !== '\n') {
      const isEscaped = this.#at > start && this.#text[this.#at - 1] === '\\'
      if (ends.includes(this.#peek()) && !isEscaped) break
      this.#at++
    }
    return this.#text.slice(start, this.#at)
  }

  #readTags(table: string): [string, string][] {
    const tags: { at: number; key: string; value: string }[] = []
    while (this.#peek() === ',') {
      this.#at++
      const at = this.#at
      const key = this.#readText(',= ')
      if (key === '' || this.#peek() !== '=') throw new Reject(this.#at)
      this.#at++
      const value = this.#readText(',= ')
      if (this.#peek() === '=') throw new Reject(this.#at)
      tags.push({ at, key, value })
    }
    const seen = new Set<string>()
    for (const { at, key, value } of tags) {
      if (key === 'time' || seen.has(key)) throw new Reject(at, false)
      seen.add(key)
      if (value !== '') this.#use(table, key, 'tag', at)
    }
    return tags.map(({ key, value }) => [key, value])
  }

  #use(table: string, name: string, role: 'tag' | 'field', at: number): Use {
    const id = JSON.stringify([table, name])
    const use = this.#uses.get(id) ?? this.#staged.get(id) ?? { role }
    if (use.role !== role) throw new Reject(at, false)
    if (!this.#uses.has(id)) this.#staged.set(id, use)
    return use
  }

  #skipBlanks(): void {
    while (this.#peek() === ' ' || this.#peek() === '\t') this.#at++
  }

  #readFields(table: string): Map<string, ReferenceValue> {
    const fields = new Map<string, ReferenceValue>()
    for (;;) {
      const at = this.#at
      const name = this.#readText(',= ')
      if (name === '' || this.#peek() !== '=') throw new Reject(this.#at)
      if (name === 'time') throw new Reject(at, false)
      const use = this.#use(table, name, 'field', at)
      this.#at++
      const valueAt = this.#at
      const { type, value } = this.#readValue()
      if (this.#peek() !== ',' && this.#peek() !== ' ' && !this.#isLineEnd()) throw new Reject(this.#at)
      use.type ??= type
      if (use.type !== type && !(use.type === 'f64' && type === 'i64')) throw new Reject(valueAt, false)
      fields.set(name, use.type === 'f64' ? Number(value) : value)
      if (this.#peek() !== ',') return fields
      this.#at++
    }
  }

  #readValue(): { type: FieldType; value: ReferenceValue } {
    const start = this.#at
    if (this.#peek() === '"') return { type: 'string', value: this.#readString() }
    if (/[-.0-9]/.test(this.#peek())) return this.#readNumber()
    for (const length of [5, 4, 1]) {
      const value = BOOLEANS.get(this.#text.slice(start, start + length))
      this.#at = start + length
      if (value !== undefined && (this.#peek() === ',' || this.#peek() === ' ' || this.#isLineEnd())) {
        return { type: 'bool', value }
      }
    }
    throw new Reject(start)
  }

  #readString(): string {
    const open = this.#at
    const close = this.#closingQuote(open)
    if (close < 0) throw new Reject(open)
    this.#strings.push({ open, close })
    this.#at = close + 1
    return decode(this.#text.slice(open + 1, close).replace(/\\(["\\])/g, '$1'))
  }

  #readNumber(): { type: FieldType; value: ReferenceValue } {
    const start = this.#at
    INTEGER.lastIndex = start
    const integer = INTEGER.exec(this.#text)
    if (integer) {
      const [whole, sign = '', digits = '', suffix] = integer
      if (sign === '-' && suffix === 'u') throw new Reject(start)
      const value = sign === '-' ? -BigInt(digits) : BigInt(digits)
      if (value > LARGEST || value < -LARGEST - 1n) throw new Reject(start, false)
      this.#at += whole.length
      return { type: 'i64', value }
    }
    NUMBER.lastIndex = start
    const text = NUMBER.exec(this.#text)?.[0]
    // An exponent without digits; but after a whole exponent another one is only text where a separator should be.
    const next = this.#text[start + (text?.length ?? 0)]
    if (text === undefined || (/^[eE]$/.test(next ?? '') && !/[eE]/.test(text))) throw new Reject(start)
    if (!Number.isFinite(Number(text))) throw new Reject(start, false)
    this.#at += text.length
    return { type: 'f64', value: Number(text) }
  }

  #readTime(unit: bigint): bigint {
    const start = this.#at
    const text = /^-?[0-9]+/.exec(this.#text.slice(start, start + 100_000))?.[0]
    if (text === undefined) throw new Reject(start)
    const time = BigInt(text) * unit
    // Ranges of time are open at their end, so that no row can have the last nanosecond.
    if (time >= LARGEST || time < -LARGEST - 1n) throw new Reject(start, false)
    this.#at += text.length
    this.#skipBlanks()
    if (!this.#isLineEnd()) throw new Reject(this.#at)
    return time
  }

  /** Valid text comes back the same from decoding and encoding; the first character that does not is wrong. */
  #requireUtf8(start: number, end: number): void {
    const row = this.#text.slice(start, end)
    if (ASCII.test(row)) return
    const encoded = new TextEncoder().encode(decode(row))
    let at = 0
    while (start + at < end && this.#text.charCodeAt(start + at) === encoded[at]) at++
    if (start + at === end) return
    while (((encoded[at] ?? 0) & 0xc0) === 0x80) at--
    throw new Reject(start + at, false)
  }
}

function unescapeName(text: string): string {
  return decode(text.replace(/\\([,= ])/g, '$1'))
}

function decode(text: string): string {
  return ASCII.test(text) ? text : UTF8.decode(Buffer.from(text, 'latin1'))
}
