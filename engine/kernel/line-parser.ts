import type { Column, FieldType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Kernel } from './kernel.ts'
import { PARSED_TYPES, RejectionPrinter } from './line-rejection.ts'
import { NewKeyList } from './new-key-list.ts'
import type { ParseResult } from './parse-result.ts'
import { isParser, type ParserExports } from './parser-exports.ts'
import { RowBuffers, RowSpace } from './row-buffers.ts'

export type LinePrecision = 'ns' | 'us' | 'ms' | 's' | 'm' | 'h'

export interface ParseOptions {
  /** Unit of the timestamps. */
  precision: LinePrecision
  /** Time of rows without a timestamp, in nanoseconds since 1970 UTC. */
  now: bigint
}

export interface LineParserOptions {
  /**
   * Series keys that a parser remembers at most, and bytes of memory that it remembers them in. When there are more it forgets
   * all, and tells those that come again as new. Default 4,194,304 keys in 128 MiB.
   */
  maxKeys?: number
  maxKeyBytes?: number
  /**
   * 128 bits that nobody knows who writes lines, so that these cannot be made to meet in the parser's hash tables. What is
   * parsed does not depend on them. Default 0.
   */
  seed?: readonly [bigint, bigint]
  /** Where the memory of parsed rows comes from, for who gives it back. */
  buffers?: RowBuffers
}

const NANOSECONDS: Readonly<Record<LinePrecision, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const DEFAULT_MAX_KEYS = 1 << 22
const DEFAULT_MAX_KEY_BYTES = 1 << 27
/** Text that is copied in at once: it stays in the second-level cache. Rows that are longer are tried with `ROW_BYTES`. */
const WINDOW_BYTES = 1 << 18
/** wasm/parse/parser.ts */
const ROW_BYTES = 1 << 20
const DESCRIBED_ROWS = 100
const REJECTION_WORDS = 6
const PAGE_WORDS = 8
const TAG_WORDS = 4
const COLUMN_WORDS = 10
const RUN_PAGE = 1
const RUN_KEYS = 3
const NEWLINE = 10

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/**
 * Parses Influx line protocol into columns. It remembers the series keys, and the tags and fields of each table with their
 * types, so that one parser is to see all text of one store.
 */
export class LineParser {
  readonly #kernel: Kernel
  readonly #options: LineParserOptions
  readonly #buffers: RowBuffers
  #core: ParserExports
  #parser: number
  /** Keys that are new in this piece. */
  #newKeys: NewKeyList
  /** Names by their number. */
  #tables: string[] = []
  #fields: string[] = []
  /** Bodies that are being parsed. */
  #bodies = 0
  /** Tables that have times in this call which look like another precision. */
  readonly #unusual = new Set<string>()

  constructor(kernel: Kernel, options: LineParserOptions = {}) {
    this.#kernel = kernel
    this.#options = options
    this.#buffers = options.buffers ?? new RowBuffers()
    this.#core = parserOf(kernel)
    this.#newKeys = new NewKeyList(this.#core)
    this.#parser = createParser(this.#core, options)
  }

  /** Bytes of the memory of all that it knows, which never become less. */
  get size(): number {
    return this.#core.memory.buffer.byteLength
  }

