import { normalStream, randomBelow, randomStream } from './random.ts'

/** Size of a data set. Two sets of one shape are the same, byte for byte. */
export interface TsbsShape {
  hosts: number
  hours: number
  seed: number
}

/**
 * The `cpu` table of TSBS devops `cpu-only`: one row per host every 10 seconds with ten fields, each a random walk of
 * its own (start uniform in [0, 100), steps normal(0, 1), clamped to [0, 100], truncated to an integer).
 */
export interface TsbsData extends TsbsShape {
  /** Rows of each host. */
  ticks: number
  rows: number
  values: number
  /** Seconds since 1970 of the first row, and of the first tick that is not there any more. */
  start: number
  end: number
  /** Values of `TAGS` by host. */
  tags: readonly (readonly string[])[]
  /** By field of `FIELDS`: the value of host h at tick t at index `h * ticks + t`. */
  fields: readonly Uint8Array[]
}

export const FIELDS: readonly string[] = [
  'usage_user',
  'usage_system',
  'usage_idle',
  'usage_nice',
  'usage_iowait',
  'usage_irq',
  'usage_softirq',
  'usage_steal',
  'usage_guest',
  'usage_guest_nice',
]

export const TAGS: readonly string[] = [
  'hostname',
  'region',
  'datacenter',
  'rack',
  'os',
  'arch',
  'team',
  'service',
  'service_version',
  'service_environment',
]

export const INTERVAL_SECONDS = 10
const START = Date.UTC(2016, 0, 1) / 1000
const HIGHEST = 100

const REGIONS = [
  { name: 'us-east-1', zones: 'abce' },
  { name: 'us-west-1', zones: 'ab' },
  { name: 'us-west-2', zones: 'abc' },
  { name: 'eu-west-1', zones: 'abc' },
  { name: 'eu-central-1', zones: 'ab' },
  { name: 'ap-southeast-1', zones: 'ab' },
  { name: 'ap-southeast-2', zones: 'ab' },
  { name: 'ap-northeast-1', zones: 'ac' },
  { name: 'sa-east-1', zones: 'abc' },
]
const SYSTEMS = ['Ubuntu16.10', 'Ubuntu16.04LTS', 'Ubuntu15.10']
const ARCHITECTURES = ['x64', 'x86']
const TEAMS = ['SF', 'NYC', 'LON', 'CHI']
const ENVIRONMENTS = ['production', 'staging', 'test']

function pick<T>(random: () => number, choices: ArrayLike<T>): T {
  const chosen = choices[randomBelow(random, choices.length)]
  if (chosen === undefined) throw new RangeError('nothing to choose from')
  return chosen
}

function hostTags(random: () => number, host: number): string[] {
  const region = pick(random, REGIONS)
  return [
    `host_${host}`,
    region.name,
    region.name + pick(random, region.zones),
    String(randomBelow(random, 100)),
    pick(random, SYSTEMS),
    pick(random, ARCHITECTURES),
    pick(random, TEAMS),
    String(randomBelow(random, 20)),
    String(randomBelow(random, 2)),
    pick(random, ENVIRONMENTS),
  ]
}

function fillWalk(target: Uint8Array, random: () => number): void {
  const step = normalStream(random)
  let state = random() * HIGHEST
  for (let tick = 0; tick < target.length; tick++) {
    target[tick] = Math.trunc(state)
    state = Math.min(HIGHEST, Math.max(0, state + step()))
  }
}

/** Makes a data set in memory: one byte a value. */
export function generate(shape: TsbsShape): TsbsData {
  const { hosts, hours, seed } = shape
  const ticks = Math.floor((hours * 3600) / INTERVAL_SECONDS)
  const rows = hosts * ticks
  const fields = FIELDS.map(() => new Uint8Array(rows))
  const tags: string[][] = []
  for (let host = 0; host < hosts; host++) {
    const random = randomStream(seed, host)
    tags.push(hostTags(random, host))
    for (const values of fields) fillWalk(values.subarray(host * ticks, (host + 1) * ticks), random)
  }
  const end = START + ticks * INTERVAL_SECONDS
  return { ...shape, ticks, rows, values: rows * FIELDS.length, start: START, end, tags, fields }
}

/** Some rows of all hosts in the order in which they arrive: tick by tick, host by host. */
export interface ArrivalBatch {
  rows: number
  /** Nanoseconds since 1970. */
  time: BigInt64Array<ArrayBuffer>
  hosts: Int32Array<ArrayBuffer>
  fields: readonly BigInt64Array<ArrayBuffer>[]
}

/** The whole data set in batches of at least one tick and about `rowsPerBatch` rows. */
export function* arrivalBatches(data: TsbsData, rowsPerBatch = 100_000): Generator<ArrivalBatch> {
  const ticksPerBatch = Math.max(1, Math.floor(rowsPerBatch / data.hosts))
  for (let first = 0; first < data.ticks; first += ticksPerBatch) {
    const rows = Math.min(ticksPerBatch, data.ticks - first) * data.hosts
    const time = new BigInt64Array(rows)
    const hosts = new Int32Array(rows)
    const fields = FIELDS.map(() => new BigInt64Array(rows))
    for (let row = 0; row < rows; row++) {
      const host = row % data.hosts
      const tick = first + Math.floor(row / data.hosts)
      hosts[row] = host
      time[row] = BigInt(data.start + tick * INTERVAL_SECONDS) * 1_000_000_000n
      for (const [i, values] of fields.entries()) values[row] = BigInt(data.fields[i]?.[host * data.ticks + tick] ?? 0)
    }
    yield { rows, time, hosts, fields }
  }
}
