import { loadavg } from 'node:os'
import type { BenchSystem, LoadReport, SystemDescription } from './systems/system.ts'
import { generate, type TsbsData, type TsbsShape } from './tsbs-data.ts'
import { lineProtocolFile, readLineBatches } from './tsbs-lines.ts'
import { aligned, difference, instances, QUERY_TYPES, type QueryType, type TsbsQuery } from './tsbs-queries.ts'
import { reference } from './tsbs-reference.ts'

export interface MeasurementOptions extends TsbsShape {
  /** Random questions of each type, and how often each is asked with the clock running. */
  instances: number
  rounds: number
  /** The only query type to time, if any. */
  only?: string
}

/** Milliseconds; `cpuMs` is processor time per query. */
export interface QueryTimes {
  medianMs: number
  minMs: number
  /** Half of the runs lie between these. */
  quartilesMs: [number, number]
  cpuMs: number | null
  runs: number
}

export interface SystemResult {
  name: string
  label: string
  own: boolean
  version: string
  loadAverage: { before: number; after: number }
  ingest: readonly LoadReport[]
  bytesPerValue: number | null
  validated: { instances: number; alignedOnly: string | null; wrong: Record<string, string> }
  queries: Record<string, QueryTimes>
  visibilityMs: { p50: number; p99: number; samples: number } | null
}

/** Called with the share that is done, from 0 to 1, and what is going on. */
export type Report = (done: number, what: string) => void

const VALIDATED_INSTANCES = 4
/** How long, at least, a type is asked before the clock runs, so that compilers are done with what it runs. */
export const WARM_MS = 1000
/** How long, at least, a type is asked with the clock running: servers' processor time is counted in ticks of 10 ms. */
const MEASURED_MS = 1000
const VALIDATION_SEED_OFFSET = 1000

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN]
  return low + (high - low) * (at - Math.floor(at))
}

const oneMinuteLoad = (): number => loadavg()[0] ?? NaN

/** What is wrong with the system's first wrong answer, or nothing. */
async function firstDifference(
  system: BenchSystem,
  data: TsbsData,
  queries: readonly TsbsQuery[],
): Promise<string | undefined> {
  for (const query of queries) {
    try {
      const wrong = difference(reference(data, query), await system.answer(query))
      if (wrong !== undefined) return wrong
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  return undefined
}

async function timeType(system: BenchSystem, queries: readonly TsbsQuery[], rounds: number): Promise<QueryTimes> {
  const begun = performance.now()
  do await system.time(queries, 1)
  while (performance.now() - begun < WARM_MS)
  const cpuBefore = system.cpuSeconds()
  const clock = performance.now()
  const times: number[] = []
  do times.push(...(await system.time(queries, rounds)))
  while (performance.now() - clock < MEASURED_MS)
  const cpuAfter = system.cpuSeconds()
  const cpuMs =
    cpuBefore === undefined || cpuAfter === undefined ? null : ((cpuAfter - cpuBefore) * 1000) / times.length
  return {
    medianMs: quantile(times, 0.5),
    minMs: Math.min(...times),
    quartilesMs: [quantile(times, 0.25), quantile(times, 0.75)],
    cpuMs,
    runs: times.length,
  }
}

interface Run {
  system: BenchSystem
  description: SystemDescription
  data: TsbsData
  options: MeasurementOptions
  types: readonly QueryType[]
  report: Report
}

async function loadAll({ system, data, report }: Run): Promise<Pick<SystemResult, 'ingest' | 'bytesPerValue'>> {
  report(0.02, 'loading')
  const ingest = await system.load()
  report(0.25, 'waiting until the data is at rest')
  const bytes = await system.storedBytes()
  const rows = await system.countRows()
  if (rows !== data.rows) throw new Error(`it holds ${rows} rows instead of ${data.rows}`)
  return { ingest, bytesPerValue: bytes === undefined ? null : bytes / data.values }
}

async function validateAll({
  system,
  description,
  data,
  options,
  types,
  report,
}: Run): Promise<SystemResult['validated']> {
  const wrong: Record<string, string> = {}
  report(0.4, 'checking its answers')
  for (const type of types) {
    const random = instances(type, data, VALIDATED_INSTANCES, options.seed + VALIDATION_SEED_OFFSET)
    const queries = description.alignedOnly === undefined ? random : random.map(aligned)
    const difference = await firstDifference(system, data, queries)
    if (difference !== undefined) wrong[type.name] = difference
  }
  return { instances: VALIDATED_INSTANCES, alignedOnly: description.alignedOnly ?? null, wrong }
}

/** Times the types whose answers were right, after a sweep over all of them that warms compilers and caches. */
async function timeAll(run: Run, wrong: Record<string, string>): Promise<Record<string, QueryTimes>> {
  const { system, data, options, report } = run
  const types = run.types.filter((type) => wrong[type.name] === undefined)
  const asked = (type: QueryType): TsbsQuery[] => instances(type, data, options.instances, options.seed)
  report(0.5, 'warming up')
  for (const type of types) await system.time(asked(type), 1)
  const queries: Record<string, QueryTimes> = {}
  for (const [i, type] of types.entries()) {
    report(0.55 + (0.35 * i) / types.length, type.name)
    queries[type.name] = await timeType(system, asked(type), options.rounds)
  }
  return queries
}

async function measureVisibility({ system, report }: Run): Promise<SystemResult['visibilityMs']> {
  if (system.visibility === undefined) return null
  report(0.92, 'appending and querying while loading')
  const times = await system.visibility()
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), samples: times.length }
}

/** Loads, checks and times one system, which keeps its data in `folder`. */
export async function measure(
  description: SystemDescription,
  { folder, ...options }: MeasurementOptions & { folder: string },
  report: Report,
): Promise<Omit<SystemResult, 'name'>> {
  report(0, 'making the data set')
  const data = generate(options)
  const path = lineProtocolFile(data)
  const types = QUERY_TYPES.filter((type) => options.only === undefined || type.name === options.only)
  const before = oneMinuteLoad()
  const system = await description.open({ data, folder, lineBatches: () => readLineBatches(path) })
  try {
    const run: Run = { system, description, data, options, types, report }
    const loaded = await loadAll(run)
    const validated = await validateAll(run)
    const queries = await timeAll(run, validated.wrong)
    const visibilityMs = await measureVisibility(run)
    const { label, own } = description
    const loadAverage = { before, after: oneMinuteLoad() }
    return { label, own, version: system.version, loadAverage, ...loaded, validated, queries, visibilityMs }
  } finally {
    await system.close()
  }
}