  /** Forgets all that it knows, and its memory: tags and fields are to be declared again. False where a body is being parsed; then it does not. */
  renew(): boolean {
    if (this.#bodies > 0) return false
    this.#core = parserOf(this.#kernel)
    this.#newKeys = new NewKeyList(this.#core)
    this.#parser = createParser(this.#core, this.#options)
    this.#tables = []
    this.#fields = []
    return true
  }

  /**
   * Parses a body; `\n` ends a row outside of quotes. Bad rows are rejected, each for itself. `tables` holds copies that
   * belong to the caller; new keys are views until the next piece or body.
   */
  parse(body: Uint8Array, options: ParseOptions): ParseResult {
    const [result] = this.pieces(body, options, body.length)
    if (result === undefined) throw new Error('a body is one piece at least')
    return result
  }

  /**
   * Parses a body piece by piece, each of about so many bytes and whole rows, as if one after the other were given to `parse`;
   * other bodies may be parsed between two pieces. The first 100 rejected rows of the body are described.
   */
  *pieces(body: Uint8Array, options: ParseOptions, bytes: number): Generator<ParseResult> {
    const printer = new RejectionPrinter(body)
    let described = 0
    let at = 0
    this.#bodies++
    try {
      do {
        const end = Math.min(at + bytes, body.length)
        const result = this.#begin(options)
        while (at < end) at += this.#take(body, at, printer, result)
        this.#finish(result)
        result.rejected.length = Math.min(result.rejected.length, DESCRIBED_ROWS - described)
        described += result.rejected.length
        yield result
      } while (at < body.length)
    } finally {
      this.#bodies--
    }
  }

  #begin({ now, precision }: ParseOptions): ParseResult {
    this.#unusual.clear()
    this.#newKeys.clear()
    this.#core.parserBegin(this.#parser, now, NANOSECONDS[precision])
    return {
      tables: [],
      firstKey: this.#core.parserFirstKey(),
      newKeys: this.#newKeys.all,
      newTags: [],
      rejected: [],
      rejectedCount: 0,
      rows: 0,
      warnings: [],
    }
  }

  #finish(result: ParseResult): void {
    for (let page = this.#core.parserNextPage(); page !== 0; page = this.#core.parserNextPage())
      this.#drain(page, result)
    this.#newKeys.take()
    result.newKeys = this.#newKeys.all
    this.#takeNewTags(result)
    for (const table of this.#unusual) {
      result.warnings.push(`table '${table}' has times before 1971 or after 2199: is the precision right?`)
    }
    result.rejectedCount = this.#core.parserRejected()
    result.rows = this.#core.parserRows()
  }

  /** Forgets all series keys: those that come again are told as new. Between two bodies. */
  forgetKeys(): void {
    this.#begin({ now: 0n, precision: 'ns' })
    this.#core.parserForgetKeys()
  }

  /** Tells the type of a field that the store has; it counts for what has been parsed before, too, but not the role. */
  declareField(table: string, field: string, type: FieldType): void {
    this.#declare(table, field, PARSED_TYPES.indexOf(type))
  }

  /** Tells of a tag that the store has. */
  declareTag(table: string, tag: string): void {
    this.#declare(table, tag, 0)
  }

