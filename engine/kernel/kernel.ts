import type { Column } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import {
  aggregateRun,
  assembleRun,
  type BlockRun,
  decodeRun,
  type Effort,
  eachBlock,
  encodeRun,
  requireHeaders,
  runType,
  spansOfRun,
  verifyRun,
} from './block-run.ts'
import { DenseEncoder } from './dense-encoder.ts'
import type { DenseModel } from './dense-models.ts'
import { decodeDictionary, encodeDictionary } from './dictionary.ts'
import { checksum, firstHashBytes, Sha256, sha256 } from './digest.ts'
import { BLOCK_ROWS, HEADER_BYTES, typeByte } from './header.ts'
import type { KeyBatch } from './key-batch.ts'
import { CoreInstance, PAYLOAD_CAPACITY } from './memory.ts'
import { RunCopy } from './run-copy.ts'
import { selectionOf } from './selection.ts'
import { STATE_SLOTS } from './span-state.ts'
import { requireWindows } from './windows.ts'

const BOOL_BYTE = 3
const STRING_BYTE = 4
const TIME_BYTE = 5

/** Most rows that one call sorts: their numbers and times take twelve bytes each. */
export const SORT_ROWS: number = 1 << 26

/**
 * The WebAssembly core: encodes, checks and decodes blocks, aggregates them by windows of time, sorts and hashes. It keeps
 * nothing between calls but the windows, and the spans and states of the block that came last.
 */
export class Kernel {
  readonly instance: CoreInstance
  /** Encodes blocks anew for segments that are settled. */
  readonly dense: DenseEncoder
  readonly #module: WebAssembly.Module
  readonly #headerAt: number
  readonly #payloadAt: number
  readonly #stagingAt: number
  readonly #valuesAt: number
  readonly #validityAt: number
  readonly #timesAt: number
  readonly #spansAt: number
  readonly #statesAt: number
  #spanCount = 0
  /** Blocks that the current spans are of. */
  #spanBlocks = 0
  /** The blocks of times that the current spans are of: series that are measured together have the same. */
  #spanRun: RunCopy | undefined

  private constructor(instance: CoreInstance, module: WebAssembly.Module) {
    this.instance = instance
    this.dense = new DenseEncoder(instance)
    this.#module = module
    const { exports } = instance
    this.#headerAt = exports.HEADER.value
    this.#payloadAt = exports.PAYLOAD.value
    this.#stagingAt = exports.STAGING.value
    this.#valuesAt = exports.VALUES.value
    this.#validityAt = exports.VALIDITY.value
    this.#timesAt = exports.TIMES.value
    this.#spansAt = exports.SPANS.value
    this.#statesAt = exports.STATES.value
  }

  static async create(module: WebAssembly.Module): Promise<Kernel> {
    return new Kernel(new CoreInstance(await WebAssembly.instantiate(module)), module)
  }

