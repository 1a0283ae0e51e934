const UTF8 = new TextEncoder()
const WORD = 2 ** 32

/** A number of a table, with its width; whole, and below 2^53 in absolute value. */
export interface FlatNumber {
  readonly bytes: 1 | 2 | 4 | 8
  readonly value: number
}

/** A vector of structs of two 64-bit numbers each, one after the other. */
export interface FlatPairs {
  readonly pairs: readonly number[]
}

/** Fields of a table by their place in its declaration; of one that is absent readers take the default. */
export type FlatTable = { readonly fields: readonly (FlatNumber | FlatChild | undefined)[] }
type FlatChild = FlatTable | FlatPairs | readonly FlatTable[] | string

/**
 * A flatbuffer with a table as its root (https://flatbuffers.dev/internals), its length a multiple of 8. Tables are written before
 * what they refer to, each behind its own list of fields. `before` zeros precede it, a multiple of 8.
 */
export function flatbuffer(root: FlatTable, before: number): Uint8Array<ArrayBuffer> {
  const writer = new FlatWriter()
  writer.root(root, before)
  return writer.finish()
}

class FlatWriter {
  #bytes = new Uint8Array(512)
  #view = new DataView(this.#bytes.buffer)
  #end = 0

  root(table: FlatTable, before: number): void {
    this.#refer(this.#take(4, 4, before), table)
  }

  finish(): Uint8Array<ArrayBuffer> {
    // Taking room may bring other bytes.
    const end = this.#take(0, 8)
    return this.#bytes.slice(0, end)
  }

  /** Writes a child, and at a place how far behind that it is. */
  #refer(at: number, child: FlatChild): void {
    const place = this.#write(child)
    this.#view.setUint32(at, place - at, true)
  }

  #write(child: FlatChild): number {
    if (typeof child === 'string') return this.#string(child)
    if ('pairs' in child) return this.#pairs(child.pairs)
    return 'fields' in child ? this.#table(child.fields) : this.#tables(child)
  }

  #table(fields: FlatTable['fields']): number {
    const listBytes = 4 + 2 * fields.length
    const table = this.#take(0, 8, listBytes)
    const list = table - listBytes
    let bytes = 4
    const places = fields.map((field) => {
      if (field === undefined) return 0
      const width = isNumber(field) ? field.bytes : 4
      const place = Math.ceil(bytes / width) * width
      bytes = place + width
      return place
    })
    this.#take(bytes, 1)
    this.#view.setInt32(table, listBytes, true)
    this.#view.setUint16(list, listBytes, true)
    this.#view.setUint16(list + 2, bytes, true)
    fields.forEach((field, at) => {
      const place = places[at] ?? 0
      this.#view.setUint16(list + 4 + 2 * at, place, true)
      if (field === undefined) return
      if (isNumber(field)) this.#number(table + place, field)
      else this.#refer(table + place, field)
    })
    return table
  }

  #number(at: number, { bytes, value }: FlatNumber): void {
    if (bytes === 1) this.#view.setInt8(at, value)
    else if (bytes === 2) this.#view.setInt16(at, value, true)
    else if (bytes === 4) this.#view.setInt32(at, value, true)
    else this.#long(at, value)
  }

  #long(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
    this.#view.setInt32(at + 4, Math.floor(value / WORD), true)
  }

  #string(text: string): number {
    const bytes = UTF8.encode(text)
    const at = this.#take(4 + bytes.length + 1, 4)
    this.#view.setUint32(at, bytes.length, true)
    this.#bytes.set(bytes, at + 4)
    return at
  }

  #pairs(numbers: readonly number[]): number {
    const at = this.#take(8 * numbers.length, 8, 4) - 4
    this.#view.setUint32(at, numbers.length / 2, true)
    for (let i = 0; i < numbers.length; i++) this.#long(at + 4 + 8 * i, numbers[i] as number)
    return at
  }

  #tables(tables: readonly FlatTable[]): number {
    const at = this.#take(4 + 4 * tables.length, 4)
    this.#view.setUint32(at, tables.length, true)
    for (const [i, table] of tables.entries()) this.#refer(at + 4 + 4 * i, table)
    return at
  }

  /** Room for some bytes at a multiple of `alignment`, with `before` bytes right before it. */
  #take(bytes: number, alignment: number, before = 0): number {
    const at = Math.ceil((this.#end + before) / alignment) * alignment
    this.#end = at + bytes
    if (this.#end > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#end)
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }
}

function isNumber(field: FlatNumber | FlatChild): field is FlatNumber {
  return typeof field === 'object' && 'bytes' in field
}
