import { TidemarkError } from '../core/errors.ts'
import { DenseModels } from './dense-models.ts'
import type { KeptSpace } from './kept-space.ts'

/** What the core exports: functions over addresses, and the addresses of its fixed places. */
export interface CoreExports {
  readonly memory: WebAssembly.Memory
  readonly HEADER: WebAssembly.Global<'i32'>
  readonly PAYLOAD: WebAssembly.Global<'i32'>
  readonly SPANS: WebAssembly.Global<'i32'>
  readonly STAGING: WebAssembly.Global<'i32'>
  readonly STATES: WebAssembly.Global<'i32'>
  readonly TIMES: WebAssembly.Global<'i32'>
  readonly VALIDITY: WebAssembly.Global<'i32'>
  readonly VALUES: WebAssembly.Global<'i32'>
  readonly BULK_HEADERS: WebAssembly.Global<'i32'>
  readonly BULK_PAYLOADS: WebAssembly.Global<'i32'>
  readonly BULK_VALIDITY: WebAssembly.Global<'i32'>
  readonly BULK_VALUES: WebAssembly.Global<'i32'>
  readonly LISTED_ROWS: WebAssembly.Global<'i32'>
  readonly DIGEST: WebAssembly.Global<'i32'>
  allocate(bytes: number): number
  release(address: number, bytes: number): void
  closeSize(bytes: number): number
  allocateClose(size: number): number
  releaseClose(address: number, size: number): void
  xxhBegin(): void
  xxhUpdate(address: number, bytes: number): void
  xxhEnd32(address: number, bytes: number): number
  shaBegin(): void
  shaResume(taken: number): void
  shaUpdate(address: number, bytes: number): void
  shaEnd(address: number, bytes: number): void
  shaFirstBytes(keys: number, ends: number, count: number, to: number): void
  encodeBlock(type: number, rows: number, hasMissing: number): number
  appendLengths(count: number, bytes: number): number
  widenStaging(count: number, size: number): void
  decodeBlock(bytes: number): number
  readBlocksAt(headers: number, payloads: number): void
  bulkFailedAt(): number
  bulkRows(): number
  encodeBlocks(type: number, rows: number, hasMissing: number, quick: number): number
  encodeColumn(type: number, size: number, rows: number, hasMissing: number, quick: number): number
  verifyBlocks(type: number, count: number, bytes: number): number
  decodeBlocks(type: number, count: number, bytes: number): number
  placeBlocks(
    type: number,
    blocks: number,
    bytes: number,
    rows: number,
    ranks: number,
    count: number,
    before: number,
    target: number,
  ): number
  placeKept(type: number, list: number, runs: number, rows: number, ranks: number, target: number): number
  countPlaces(rows: number, count: number, firstRow: number, positions: number, ranks: number, counts: number): void
  rankPlaces(ranks: number, count: number, starts: number, limit: number): void
  placeNumber(number: number, ranks: number, count: number, target: number): void
  listRows(at: number, first: number, count: number): void
  keepRows(
    type: number,
    blocks: number,
    bytes: number,
    compare: number,
    flip: number,
    operand: bigint,
    from: number,
    count: number,
    before: number,
    to: number,
  ): number
  keptRows(): number
  beginStatistics(): void
  packStatistics(headers: number, decimals: number, blocks: number, count: number, packed: number): number
  unpackStatistics(decimals: number, hasSum: number): void
  readModel(bytes: number): number
  buildModel(slot: number): void
  useModel(slot: number): void
  beginTraining(): void
  addToTraining(bytes: number): number
  train(): number
  encodeDense(block: number): number
  dictionaryOffset(): number
  dictionarySize(): number
  setWindows(origin: bigint, width: bigint, start: bigint, end: bigint): void
  spansOfBlocks(before: number, count: number, bytes: number): number
  spansOfTimes(rows: number): number
  aggregateBlocks(first: number, count: number, bytes: number, mask: number): number
  runFailedAt(): number
  aggregateRows(rows: number, isFloat: number, hasMissing: number, mask: number): void
  countRows(hasMissing: number): void
  sortRows(times: number, count: number, rows: number): void
}

/** Bytes that `PAYLOAD` and `STAGING` hold; wasm/memory/scratch.ts. */
export const PAYLOAD_CAPACITY = 32768
export const STAGING_CAPACITY = 65536
/** Blocks of one call, and bytes of their payloads, at most; wasm/memory/scratch.ts, wasm/codec/blocks.ts. */
export const BULK_BLOCKS = 16
export const BULK_PAYLOAD_BYTES: number = BULK_BLOCKS * 8448 + PAYLOAD_CAPACITY

/**
 * An instance of the core with its memory. Views are made anew where the memory has grown, so they are to be asked for
 * after every call that may allocate, and never kept.
 */
export class CoreInstance {
  readonly exports: CoreExports & WebAssembly.Exports
  /** Models of dense blocks; the one of a block is to be used before it is read. */
  readonly models: DenseModels
  /** Where many blocks are put; to ask a global for its value takes as long as a small call. */
  readonly bulkHeaders: number
  readonly bulkPayloads: number
  /** Where blocks are that stay in the memory, once there were any. */
  kept: KeptSpace | undefined
  #u8 = new Uint8Array()
  #view = new DataView(new ArrayBuffer(0))
  #i32 = new Int32Array()
  #f64 = new Float64Array()
  #i64 = new BigInt64Array()

  constructor(instance: WebAssembly.Instance) {
    if (!isCore(instance.exports))
      throw new TidemarkError('invalid', 'this WebAssembly module is not the Tidemark core')
    this.exports = instance.exports
    this.bulkHeaders = this.exports.BULK_HEADERS.value
    this.bulkPayloads = this.exports.BULK_PAYLOADS.value
    this.models = new DenseModels(this)
  }

  get u8(): Uint8Array {
    this.#refresh()
    return this.#u8
  }

  /** All of the memory. */
  get view(): DataView {
    this.#refresh()
    return this.#view
  }

  get i32(): Int32Array {
    this.#refresh()
    return this.#i32
  }

  get f64(): Float64Array {
    this.#refresh()
    return this.#f64
  }

  get i64(): BigInt64Array {
    this.#refresh()
    return this.#i64
  }

  #refresh(): void {
    // Views of a memory that has grown are empty; to ask the memory for its buffer takes as long as a small call.
    if (this.#u8.length > 0) return
    const { buffer } = this.exports.memory
    this.#u8 = new Uint8Array(buffer)
    this.#view = new DataView(buffer)
    this.#i32 = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    this.#f64 = new Float64Array(buffer, 0, buffer.byteLength >> 3)
    this.#i64 = new BigInt64Array(buffer, 0, buffer.byteLength >> 3)
  }
}

function isCore(exports: WebAssembly.Exports): exports is CoreExports & WebAssembly.Exports {
  return exports.memory instanceof WebAssembly.Memory && typeof exports.encodeBlock === 'function'
}
