/**
 * Speed and size of the block codec: `node scripts/run.mjs node test/bench/codec.ts`. One block at a time, hot in the cache;
 * CPU time of the process, minimum and median of the rounds.
 */
import type { Column } from '../../engine/core/batch.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel, MEASURE } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { namedShapes, time } from '../support/block-shapes.ts'

const ROUNDS = 9
const ROUND_MS = 30
const SECOND = 1_000_000_000n

/** Shapes that are measured, with the encoding that each must have been given. */
const MEASURED: readonly (readonly [string, number])[] = [
  ['f64 constant', 0x21],
  ['f64 cpu walk of integers', 0x26],
  ['f64 decimals of 2 digits', 0x26],
  ['f64 full precision noise', 0x35],
  ['f64 random bits', 0x39],
  ['f64 sparse', 0x26],
  ['i64 counter', 0x16],
  ['i64 spikes', 0x15],
  ['i64 large steps', 0x17],
  ['i64 random', 0x19],
  ['bool mixed', 0x14],
  ['bool runs', 0x13],
  ['time constant interval', 0x42],
  ['time with millisecond jitter', 0x46],
  ['string few', 0x54],
]

const kernel = await Kernel.create(await loadCore())
let sink = 0

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Nanoseconds of CPU time of one call: minimum and median over the rounds. */
function measure(call: () => number): { least: number; median: number } {
  let calls = 64
  const round = (): number => {
    const before = cpuMicroseconds()
    for (let i = 0; i < calls; i++) sink += call()
    return cpuMicroseconds() - before
  }
  while (round() < ROUND_MS * 1000) calls *= 2
  const spent = Array.from({ length: ROUNDS }, () => (round() * 1000) / calls).sort((a, b) => a - b)
  return { least: spent[0] ?? 0, median: spent[ROUNDS >> 1] ?? 0 }
}

function rate(rows: number, call: () => number): string {
  const { least, median } = measure(call)
  return `${(rows / least).toFixed(2)} (${(rows / median).toFixed(2)})`.padStart(15)
}

function spansOver(rows: number, width: bigint): void {
  const times = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row) * 10n * SECOND)
  kernel.setWindows(0n, width, 0n, 1_000_000n * SECOND)
  kernel.spansOfTimes(times, 0, rows)
}

function encoded(column: Column): { headers: Uint8Array; payload: Uint8Array } {
  const headers = new Uint8Array(HEADER_BYTES)
  return { headers, payload: kernel.encode(column, 0, column.values.length, headers, 0) }
}

function line(name: string, expected: number, column: Column): string {
  const rows = column.values.length
  const { headers, payload } = encoded(column)
  if (headers[0] !== expected)
    throw new Error(`${name} was given encoding ${headers[0]?.toString(16)}, not ${expected.toString(16)}`)
  const cells = [
    name.padEnd(30),
    ((payload.length * 8) / rows).toFixed(2).padStart(6),
    rate(rows, () => kernel.encode(column, 0, rows, headers, 0).length),
    rate(rows, () => kernel.decode(headers, 0, payload, 'v').values.length),
  ]
  if (column.type !== 'time' && column.type !== 'string') {
    for (const width of [0n, 3600n * SECOND, 60n * SECOND]) {
      spansOver(rows, width)
      cells.push(
        rate(rows, () => {
          kernel.aggregateBlock(headers, 0, payload, MEASURE.sum | MEASURE.min | MEASURE.max)
          return kernel.spans.length
        }),
      )
    }
  }
  return cells.join(' ')
}

const titles = ['bits', 'encode', 'decode', 'aggregate', '360 a window', '6 a window']
console.log('1e9 values a second of CPU time, best (median); aggregates are sum, min and max')
console.log(['block'.padEnd(30), ...titles.map((title, i) => title.padStart(i === 0 ? 6 : 15))].join(' '))
const shapes = new Map(namedShapes())
for (const [name, expected] of MEASURED) {
  const column = shapes.get(name)
  if (column === undefined) throw new Error(`no shape '${name}'`)
  console.log(line(name, expected, column))
}
const times = encoded(time(BigInt64Array.from({ length: 1024 }, (_, row) => BigInt(row) * 10n * SECOND)))
kernel.setWindows(0n, 3600n * SECOND, 0n, 1_000_000n * SECOND)
console.log(
  `spans of even times, 360 rows each: ${rate(1024, () => kernel.spansOfBlock(times.headers, 0, times.payload))}`,
)
const bytes = new Uint8Array(1 << 20)
console.log(`checksum, bytes: ${rate(bytes.length, () => kernel.checksum(bytes))}`)
console.log(`sha256, bytes: ${rate(bytes.length, () => kernel.sha256(bytes)[0] ?? 0)}`)
if (sink === 0) throw new Error('nothing was measured')
