import { randomBelow, randomStream } from './random.ts'
import { FIELDS, type TsbsData } from './tsbs-data.ts'

/** Seconds since 1970, half-open. */
interface Window {
  start: number
  end: number
}

/** One question, in no system's language. Hosts are numbers: host 7 is `host_7`. */
export type TsbsQuery =
  /** Maximum of each field per bucket over the hosts together. */
  | ({ kind: 'max-by-time'; fields: readonly string[]; hosts: readonly number[]; bucketSeconds: number } & Window)
  /** Mean of each field per bucket and host, all hosts. */
  | ({ kind: 'mean-by-time-and-host'; fields: readonly string[]; bucketSeconds: number } & Window)
  /** Whole rows whose usage_user is above the threshold; all hosts where none are named. */
  | ({ kind: 'rows-above'; threshold: number; hosts?: readonly number[] } & Window)
  /** Newest whole row of each host. */
  | { kind: 'newest-rows' }
  /** Maximum of usage_user per bucket over all hosts before `end`: the newest `limit` buckets. */
  | { kind: 'newest-buckets'; bucketSeconds: number; limit: number; end: number }

/**
 * An answer that can be compared, as rows of numbers:
 * `max-by-time` and `newest-buckets` [bucket's second, aggregates...], `mean-by-time-and-host` [second, host, means...],
 * `rows-above` and `newest-rows` [second, host, ten fields...].
 */
export type Answer = number[][]

export interface QueryType {
  name: string
  make(random: () => number, data: TsbsData): TsbsQuery
}

const MINUTE = 60
const HOUR = 3600

/** As TSBS: the start is uniform over the data and not aligned to buckets. Cut to the data where that is shorter. */
function randomWindow(random: () => number, data: TsbsData, hours: number): Window {
  const length = Math.min(hours * HOUR, data.end - data.start)
  const start = data.start + randomBelow(random, data.end - data.start - length + 1)
  return { start, end: start + length }
}

/** Different hosts, in random order. */
function randomHosts(random: () => number, data: TsbsData, count: number): number[] {
  const left = Array.from({ length: data.hosts }, (_, host) => host)
  const wanted = Math.min(count, left.length)
  return Array.from({ length: wanted }, () => left.splice(randomBelow(random, left.length), 1)).flat()
}

function maxByTime(name: string, metrics: number, hosts: number, [hours, bucketSeconds]: [number, number]): QueryType {
  return {
    name,
    make: (random, data) => ({
      kind: 'max-by-time',
      fields: FIELDS.slice(0, metrics),
      bucketSeconds,
      ...randomWindow(random, data, hours),
      hosts: randomHosts(random, data, hosts),
    }),
  }
}

const singleGroupby = (metrics: number, hosts: number, hours: number): QueryType =>
  maxByTime(`single-groupby-${metrics}-${hosts}-${hours}`, metrics, hosts, [hours, MINUTE])

const maxAll = (hosts: number): QueryType => maxByTime(`cpu-max-all-${hosts}`, FIELDS.length, hosts, [8, HOUR])

const doubleGroupby = (name: string, metrics: number): QueryType => ({
  name: `double-groupby-${name}`,
  make: (random, data) => ({
    kind: 'mean-by-time-and-host',
    fields: FIELDS.slice(0, metrics),
    bucketSeconds: HOUR,
    ...randomWindow(random, data, 12),
  }),
})

const highCpu = (name: string, hosts?: number): QueryType => ({
  name: `high-cpu-${name}`,
  make: (random, data) => ({
    kind: 'rows-above',
    threshold: 90,
    ...randomWindow(random, data, 12),
    ...(hosts !== undefined && { hosts: randomHosts(random, data, hosts) }),
  }),
})

/** The query types of TSBS devops as its code (timescale/tsbs at 37fced79) defines them, which its README does not. */
export const QUERY_TYPES: readonly QueryType[] = [
  singleGroupby(1, 1, 1),
  singleGroupby(1, 1, 12),
  singleGroupby(1, 8, 1),
  singleGroupby(5, 1, 1),
  singleGroupby(5, 1, 12),
  singleGroupby(5, 8, 1),
  maxAll(1),
  maxAll(8),
  doubleGroupby('1', 1),
  doubleGroupby('5', 5),
  doubleGroupby('all', FIELDS.length),
  highCpu('1', 1),
  highCpu('all'),
  { name: 'lastpoint', make: () => ({ kind: 'newest-rows' }) },
  {
    name: 'groupby-orderby-limit',
    make: (random, data) => ({
      kind: 'newest-buckets',
      bucketSeconds: MINUTE,
      limit: 5,
      end: randomWindow(random, data, 1).end,
    }),
  },
]

/** Random questions of one type. The same seed asks the same of every system. */
export function instances(type: QueryType, data: TsbsData, count: number, seed: number): TsbsQuery[] {
  const random = randomStream(seed, QUERY_TYPES.indexOf(type))
  return Array.from({ length: count }, () => type.make(random, data))
}

/** The same question over a window of the same length that begins at a whole hour. */
export function aligned(query: TsbsQuery): TsbsQuery {
  if (query.kind === 'newest-rows') return query
  if (query.kind === 'newest-buckets') return { ...query, end: query.end - (query.end % HOUR) }
  const shift = query.start % HOUR
  return { ...query, start: query.start - shift, end: query.end - shift }
}

const TOLERANCE = 1e-9

/** What differs first between two answers in any order of their rows, or nothing. */
export function difference(expected: Answer, actual: Answer): string | undefined {
  if (expected.length !== actual.length) return `${actual.length} rows instead of ${expected.length}`
  const byKey = (x: number[], y: number[]): number => (x[0] ?? 0) - (y[0] ?? 0) || (x[1] ?? 0) - (y[1] ?? 0)
  const [wanted, got] = [expected.toSorted(byKey), actual.toSorted(byKey)]
  for (const [row, cells] of wanted.entries()) {
    const other = got[row] ?? []
    if (cells.length !== other.length) return `row ${row} has ${other.length} cells instead of ${cells.length}`
    const wrong = cells.findIndex(
      (cell, i) => !(Math.abs(cell - (other[i] ?? NaN)) <= TOLERANCE * Math.max(1, Math.abs(cell))),
    )
    if (wrong >= 0) return `row ${row}, cell ${wrong}: ${other[wrong]} instead of ${cells[wrong]}`
  }
  return undefined
}
