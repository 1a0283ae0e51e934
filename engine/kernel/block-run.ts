/** Many blocks of one column in one call of the core: crossing into it and back costs as much as a block does. */
import type { Column, ColumnType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import { joinBytes } from '../core/join-bytes.ts'
import type { DenseModel } from './dense-models.ts'
import { BLOCK_ROWS, blockNulls, blockPayloadBytes, blockType, HEADER_BYTES, typeByte } from './header.ts'
import { BULK_BLOCKS, BULK_PAYLOAD_BYTES, type CoreInstance, PAYLOAD_CAPACITY } from './memory.ts'
import { selectionOf } from './selection.ts'

/** Blocks of one column that follow each other in a table of headers, and their payloads one after the other. */
export interface BlockRun {
  /** 64 bytes a block, also of blocks that are not of the run. */
  headers: Uint8Array
  /** The same bytes as `headers`, where there is such a view already. */
  view?: DataView
  /** The run's first block among the headers. */
  first: number
  /** How many blocks the run has. */
  count: number
  /** The payloads of the run's blocks, and nothing else. */
  payloads: Uint8Array
  /** The model of a block by its number among the headers, where some are dense. */
  modelOf?: ((block: number) => DenseModel | undefined) | undefined
  /** The type of all blocks, where each row has a value and that is known. */
  full?: ColumnType | undefined
  /** Where it is, if it is in the core's memory; then no block is dense. */
  place?: RunPlace
}

/** Where headers and payloads of a run are in the core's memory. */
export interface RunPlace {
  headersAt: number
  payloadsAt: number
  /** Where the payloads end. */
  end: number
}

/**
 * How hard encoding looks for the fewest bytes: `thorough` for what is kept, `quick` for what is soon written again, such as
 * the log. Readers see no difference.
 */
export type Effort = 'thorough' | 'quick'

/** Most blocks of times whose spans there are at once. */
export const RUN_BLOCKS: number = BULK_BLOCKS

/** Bytes in which payloads are gathered, kept for the next column unless they were very many. */
let gathered = new Uint8Array(1 << 16)
const MOST_GATHERED_BYTES = 1 << 22

type NumberColumn = Exclude<Column, { type: 'string' }>

/** A column that is not of strings, as full blocks and a last one. */
export function encodeRun(core: CoreInstance, column: NumberColumn, effort: Effort): BlockRun {
  const rows = column.values.length
  const count = Math.ceil(rows / BLOCK_ROWS)
  const headers = new Uint8Array(count * HEADER_BYTES)
  const headersAt = core.exports.BULK_HEADERS.value
  const payloadsAt = core.exports.BULK_PAYLOADS.value
  let bytes = 0
  for (let first = 0; first < count; first += BULK_BLOCKS) {
    const from = first * BLOCK_ROWS
    const added = encodePiece(core, column, from, Math.min(rows, from + BULK_BLOCKS * BLOCK_ROWS), effort)
    const blocks = Math.min(BULK_BLOCKS, count - first)
    const memory = core.u8
    headers.set(memory.subarray(headersAt, headersAt + blocks * HEADER_BYTES), first * HEADER_BYTES)
    if (bytes + added > gathered.length) gathered = grown(gathered, bytes + added)
    gathered.set(memory.subarray(payloadsAt, payloadsAt + added), bytes)
    bytes += added
  }
  const payloads = gathered.slice(0, bytes)
  if (gathered.length > MOST_GATHERED_BYTES) gathered = new Uint8Array(1 << 16)
  return { headers, first: 0, count, payloads }
}

function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, 2 * bytes.length))
  larger.set(bytes)
  return larger
}

/** Encodes as many rows as one call takes; returns the bytes of their payloads. */
function encodePiece(core: CoreInstance, column: NumberColumn, from: number, to: number, effort: Effort): number {
  const hasMissing = putPiece(core, column, from, to)
  return core.exports.encodeBlocks(typeByte(column.type), to - from, hasMissing, effort === 'quick' ? 1 : 0)
}