  #declare(table: string, name: string, type: number): void {
    const tableBytes = this.#putText(table.replace(/[, ]/g, '\\$&'), 0)
    const nameBytes = this.#putText(name.replace(/[,= ]/g, '\\$&'), tableBytes)
    if (tableBytes + nameBytes > ROW_BYTES) return
    if (this.#core.parserDeclare(this.#parser, tableBytes, nameBytes, type) === 0) {
      throw new Error(`'${name}' of table '${table}' cannot be both tag and field`)
    }
  }

  /** Forgets a table with its tags and fields, and all series keys. Between two bodies. */
  forgetTable(table: string): void {
    const tableBytes = this.#putText(table.replace(/[, ]/g, '\\$&'), 0)
    if (tableBytes <= ROW_BYTES) this.#core.parserForgetTable(this.#parser, tableBytes)
  }

  /** Copies a name to where the core looks for it, as far as it may be long; returns its bytes. */
  #putText(name: string, at: number): number {
    const bytes = encoder.encode(name)
    if (at + bytes.length <= ROW_BYTES)
      new Uint8Array(this.#core.memory.buffer).set(bytes, this.#core.parserText() + at)
    return bytes.length
  }

  /** Parses from `at` on; returns how many bytes are done with. */
  #take(body: Uint8Array, at: number, printer: RejectionPrinter, result: ParseResult): number {
    for (const limit of [WINDOW_BYTES, ROW_BYTES]) {
      const end = windowEnd(body, at, limit)
      if (end === at) continue
      const seen = this.#core.parserRejected()
      this.#feed(body.subarray(at, end), end === body.length)
      this.#run(result)
      this.#printRejections(body, at, seen, printer, result)
      const taken = this.#core.parserTaken()
      if (taken > 0) return taken
    }
    const seen = this.#core.parserRejected()
    this.#feed(body.subarray(at, at + ROW_BYTES), false)
    this.#core.parserRejectLong()
    this.#printRejections(body, at, seen, printer, result)
    const newline = body.indexOf(NEWLINE, at)
    return (newline < 0 ? body.length : newline + 1) - at
  }

  #run(result: ParseResult): void {
    for (;;) {
      const state = this.#core.parserRun()
      if (state === RUN_PAGE) this.#drain(this.#core.parserFullPage(), result)
      else if (state === RUN_KEYS) {
        this.#newKeys.take()
        this.#core.parserForgetKeys()
      } else return
    }
  }

  /** To the same byte of a word: shared memory is copied by words then, otherwise by bytes. */
  #feed(text: Uint8Array, isLast: boolean): void {
    const skew = text.byteOffset & 7
    new Uint8Array(this.#core.memory.buffer).set(text, this.#core.parserText() + skew)
    this.#core.parserFeed(skew, text.length, isLast ? 1 : 0)
  }

  #printRejections(body: Uint8Array, base: number, from: number, printer: RejectionPrinter, result: ParseResult): void {
    const to = Math.min(this.#core.parserRejected(), DESCRIBED_ROWS)
    for (let i = from; i < to; i++) {
      const address = this.#core.parserRejections() + i * REJECTION_WORDS * 4
      const [row = 0, at = 0, reason = 0, name = 0, nameBytes = 0, types = 0] = this.#words(address, REJECTION_WORDS)
      const nameAt = base + name
      result.rejected.push(
        printer.print({
          row: base + row,
          at: base + at,
          reason,
          name: body.subarray(nameAt, nameAt + nameBytes),
          fieldType: types & 0xff,
          valueType: types >> 8,
        }),
      )
    }
  }

  #words(address: number, count: number): Uint32Array {
    return new Uint32Array(this.#core.memory.buffer, address, count)
  }

  #text(address: number, bytes: number): string {
    return utf8.decode(new Uint8Array(this.#core.memory.buffer, address, bytes))
  }

  /** Copies a page out and empties it; wasm/parse/parser.ts draws its description. */
  #drain(page: number, result: ParseResult): void {
    const { buffer } = this.#core.memory
    const words = this.#words(page, PAGE_WORDS)
    const [number = 0, rows = 0, time = 0, keys = 0, columns = 0, isUnusual = 0, text = 0, bytes = 0] = words
    this.#tables[number] ??= unescapeTable(this.#text(text, bytes))
    const table = this.#tables[number] ?? ''
    if (isUnusual !== 0) {
      this.#unusual.add(table)
    }
    if (rows > 0) {
      const space = new RowSpace(this.#buffers.take(this.#pageBytes(page, rows, columns)))
      const fields: { number: number; column: Column }[] = []
      for (let i = 0; i < columns; i++) fields.push(this.#column(columnAt(page, i), rows, space))
      fields.sort((a, b) => a.number - b.number)
      result.tables.push({
        table,
        rows,
        keys: copied(space.u32(rows), buffer, keys),
        time: copied(space.i64(rows), buffer, time),
        fields: fields.map(({ column }) => column),
        memory: space.buffer,
      })
    }
    this.#core.parserClearPage()
  }

  /** Bytes of all columns of a page. */
  #pageBytes(page: number, rows: number, columns: number): number {
    let bytes = RowSpace.bytesOf(rows, 8) + RowSpace.bytesOf(rows, 4)
    for (let i = 0; i < columns; i++) {
      const [, code = 0, , bitmap = 0] = this.#words(columnAt(page, i), 4)
      const type = PARSED_TYPES[code]
      bytes += RowSpace.bytesOf(rows, type === 'bool' ? 1 : type === 'string' ? 4 : 8)
      if (bitmap !== 0) bytes += RowSpace.bytesOf((rows + 7) >> 3, 1)
    }
    return bytes
  }

  #column(address: number, rows: number, space: RowSpace): { number: number; column: Column } {
    const { buffer } = this.#core.memory
    const words = this.#words(address, COLUMN_WORDS)
    const [number = 0, code = 0, values = 0, bitmap = 0, strings = 0, text = 0, textBytes = 0, ends = 0] = words
    this.#fields[number] ??= unescapeName(this.#text(words[8] ?? 0, words[9] ?? 0))
    const name = this.#fields[number] ?? ''
    const validity = bitmap === 0 ? {} : { validity: copied(space.u8((rows + 7) >> 3), buffer, bitmap) }
    const type = PARSED_TYPES[code]
    switch (type) {
      case 'f64':
        return { number, column: { name, type, values: copied(space.f64(rows), buffer, values), ...validity } }
      case 'i64':
        return { number, column: { name, type, values: copied(space.i64(rows), buffer, values), ...validity } }
      case 'bool':
        return { number, column: { name, type, values: copied(space.u8(rows), buffer, values), ...validity } }
      case 'string': {
        const dictionary = this.#strings(this.#text(text, textBytes), text, this.#words(ends, strings))
        const codes = copied(space.u32(rows), buffer, values)
        return { number, column: { name, type, values: codes, dictionary, ...validity } }
      }
      default:
        throw new Error(`the parser made a column of type ${code}`)
    }
  }

  #strings(all: string, address: number, ends: Uint32Array): string[] {
    const isAscii = all.length === (ends.at(-1) ?? 0)
    let start = 0
    return Array.from(ends, (end) => {
      const text = isAscii ? all.slice(start, end) : this.#text(address + start, end - start)
      start = end
      return text
    })
  }

  #takeNewTags({ newTags }: ParseResult): void {
    const count = this.#core.parserNewTags()
    for (let i = 0; i < count; i++) {
      const [table = 0, tableBytes = 0, tag = 0, tagBytes = 0] = this.#words(this.#core.parserDescribeTag(i), TAG_WORDS)
      newTags.push({
        table: unescapeTable(this.#text(table, tableBytes)),
        tag: unescapeName(this.#text(tag, tagBytes)),
      })
    }
    this.#core.parserClearTags()
  }
}

