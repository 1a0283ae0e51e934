/** Series that the codecs are measured on: synthetic ones that are like those of monitoring, and recorded ones. */
import { readFileSync } from 'node:fs'
import { normalStream, randomBelow, randomStream } from './random.ts'

export interface NamedSeries {
  name: string
  values: Float64Array
  /** Bits a value that the fast family is to take at most, where there is a goal. */
  goalBits?: number
  /** Families of which every block must have been given one: the high four bits of the encoding. */
  families: readonly number[]
}

const ROWS = 65_536

/** Numbers of families; wasm/codec/FORMAT.md. */
const DECIMALS = 2
const FLOAT_BITS = 3
const SPLIT = 6

function series(of: (row: number) => number): Float64Array {
  return Float64Array.from({ length: ROWS }, (_, row) => of(row))
}

function synthetic(): NamedSeries[] {
  const random = randomStream(7)
  const normal = normalStream(random)
  let cpu = 50
  let gauge = 20
  let counter = 1e6
  let walk = 50
  const nextCpu = (): number => {
    cpu = Math.min(100, Math.max(0, cpu + normal()))
    return Math.floor(cpu)
  }
  const nextGauge = (): number => {
    gauge += normal() * 0.3
    return Math.round(gauge * 100) / 100
  }
  const nextCounter = (): number => {
    counter += randomBelow(random, 1000)
    return counter
  }
  const nextWalk = (): number => {
    walk += normal()
    return walk
  }
  return [
    { name: 'cpu walk 0..100', values: series(nextCpu), goalBits: 3.2, families: [DECIMALS] },
    { name: 'gauge of 2 decimals', values: series(nextGauge), goalBits: 8.2, families: [DECIMALS] },
    { name: 'counter +0..999', values: series(nextCounter), goalBits: 10.2, families: [DECIMALS] },
    { name: 'noise', values: series(normal), goalBits: 55.2, families: [SPLIT] },
    { name: 'f64 walk', values: series(nextWalk), goalBits: 48.7, families: [FLOAT_BITS, SPLIT] },
  ]
}

function recorded(file: string, field: string, name: string): NamedSeries {
  const url = new URL(`../../node_modules/vega-datasets/data/${file}.csv`, import.meta.url)
  const [head = '', ...lines] = readFileSync(url, 'utf8').trim().split(/\r?\n/)
  const place = head.split(',').indexOf(field)
  const texts = lines.map((line) => line.split(',')[place] ?? '').filter((text) => text !== '')
  return { name, values: Float64Array.from(texts, Number), families: [DECIMALS] }
}

export function measuredSeries(): NamedSeries[] {
  return [
    ...synthetic(),
    recorded('sp500-2000', 'close', 'sp500 close'),
    recorded('sp500-2000', 'volume', 'sp500 volume'),
    recorded('seattle-weather', 'temp_max', 'seattle temp_max'),
    recorded('seattle-weather', 'precipitation', 'seattle precipitation'),
    recorded('seattle-weather', 'wind', 'seattle wind'),
    recorded('seattle-weather-hourly-normals', 'temperature', 'hourly temperature'),
    recorded('seattle-weather-hourly-normals', 'pressure', 'hourly pressure'),
    recorded('co2-concentration', 'CO2', 'co2'),
    recorded('us-employment', 'nonfarm', 'employment nonfarm'),
  ]
}