/** Brings some rows to the core; returns 1 where some may be missing. */
function putPiece(
  core: CoreInstance,
  { values, validity }: Pick<Column, 'values' | 'validity'>,
  from: number,
  to: number,
): number {
  const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = values
  // A plain view of the bytes: `set` then copies them whatever the type, without a look at the values.
  core.u8.set(new Uint8Array(buffer, byteOffset + from * size, (to - from) * size), core.exports.BULK_VALUES.value)
  const bitmap = selectionOf(validity, from, to, undefined)
  if (bitmap === undefined) return 0
  core.u8.set(bitmap, core.exports.BULK_VALIDITY.value)
  return 1
}

/**
 * Encodes a column as the log has it: of each block its header, the length of its payload and the payload. `take` gets a view
 * that lasts until the next call of the core. Unsigned numbers become i64.
 */
export function encodeColumn(
  core: CoreInstance,
  column: NumberColumn | Uint32Array,
  effort: Effort,
  take: (bytes: Uint8Array) => void,
): void {
  const isWords = column instanceof Uint32Array
  const type = typeByte(isWords ? 'i64' : column.type)
  const values = isWords ? column : column.values
  const piece = BULK_BLOCKS * BLOCK_ROWS
  const at = core.exports.BULK_PAYLOADS.value
  for (let from = 0; from < values.length; from += piece) {
    const to = Math.min(values.length, from + piece)
    const hasMissing = putPiece(core, isWords ? { values } : column, from, to)
    const quick = effort === 'quick' ? 1 : 0
    const bytes = core.exports.encodeColumn(type, values.BYTES_PER_ELEMENT, to - from, hasMissing, quick)
    take(core.u8.subarray(at, at + bytes))
  }
}

/** A run of `rows` rows made block by block. */
export function assembleRun(
  rows: number,
  encode: (from: number, to: number, headers: Uint8Array, headerAt: number) => Uint8Array,
): BlockRun {
  const count = Math.ceil(rows / BLOCK_ROWS)
  const headers = new Uint8Array(count * HEADER_BYTES)
  const payloads = Array.from({ length: count }, (_, block) => {
    const from = block * BLOCK_ROWS
    return encode(from, Math.min(rows, from + BLOCK_ROWS), headers, block * HEADER_BYTES)
  })
  return { headers, first: 0, count, payloads: joinBytes(payloads) }
}

/** The byte of the type of the blocks that have a payload; of the first, where none has. */
export function runType(run: BlockRun): number {
  const { first, count, full } = run
  if (full !== undefined) return typeByte(full)
  const view = viewOf(run)
  for (let block = first; block < first + count; block++) {
    if (blockPayloadBytes(view, block) > 0) return view.getUint8(block * HEADER_BYTES + 1)
  }
  return view.getUint8(first * HEADER_BYTES + 1)
}

/** Calls back with each block that has a payload. Throws where the payloads are not as long as the headers say. */
export function eachBlock(run: BlockRun, visit: (headerAt: number, payload: Uint8Array) => void): void {
  const { first, count, payloads } = run
  const view = viewOf(run)
  let at = 0
  for (let block = first; block < first + count; block++) {
    const end = at + blockPayloadBytes(view, block)
    if (end > payloads.length) throw damaged(block, 3)
    if (end > at) {
      try {
        visit(block * HEADER_BYTES, payloads.subarray(at, end))
      } catch (cause) {
        if (!(cause instanceof TidemarkError)) throw cause
        throw new TidemarkError(cause.kind, `block ${block}: ${cause.message}`, { cause })
      }
    }
    at = end
  }
  if (at !== payloads.length) throw excess(run, at)
}

/** Throws `truncated` where the headers are not all there. */
export function requireHeaders({ headers, first, count }: BlockRun): void {
  if (headers.length < (first + count) * HEADER_BYTES) throw new TidemarkError('truncated', 'block headers end early')
}