/** An instance of the core for a parser: its memory is all that it knows, and goes with it. */
function parserOf(kernel: Kernel): ParserExports {
  const { exports } = kernel.another()
  if (!isParser(exports)) throw new TidemarkError('invalid', 'this WebAssembly module has no line parser')
  return exports
}

function createParser(core: ParserExports, options: LineParserOptions): number {
  const { maxKeys = DEFAULT_MAX_KEYS, maxKeyBytes = DEFAULT_MAX_KEY_BYTES, seed = [0n, 0n] } = options
  return core.parserCreate(maxKeys, maxKeyBytes, ...seed)
}

/** Address of the description of a column of a page. */
function columnAt(page: number, index: number): number {
  return page + (PAGE_WORDS + index * COLUMN_WORDS) * 4
}

/** Fills an array with the bytes at an address: a copy that does not look at the values. */
function copied<T extends Float64Array | BigInt64Array | Uint32Array | Uint8Array>(
  target: T,
  memory: ArrayBufferLike,
  address: number,
): T {
  const { buffer, byteOffset, byteLength } = target
  new Uint8Array(buffer, byteOffset, byteLength).set(new Uint8Array(memory, address, byteLength))
  return target
}

function unescapeTable(text: string): string {
  return text.replace(/\\([, ])/g, '$1')
}

function unescapeName(text: string): string {
  return text.replace(/\\([,= ])/g, '$1')
}

/** Where a piece of text of at most `limit` bytes that ends with a line ends, or `at` where there is no such piece. */
function windowEnd(body: Uint8Array, at: number, limit: number): number {
  if (body.length - at <= limit) return body.length
  return at + body.subarray(at, at + limit).lastIndexOf(NEWLINE) + 1
}
