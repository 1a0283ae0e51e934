/**
 * Speed and size of the fast family of encodings: `node scripts/run.mjs node test/bench/codec.ts [megabytes]`. What is decoded
 * and aggregated is 256 MB of encoded blocks, read from memory, unless told otherwise. CPU time of the process, minimum and
 * median of the rounds. Decoded values are read in the core's memory, where the next ones overwrite them; beside that, also
 * copied out of it. Before anything is measured, everything must come back bit by bit.
 */
import type { Column } from '../../engine/core/batch.ts'
import { type BlockRun, type Effort, RUN_BLOCKS } from '../../engine/kernel/block-run.ts'
import {
  BLOCK_ROWS,
  blockMaxF64,
  blockMinF64,
  blockNulls,
  blockPayloadBytes,
  blockRows,
  blockSumHigh,
  HEADER_BYTES,
} from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { RowPlaces } from '../../engine/kernel/row-places.ts'
import { MEASURE } from '../../engine/kernel/span-state.ts'
import { measuredSeries, type NamedSeries } from './codec-series.ts'

const ROUNDS = 5
const ROUND_MS = 60
const MEGABYTE = 1 << 20
const encodedBytes = Number(process.argv[2] ?? 256) * MEGABYTE
const SUM_MIN_MAX = MEASURE.sum | MEASURE.min | MEASURE.max

const kernel = await Kernel.create(await loadCore())
let sink = 0

function cpuNanoseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

/** 1e9 values a second, best (median) of the rounds; `pass` handles `values` of them. */
function rate(values: number, pass: () => number): string {
  let passes = 1
  const round = (): number => {
    const before = cpuNanoseconds()
    for (let i = 0; i < passes; i++) sink += pass()
    return cpuNanoseconds() - before
  }
  while (round() < ROUND_MS * 1e6) passes *= 2
  const spent = Array.from({ length: ROUNDS }, () => round() / passes).sort((a, b) => a - b)
  const [best = 0, median = 0] = [spent[0], spent[ROUNDS >> 1]]
  return `${(values / best).toFixed(2)} (${(values / median).toFixed(2)})`.padStart(15)
}

function columnOf(values: Float64Array | BigInt64Array): Column {
  return values instanceof Float64Array ? { name: 'v', type: 'f64', values } : { name: 'v', type: 'i64', values }
}

/** Encodes, and throws where one bit comes back another. */
function encoded(values: Float64Array | BigInt64Array, effort: Effort): BlockRun {
  const run = kernel.encodeBlocks(columnOf(values), effort)
  kernel.verifyBlocks(run)
  const target = values instanceof Float64Array ? new Float64Array(values.length) : new BigInt64Array(values.length)
  kernel.decodeBlocks(run, target, 0)
  const [a, b] = [new BigInt64Array(values.buffer), new BigInt64Array(target.buffer)]
  if (!a.every((bits, row) => bits === b[row])) throw new Error('values do not come back')
  return run
}

function bitsOf(run: BlockRun, rows: number): number {
  return (run.payloads.length * 8) / rows
}

function expectFamilies(series: NamedSeries, run: BlockRun): void {
  for (let block = 0; block < run.count; block++) {
    const encoding = run.headers[block * HEADER_BYTES] ?? 0
    if (!series.families.includes(encoding >> 4))
      throw new Error(`${series.name} was encoded as ${encoding.toString(16)}`)
  }
}

function printSizes(all: readonly NamedSeries[]): void {
  console.log('\nbits a value, without the 64 bytes of a header that storage packs')
  console.log(
    ['series'.padEnd(24), 'thorough', 'quick', 'goal', 'encoding'].map((title) => title.padStart(9)).join(' '),
  )
  for (const series of all) {
    const run = encoded(series.values, 'thorough')
    expectFamilies(series, run)
    const rows = series.values.length
    const quick = bitsOf(encoded(series.values, 'quick'), rows).toFixed(2)
    const goal = series.goalBits?.toFixed(1) ?? ''
    const cells = [bitsOf(run, rows).toFixed(2), quick, goal, (run.headers[0] ?? 0).toString(16)]
    console.log([series.name.padEnd(24), ...cells.map((cell) => cell.padStart(9))].join(' '))
  }
}

/** Parts of one run, one after the other in as much memory as is asked for, so that each is read from there. */
function spreadOut(run: BlockRun, bytes: number): BlockRun[] {
  const copies = Math.max(1, Math.floor(bytes / run.payloads.length))
  const memory = new Uint8Array(copies * run.payloads.length)
  return Array.from({ length: copies }, (_, copy) => {
    memory.set(run.payloads, copy * run.payloads.length)
    const payloads = memory.subarray(copy * run.payloads.length, (copy + 1) * run.payloads.length)
    return { ...run, payloads }
  })
}

function integersOf({ values }: NamedSeries): BigInt64Array {
  return BigInt64Array.from(values, (value) => BigInt(value))
}