/** Checks blocks of one type that is not strings, as `Kernel.verify` does. The error names the block among the headers. */
export function verifyRun(core: CoreInstance, run: BlockRun): void {
  const type = runType(run)
  eachPiece(core, run, ({ first, blocks, bytes }) => {
    const status = core.exports.verifyBlocks(type, blocks, bytes)
    if (status !== 0) throw damaged(first + core.exports.bulkFailedAt(), status)
  })
}

/** Decodes verified blocks of f64 (to floats), i64 or times (to integers) and returns how many rows they have. */
export function decodeRun(core: CoreInstance, run: BlockRun, target: Float64Array | BigInt64Array, at: number): number {
  const type = runType(run)
  let count = 0
  eachPiece(core, run, ({ first, blocks, bytes }) => {
    const status = core.exports.decodeBlocks(type, blocks, bytes)
    if (status !== 0) throw damaged(first + core.exports.bulkFailedAt(), status)
    const [from, rows] = [core.exports.BULK_VALUES.value >> 3, core.exports.bulkRows()]
    if (target instanceof Float64Array) target.set(core.f64.subarray(from, from + rows), at + count)
    else target.set(core.i64.subarray(from, from + rows), at + count)
    count += rows
  })
  return count
}

/** Where some rows of blocks belong, by addresses in the core: their numbers, their ranks, and the values by rank. */
export interface PlacedRows {
  rowsAt: number
  ranksAt: number
  count: number
  valuesAt: number
}

/** Decodes the same blocks and stores values of some rows, which rise and count from the run's first, by their ranks. */
export function placeRun(core: CoreInstance, run: BlockRun, { rowsAt, ranksAt, count, valuesAt }: PlacedRows): void {
  const { exports } = core
  const type = runType(run)
  let [rowsBefore, placed] = [0, 0]
  eachPiece(core, run, ({ first, blocks, bytes }) => {
    const at = placed * 4
    const left = count - placed
    const taken = exports.placeBlocks(type, blocks, bytes, rowsAt + at, ranksAt + at, left, rowsBefore, valuesAt)
    if (taken < 0) throw damaged(first + exports.bulkFailedAt(), -taken)
    placed += taken
    rowsBefore += exports.bulkRows()
  })
}

/** How a value compares with an operand: an i64, or the bits of an f64. */
export interface RowTest {
  type: 'f64' | 'i64'
  compare: '<' | '<=' | '='
  /** Whether the others pass; of doubles NaN is then among them. */
  negated: boolean
  operand: bigint
}

const COMPARISONS: readonly RowTest['compare'][] = ['<', '<=', '=']

/** Of `count` listed rows, which count from the run's first, those stay listed whose value passes; returns how many. */
export function keepRowsOfRun(core: CoreInstance, run: BlockRun, test: RowTest, count: number): number {
  const { exports } = core
  const type = typeByte(test.type)
  const compare = COMPARISONS.indexOf(test.compare)
  let [rowsBefore, taken, kept] = [0, 0, 0]
  eachPiece(core, run, ({ first, blocks, bytes }) => {
    const flip = test.negated ? 1 : 0
    const left = count - taken
    const read = exports.keepRows(type, blocks, bytes, compare, flip, test.operand, taken, left, rowsBefore, kept)
    if (read < 0) throw damaged(first + exports.bulkFailedAt(), -read)
    taken += read
    kept += exports.keptRows()
    rowsBefore += exports.bulkRows()
  })
  return kept
}

/** Whether blocks of one type have a value in every row. */
export function isFullRun(run: BlockRun, type: ColumnType): boolean {
  if (run.full !== undefined) return run.full === type
  const view = viewOf(run)
  for (let block = run.first; block < run.first + run.count; block++)
    if (blockNulls(view, block) > 0 || blockType(view, block) !== type) return false
  return true
}

/**
 * Makes spans of a run of verified blocks of times, 16 at most, and returns how many there are. Spans count from the first row of
 * their block.
 */
