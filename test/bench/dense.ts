/**
 * Size and speed of dense blocks beside fast ones: `node scripts/run.mjs node test/bench/dense.ts`. Series of the usual kinds in
 * blocks of 1024 under models of 65,536 values; bits a value with payloads and models, values a second of CPU time, minimum
 * over the rounds. Decoding is to doubles, block by block.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FastBlock, MODEL_VALUES } from '../../engine/kernel/dense-encoder.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { generator, normal, uniform } from '../support/block-shapes.ts'

const ROWS = 1024
const ROUNDS = 9
const ROUND_MS = 20
const DATA = join(import.meta.dirname, '..', '..', 'node_modules', 'vega-datasets', 'data')

const next = generator(7)

function walk(of: (state: number) => number, keep: (state: number) => number): Float64Array {
  let state = 50
  return Float64Array.from({ length: MODEL_VALUES }, () => {
    state = of(state)
    return keep(state)
  })
}

const clamped = (state: number): number => Math.min(100, Math.max(0, state + normal(next)))

/** A column of a table of numbers. */
function published(file: string, column: string): Float64Array {
  const [head = '', ...rows] = readFileSync(join(DATA, file), 'utf8').trim().split('\n')
  const place = head.split(',').indexOf(column)
  return Float64Array.from(rows, (row) => Number(row.split(',')[place]))
}

const SERIES: readonly (readonly [string, () => Float64Array])[] = [
  ['cpu 0..100 walk', () => walk(clamped, Math.trunc)],
  ['walk with two decimals', () => walk(clamped, (state) => Math.round(state * 100) / 100)],
  [
    'gauge with two decimals',
    () =>
      walk(
        (state) => state + normal(next) * 30,
        (state) => Math.round(state) / 100,
      ),
  ],
  ['counter +0..999', () => walk((state) => state + Math.floor(uniform(next) * 1000), Math.trunc)],
  [
    'noise',
    () =>
      walk(
        () => uniform(next),
        (state) => state,
      ),
  ],
  [
    'walk of full precision',
    () =>
      walk(
        (state) => state + normal(next),
        (state) => state,
      ),
  ],
  ['sp500 close', () => published('sp500-2000.csv', 'close')],
  ['sp500 volume', () => published('sp500-2000.csv', 'volume')],
  ['seattle temp_max', () => published('seattle-weather.csv', 'temp_max')],
  ['seattle precipitation', () => published('seattle-weather.csv', 'precipitation')],
  ['seattle wind', () => published('seattle-weather.csv', 'wind')],
  ['co2', () => published('co2-concentration.csv', 'CO2')],
  ['hourly temperature', () => published('seattle-weather-hourly-normals.csv', 'temperature')],
  ['hourly pressure', () => published('seattle-weather-hourly-normals.csv', 'pressure')],
  ['hourly wind', () => published('seattle-weather-hourly-normals.csv', 'wind')],
]

const kernel = await Kernel.create(await loadCore())

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** 1e9 values a second, of a call that handles `values`. */
function rate(values: number, call: () => void): string {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuMicroseconds()
    let calls = 0
    do {
      call()
      calls++
    } while (cpuMicroseconds() - before < ROUND_MS * 1000)
    best = Math.max(best, (values * calls) / (cpuMicroseconds() - before) / 1000)
  }
  return best.toFixed(3).padStart(8)
}

function encodeFast(values: Float64Array): FastBlock[] {
  return Array.from({ length: Math.ceil(values.length / ROWS) }, (_, i) => {
    const headers = new Uint8Array(HEADER_BYTES)
    const column = { name: 'v', type: 'f64', values } as const
    const payload = kernel.encode(column, i * ROWS, Math.min(values.length, (i + 1) * ROWS), headers, 0)
    return { headers, headerAt: 0, payload }
  })
}

function bits(payloads: readonly { payload: Uint8Array }[], extra: number, values: number): string {
  const bytes = payloads.reduce((sum, { payload }) => sum + payload.length, extra)
  return ((bytes * 8) / values).toFixed(2).padStart(8)
}

function line(name: string, values: Float64Array): string {
  const fast = encodeFast(values)
  const target = new Float64Array(ROWS)
  const decodeFast = (): void => {
    for (const { headers, payload } of fast) kernel.decodeInto(headers, 0, payload, target, 0)
  }
  const cells = [name.padEnd(26), bits(fast, 0, values.length), rate(values.length, decodeFast)]
  const dense = kernel.dense.encode(fast)
  if (dense === undefined) return `${cells.join(' ')}   no model`
  const { model, blocks } = dense
  blocks.forEach(({ headers, payload }, i) => {
    kernel.decodeInto(headers, 0, payload, target, 0, model)
    const expected = values.subarray(i * ROWS, (i + 1) * ROWS)
    if (!expected.every((value, row) => Object.is(value, target[row]))) throw new Error(`${name} came back changed`)
  })
  const decodeDense = (): void => {
    for (const { headers, payload } of blocks) kernel.decodeInto(headers, 0, payload, target, 0, model)
  }
  cells.push(bits(blocks, model.bytes.length, values.length), rate(values.length, decodeDense))
  return [...cells, rate(values.length, () => kernel.dense.encode(fast))].join(' ')
}

const titles = ['fast', 'decode', 'dense', 'decode', 'encode']
console.log('bits a value, and 1e9 values a second of CPU time; encoding is from fast blocks, training included')
console.log([''.padEnd(26), ...titles.map((title) => title.padStart(8))].join(' '))
for (const [name, values] of SERIES) console.log(line(name, values()))