  /** What tells this build of the core from others; empty where it does not say. */
  get build(): Uint8Array {
    const [section = new ArrayBuffer()] = WebAssembly.Module.customSections(this.#module, 'build')
    return new Uint8Array(section)
  }

  /** Another instance of the core, with a memory of its own. */
  another(): CoreInstance {
    return new CoreInstance(new WebAssembly.Instance(this.#module))
  }

  /**
   * Encodes rows `[from, to)` of a column, 1 to 1024; writes the 64-byte header to `headers` at `headerAt` and returns the
   * payload, a copy of its own.
   */
  encode(column: Column, from: number, to: number, headers: Uint8Array, headerAt: number): Uint8Array {
    return this.encodeView(column, from, to, headers, headerAt).slice()
  }

  /** The same; the payload is a view, until something else is called. */
  encodeView(column: Column, from: number, to: number, headers: Uint8Array, headerAt: number): Uint8Array {
    const rows = to - from
    if (rows < 1 || rows > BLOCK_ROWS) throw new RangeError(`a block has 1 to ${BLOCK_ROWS} rows, not ${rows}`)
    const missing = this.#putValidity(selectionOf(column.validity, from, to, undefined))
    const { exports } = this.instance
    if (column.type === 'string') return this.#encodeStrings(column, from, to, missing, headers, headerAt)
    this.#putValues(column, from, to)
    const bytes = exports.encodeBlock(typeByte(column.type), rows, missing)
    headers.set(this.#slice(this.#headerAt, HEADER_BYTES), headerAt)
    return this.#slice(this.#payloadAt, bytes)
  }

  /**
   * Checks a block that came from outside: size and checksum of the payload, header, and everything that decoding relies
   * on. Throws a `TidemarkError` of kind `truncated` or `corrupt`. Here and below a dense block comes with its model.
   */
  verify(headers: Uint8Array, headerAt: number, payload: Uint8Array, model?: DenseModel): void {
    if (headers.length < headerAt + HEADER_BYTES) throw new TidemarkError('truncated', 'block header ends early')
    const header = new DataView(headers.buffer, headers.byteOffset + headerAt, HEADER_BYTES)
    const bytes = header.getUint32(8, true)
    if (payload.length < bytes) {
      throw new TidemarkError('truncated', `block payload has ${payload.length} bytes of ${bytes}`)
    }
    if (payload.length > bytes) throw new TidemarkError('corrupt', `block payload has more than ${bytes} bytes`)
    if (this.checksum(payload) !== header.getUint32(12, true)) {
      throw new TidemarkError('corrupt', 'block payload does not match its checksum')
    }
    this.#decode(headers, headerAt, payload, model)
    if (header.getUint8(1) === STRING_BYTE) decodeDictionary(this.#lengths(), payload, this.#dictionaryAt())
  }

  /** Decodes all rows of a verified block; times as a column of type `time`. */
  decode(headers: Uint8Array, headerAt: number, payload: Uint8Array, name: string, model?: DenseModel): Column {
    this.#decode(headers, headerAt, payload, model)
    const header = new DataView(headers.buffer, headers.byteOffset + headerAt, HEADER_BYTES)
    const type = header.getUint8(1)
    const rows = header.getUint16(2, true)
    const missing = header.getUint16(4, true) > 0
    const validity = missing ? { validity: this.#slice(this.#validityAt, (rows + 7) >> 3).slice() } : undefined
    const at = this.#valuesAt >> 3
    if (type === BOOL_BYTE) {
      return { name, type: 'bool', values: this.#slice(this.#stagingAt, rows).slice(), ...validity }
    }
    if (type === STRING_BYTE) {
      const codes = new Uint32Array(rows)
      const words = new Int32Array(this.instance.exports.memory.buffer, this.#valuesAt, 2 * rows)
      for (let row = 0; row < rows; row++) codes[row] = words[2 * row] ?? 0
      const dictionary = decodeDictionary(this.#lengths(), payload, this.#dictionaryAt())
      return { name, type: 'string', values: codes, dictionary, ...validity }
    }
    if (type === 1) return { name, type: 'f64', values: this.instance.f64.slice(at, at + rows), ...validity }
    const values = this.instance.i64.slice(at, at + rows)
    return { name, type: type === TIME_BYTE ? 'time' : 'i64', values, ...validity }
  }

  /**
   * Encodes a column of any length as blocks of 1024 rows and a last one. Headers and payloads are copies of their own.
   * Effort `quick` takes a fraction of the time for some more bytes.
   */
  encodeBlocks(column: Column, effort: Effort = 'thorough'): BlockRun {
    if (column.type !== 'string') return encodeRun(this.instance, column, effort)
    return assembleRun(column.values.length, (from, to, headers, at) => this.encode(column, from, to, headers, at))
  }

  /** Checks all blocks of a run as `verify` does one. An error names the block by its place among the headers. */
  verifyBlocks(run: BlockRun): void {
    requireHeaders(run)
    if (run.count === 0) return
    if (runType(run) !== STRING_BYTE) verifyRun(this.instance, run)
    else eachBlock(run, (at, payload) => this.verify(run.headers, at, payload, run.modelOf?.(at / HEADER_BYTES)))
  }

  /** Decodes a run of verified blocks of numbers, as `decodeInto` does one, and returns how many rows they have. */
  decodeBlocks(run: BlockRun, target: Float64Array | BigInt64Array, at: number): number {
    return run.count === 0 ? 0 : decodeRun(this.instance, run, target, at)
  }

  /**
   * Decodes a verified block of f64 (to floats), i64 or times (to integers) into `target` from `at` on, and returns how many
   * rows that were. Missing rows have any value; `decode` also tells which they are.
   */
  decodeInto(
    headers: Uint8Array,
    headerAt: number,
    payload: Uint8Array,
    target: Float64Array | BigInt64Array,
    at: number,
    model?: DenseModel,
  ): number {
    this.#decode(headers, headerAt, payload, model)
    const from = this.#valuesAt >> 3
    const rows = (headers[headerAt + 2] ?? 0) | ((headers[headerAt + 3] ?? 0) << 8)
    if (target instanceof Float64Array) target.set(this.instance.f64.subarray(from, from + rows), at)
    else target.set(this.instance.i64.subarray(from, from + rows), at)
    return rows
  }

  /**
   * Windows `[origin + k * width, origin + (k + 1) * width)` for the spans that are asked for next, over times in
   * `[start, end)`; width 0 is one window. Windows are counted from the one that holds `start`.
   */
  setWindows(origin: bigint, width: bigint, start: bigint, end: bigint): void {
    requireWindows(origin, width, start, end)
    this.#spanRun = undefined
    this.instance.exports.setWindows(origin, width, start, end)
  }

  /** Splits verified blocks of times, `RUN_BLOCKS` at most, into spans of rows of one window each; returns how many there are. */
  spansOfBlocks(run: BlockRun): number {
    if (this.#spanRun?.equals(run)) return this.#spanCount
    this.#spanRun = undefined
    this.#spanBlocks = run.count
    this.#spanCount = spansOfRun(this.instance, run)
    this.#spanRun = RunCopy.of(run)
    return this.#spanCount
  }

  /** Spans of rows `[from, to)`, at most 1024, of ascending times. Spans count from row `from`. */
  spansOfTimes(times: BigInt64Array, from: number, to: number): number {
    if (to - from > BLOCK_ROWS) throw new RangeError(`at most ${BLOCK_ROWS} times at once, not ${to - from}`)
    this.instance.i64.set(times.subarray(from, to), this.#timesAt >> 3)
    this.#spanRun = undefined
    this.#spanBlocks = 1
    this.#spanCount = this.instance.exports.spansOfTimes(to - from)
    return this.#spanCount
  }

  /** Triples of each span: from row, to row (of its block), window counted from that of the range's start. Until the next call. */
  get spans(): Int32Array {
    return this.instance.i32.subarray(this.#spansAt >> 2, (this.#spansAt >> 2) + this.#spanCount * 3)
  }

  /** Where `spans` begin among the i32 of the core's memory. */
  get spansAt(): number {
    return this.#spansAt >> 2
  }

  /** `STATE_SLOTS` doubles of each span. Slots that the mask did not name mean nothing. Until the next call. */
  get states(): Float64Array {
    return this.instance.f64.subarray(this.#statesAt >> 3, (this.#statesAt >> 3) + this.#spanCount * STATE_SLOTS)
  }

  /** Where `states` begin among the doubles of the core's memory. */
  get statesAt(): number {
    return this.#statesAt >> 3
  }

  /** The same memory, for slots that hold an i64. */
  get statesI64(): BigInt64Array {
    return this.instance.i64.subarray(this.#statesAt >> 3, (this.#statesAt >> 3) + this.#spanCount * STATE_SLOTS)
  }

  /**
   * Aggregates verified blocks, not of strings, over the current spans of as many blocks of times, without the missing. `mask`
   * is of `MEASURE`.
   */
  aggregateBlocks(run: BlockRun, mask: number): void {
    if (run.count !== this.#spanBlocks)
      throw new RangeError(`spans are of ${this.#spanBlocks} blocks, not ${run.count}`)
    aggregateRun(this.instance, run, mask)
  }

  /**
   * Aggregates rows `[from, to)`, at most 1024, over the current spans, whose rows count from `from`. Bit i of `selection`,
   * where there is one, says whether row `from + i` counts.
   */
  aggregateValues(column: Column, from: number, to: number, selection: Uint8Array | undefined, mask: number): void {
    const missing = this.#putValidity(selectionOf(column.validity, from, to, selection))
    this.#putValues(column, from, to)
    this.instance.exports.aggregateRows(to - from, column.type === 'f64' ? 1 : 0, missing, mask)
  }

  /** Counts the rows of each span, all or the selected, into the slot `count`. */
  countRows(selection: Uint8Array | undefined): void {
    this.instance.exports.countRows(this.#putValidity(selection))
  }

  /** Row numbers in ascending order of their times; rows of one time keep their order. At most `SORT_ROWS`. */
  sortTimes(times: BigInt64Array): Uint32Array {
    const count = times.length
    if (count > SORT_ROWS) throw new RangeError(`at most ${SORT_ROWS} rows are sorted at once, not ${count}`)
    if (count === 0) return new Uint32Array()
    const { exports } = this.instance
    const timesAt = exports.allocate(count * 8)
    const rowsAt = exports.allocate(count * 4)
    this.instance.i64.set(times, timesAt >> 3)
    exports.sortRows(timesAt, count, rowsAt)
    const rows = new Uint32Array(exports.memory.buffer, rowsAt, count).slice()
    exports.release(timesAt, count * 8)
    exports.release(rowsAt, count * 4)
    return rows
  }

  /** SHA-256 of bytes that come by and by. */
  hash(): Sha256 {
    return new Sha256(this.instance)
  }

  /** SHA-256 (FIPS 180-4) of any number of bytes. */
  sha256(bytes: Uint8Array): Uint8Array {
    return sha256(this.instance, bytes)
  }

  /** The first byte of the SHA-256 of each key of a batch. */
  firstHashBytes(keys: KeyBatch): Uint8Array {
    return firstHashBytes(this.instance, keys)
  }

  /** Low 32 bits of XXH64, seed 0, of any number of bytes. */
  checksum(bytes: Uint8Array): number {
    return checksum(this.instance, bytes)
  }

  #encodeStrings(
    column: Column & { type: 'string' },
    from: number,
    to: number,
    missing: number,
    headers: Uint8Array,
    headerAt: number,
  ): Uint8Array {
    const { exports } = this.instance
    const rows = to - from
    const dictionary = encodeDictionary(column, from, to)
    this.#putWords(dictionary.codes)
    exports.widenStaging(rows, 4)
    const codeBytes = exports.encodeBlock(STRING_BYTE, rows, missing)
    this.#putWords(dictionary.lengths)
    const prefix = exports.appendLengths(dictionary.lengths.length, codeBytes)
    const payload = new Uint8Array(prefix + dictionary.bytes.length)
    payload.set(this.#slice(this.#payloadAt, prefix))
    payload.set(dictionary.bytes, prefix)
    headers.set(this.#slice(this.#headerAt, HEADER_BYTES), headerAt)
    const header = new DataView(headers.buffer, headers.byteOffset + headerAt, HEADER_BYTES)
    header.setUint32(8, payload.length, true)
    header.setUint32(12, this.checksum(payload), true)
    return payload
  }

  #slice(address: number, bytes: number): Uint8Array {
    return this.instance.u8.subarray(address, address + bytes)
  }

  #putWords(words: Uint32Array): void {
    new Uint32Array(this.instance.exports.memory.buffer, this.#stagingAt, words.length).set(words)
  }

  /** Brings values to the core as 8 bytes each. */
  #putValues(column: Column, from: number, to: number): void {
    const { exports } = this.instance
    const at = this.#valuesAt >> 3
    if (column.type === 'f64') this.instance.f64.set(column.values.subarray(from, to), at)
    else if (column.type === 'bool') {
      this.instance.u8.set(column.values.subarray(from, to), this.#stagingAt)
      exports.widenStaging(to - from, 1)
    } else if (column.type === 'string') {
      this.#putWords(column.values.subarray(from, to))
      exports.widenStaging(to - from, 4)
    } else this.instance.i64.set(column.values.subarray(from, to), at)
  }

  /** Returns 1 where there is a bitmap, 0 where every row counts. */
  #putValidity(bitmap: Uint8Array | undefined): number {
    if (bitmap === undefined) return 0
    this.instance.u8.set(bitmap.subarray(0, BLOCK_ROWS >> 3), this.#validityAt)
    return 1
  }

  /** Brings a block to the core; of strings only as much as codes and lengths can take. */
  #putBlock(headers: Uint8Array, headerAt: number, payload: Uint8Array, model: DenseModel | undefined): void {
    this.instance.models.use(model)
    const memory = this.instance.u8
    memory.set(headers.subarray(headerAt, headerAt + HEADER_BYTES), this.#headerAt)
    memory.set(payload.length <= PAYLOAD_CAPACITY ? payload : payload.subarray(0, PAYLOAD_CAPACITY), this.#payloadAt)
  }

  #decode(headers: Uint8Array, headerAt: number, payload: Uint8Array, model: DenseModel | undefined): void {
    this.#putBlock(headers, headerAt, payload, model)
    this.#check(this.instance.exports.decodeBlock(Math.min(payload.length, PAYLOAD_CAPACITY)))
  }

  #check(status: number): void {
    if (status === 0) return
    throw new TidemarkError('corrupt', status === 1 ? 'block header is damaged' : 'block payload is damaged')
  }

  /** Lengths of the dictionary of the strings that were decoded last. */
  #lengths(): Uint32Array {
    const { exports } = this.instance
    return new Uint32Array(exports.memory.buffer, this.#stagingAt, exports.dictionarySize())
  }

  #dictionaryAt(): number {
    return this.instance.exports.dictionaryOffset()
  }
}