export function spansOfRun(core: CoreInstance, run: BlockRun): number {
  if (run.count > RUN_BLOCKS) throw new RangeError(`at most ${RUN_BLOCKS} blocks of times at once, not ${run.count}`)
  let spans = 0
  eachPiece(core, run, ({ first, blocks, bytes }) => {
    spans = core.exports.spansOfBlocks(first - run.first, blocks, bytes)
    if (spans < 0) {
      throw new TidemarkError('corrupt', `block ${first + core.exports.runFailedAt()} of times cannot be read`)
    }
  })
  return spans
}

/** Aggregates verified blocks, not of strings, over the spans of as many blocks of times. `mask` is of `MEASURE`. */
export function aggregateRun(core: CoreInstance, run: BlockRun, mask: number): void {
  eachPiece(core, run, ({ first, blocks, bytes }) => {
    const status = core.exports.aggregateBlocks(first - run.first, blocks, bytes, mask)
    if (status !== 0) throw damaged(first + core.exports.runFailedAt(), status)
  })
}

interface Piece {
  first: number
  blocks: number
  bytes: number
}

function viewOf({ headers, view }: BlockRun): DataView {
  return view ?? new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
}

/** Brings blocks to the core, as many at once as fit, and calls back for each such piece. */
function eachPiece(core: CoreInstance, run: BlockRun, visit: (piece: Piece) => void): void {
  const { first, count, place } = run
  if (place && count <= BULK_BLOCKS) {
    core.exports.readBlocksAt(place.headersAt, place.payloadsAt)
    core.models.use(undefined)
    visit({ first, blocks: count, bytes: place.end - place.payloadsAt })
    return
  }
  core.exports.readBlocksAt(core.bulkHeaders, core.bulkPayloads)
  const { headers, payloads, modelOf } = run
  const end = first + count
  const view = viewOf(run)
  let at = 0
  for (let block = first; block < end; ) {
    const piece = { first: block, blocks: 0, bytes: 0 }
    const model = modelOf?.(block)
    for (; block < end && piece.blocks < BULK_BLOCKS && modelOf?.(block) === model; block++) {
      const bytes = blockPayloadBytes(view, block)
      if (bytes > PAYLOAD_CAPACITY) throw damaged(block, 2)
      if (piece.bytes + bytes > BULK_PAYLOAD_BYTES) break
      piece.blocks++
      piece.bytes += bytes
    }
    if (at + piece.bytes > payloads.length) throw damaged(block - 1, 3)
    putHeaders(core, headers, view, piece)
    const isAll = piece.bytes === payloads.length
    core.u8.set(isAll ? payloads : payloads.subarray(at, at + piece.bytes), core.bulkPayloads)
    at += piece.bytes
    core.models.use(model)
    visit(piece)
  }
  if (at !== payloads.length) throw excess(run, at)
}

/** Headers of so few blocks are copied word by word: to make a view of them costs more. */
const FEW_BLOCKS = 4

function putHeaders(core: CoreInstance, headers: Uint8Array, view: DataView, { first, blocks }: Piece): void {
  const [from, end] = [first * HEADER_BYTES, (first + blocks) * HEADER_BYTES]
  const to = core.bulkHeaders
  if (blocks > FEW_BLOCKS) {
    core.u8.set(headers.subarray(from, end), to)
    return
  }
  const words = core.i32
  for (let at = from, word = to >> 2; at < end; at += 4) words[word++] = view.getInt32(at, true)
}

function excess({ first, count, payloads }: BlockRun, bytes: number): TidemarkError {
  const blocks = `blocks ${first} to ${first + count - 1}`
  return new TidemarkError('corrupt', `payloads of ${blocks} have ${payloads.length} bytes, not ${bytes}`)
}

const DAMAGE = [
  '',
  'its header is damaged',
  'its payload is damaged',
  'its payload ends early',
  'its payload does not match its checksum',
]

function damaged(block: number, status: number): TidemarkError {
  return new TidemarkError(status === 3 ? 'truncated' : 'corrupt', `block ${block}: ${DAMAGE[status]}`)
}