function printSpeeds(name: string, values: Float64Array | BigInt64Array): void {
  const run = encoded(values, 'thorough')
  const parts = spreadOut(run, encodedBytes)
  const target = values instanceof Float64Array ? new Float64Array(values.length) : new BigInt64Array(values.length)
  const all = parts.length * values.length
  const column = columnOf(values)
  // Decodes all and stores none.
  const nowhere = new RowPlaces(kernel.instance, [])
  const runs = parts.flatMap(pieces)
  const aggregated = runs.length * RUN_BLOCKS * BLOCK_ROWS
  const cells = [
    rate(values.length, () => kernel.encodeBlocks(column, 'thorough').count),
    rate(values.length, () => kernel.encodeBlocks(column, 'quick').count),
    rate(all, () => {
      for (const part of parts) kernel.verifyBlocks(part)
      return parts.length
    }),
    rate(all, () => {
      for (const part of parts) nowhere.put(part, 0, 0)
      return parts.length
    }),
    rate(all, () => {
      for (const part of parts) kernel.decodeBlocks(part, target, 0)
      return parts.length
    }),
    rate(aggregated, () => aggregate(runs)),
    rate(aggregated, () => aggregate(runs, 60)),
    rate(aggregated, () => aggregate(runs, 6)),
  ]
  console.log([name.padEnd(24), ...cells].join(' '))
}

/** Sum, least and largest of every block, or of every `rows` rows of it. */
function aggregate(parts: readonly BlockRun[], rows = BLOCK_ROWS): number {
  kernel.setWindows(0n, BigInt(rows), 0n, BigInt(RUN_BLOCKS * BLOCK_ROWS))
  kernel.spansOfBlocks(EVEN_TIMES)
  for (const part of parts) kernel.aggregateBlocks(part, SUM_MIN_MAX)
  return kernel.states[0] ?? 0
}

/** Pieces of a run that are aggregated in one call. */
function pieces(run: BlockRun): BlockRun[] {
  const view = new DataView(run.headers.buffer)
  const all: BlockRun[] = []
  let at = 0
  for (let first = 0; first + RUN_BLOCKS <= run.count; first += RUN_BLOCKS) {
    let end = at
    for (let block = first; block < first + RUN_BLOCKS; block++) end += blockPayloadBytes(view, block)
    all.push({ headers: run.headers, view, first, count: RUN_BLOCKS, payloads: run.payloads.subarray(at, end) })
    at = end
  }
  return all
}

const EVEN_TIMES: BlockRun = kernel.encodeBlocks({
  name: 'time',
  type: 'time',
  values: BigInt64Array.from({ length: RUN_BLOCKS * BLOCK_ROWS }, (_, row) => BigInt(row)),
})

/** Count, sum, least and largest of many blocks from nothing but their headers. */
function foldHeaders(view: DataView, blocks: number): number {
  let [count, sum, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let block = 0; block < blocks; block++) {
    count += blockRows(view, block) - blockNulls(view, block)
    sum += blockSumHigh(view, block)
    least = Math.min(least, blockMinF64(view, block))
    most = Math.max(most, blockMaxF64(view, block))
  }
  return count + sum + least + most
}

function printHeaders(values: Float64Array): void {
  const { headers, count } = encoded(values, 'thorough')
  const table = new Uint8Array(64 * headers.length)
  for (let copy = 0; copy < 64; copy++) table.set(headers, copy * headers.length)
  const view = new DataView(table.buffer)
  console.log(`\nfrom headers alone: ${rate(64 * values.length, () => foldHeaders(view, 64 * count))}`)
}

/** What a loop in plain JavaScript does on this machine at this moment, against which the others can be read. */
function printYardstick(): void {
  const values = Float64Array.from({ length: 4 * BLOCK_ROWS }, (_, row) => row)
  const sum = (): number => {
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let i = 0; i < values.length; i += 4) {
      a += values[i] as number
      b += values[i + 1] as number
      c += values[i + 2] as number
      d += values[i + 3] as number
    }
    return a + b + c + d
  }
  console.log(`yardstick, sum of a Float64Array in the cache: ${rate(values.length, sum)}`)
}

const all = measuredSeries()
console.log('1e9 values a second of CPU time, best (median)')
printYardstick()
printSizes(all)
const titles = ['thorough', 'quick', 'verify', 'decode', 'copied out', 'sum min max', 'of 60 rows', 'of 6 rows']
console.log(`\n${['series'.padEnd(24), ...titles.map((title) => title.padStart(15))].join(' ')}`)
for (const series of all.slice(0, 5)) printSpeeds(series.name, series.values)
for (const series of all.slice(0, 3)) {
  if (series.values.every(Number.isInteger)) printSpeeds(`${series.name}, i64`, integersOf(series))
}
const bytes = Float64Array.from({ length: 65_536 }, (_, row) => (row * 7919) % 251)
printSpeeds('frame of 8 bits', bytes)
printSpeeds(
  'frame of 16 bits',
  bytes.map((value, row) => value * 256 + (row % 256)),
)
printHeaders(bytes)
const megabyte = new Uint8Array(MEGABYTE)
console.log(`checksum, bytes: ${rate(MEGABYTE, () => kernel.checksum(megabyte))}`)
console.log(`sha256, bytes: ${rate(MEGABYTE, () => kernel.sha256(megabyte)[0] ?? 0)}`)
if (sink === 0) throw new Error('nothing was measured')
