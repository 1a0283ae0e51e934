// `node test/bench/ingest.ts [--only text,columns,http,small,visibility]`: how fast rows of TSBS come in, each way durable.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type AppendInput, type Engine, openEngine } from '../../engine/engine.ts'
import { quantile } from './measurement.ts'
import { cpuSecondsOf, ownCpuSeconds } from './process-usage.ts'
import { sendAll } from './systems/system.ts'
import { readProbe, toColumnRows } from './systems/tidemark.ts'
import * as relays from './systems/tidemark-http.ts'
import { arrivalBatches, generate } from './tsbs-data.ts'
import { lineProtocolFile, readLineBatches } from './tsbs-lines.ts'
import { measureVisibility, type VisibilityProbe } from './visibility.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'text,columns,http,small,visibility' },
    hosts: { type: 'string', default: '100' },
    hours: { type: 'string', default: '24' },
    repeats: { type: 'string', default: '5' },
    workers: { type: 'string', default: '0,1,2' },
    folder: { type: 'string', default: tmpdir() },
  },
})
const IN_FLIGHT = 4
const SMALL_APPENDS = 50_000
const SMALL_IN_FLIGHT = 256

const data = generate({ hosts: Number(values.hosts), hours: Number(values.hours), seed: 123 })
const path = lineProtocolFile(data)
const workers = values.workers.split(',').map(Number)

interface Run {
  /** Values or appends. */
  count: number
  wallMs: number
  cpuSeconds: number
}

async function timed(count: number, cpuSeconds: () => number, load: () => Promise<void>): Promise<Run> {
  const cpu = cpuSeconds()
  const begun = performance.now()
  await load()
  return { count, wallMs: performance.now() - begun, cpuSeconds: cpuSeconds() - cpu }
}

async function inFolder<T>(task: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(values.folder, 'tidemark-ingest-'))
  try {
    return await task(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function append(engine: Engine, input: AppendInput): Promise<void> {
  const { rejectedCount } = await engine.append(input)
  if (rejectedCount > 0) throw new Error(`${rejectedCount} rows were rejected`)
}

/** Loads a fresh store of an engine in this process, and sees that the rows are there. */
async function inProcess(
  count: number,
  options: { workers: number; inFlight: number; table: string },
  inputs: () => readonly AppendInput[],
): Promise<Run> {
  return inFolder(async (directory) => {
    const engine = await openEngine({ store: { kind: 'files', directory }, workers: options.workers })
    const all = inputs()
    const run = await timed(count, ownCpuSeconds, () =>
      sendAll(all, options.inFlight, (input) => append(engine, input)),
    )
    const { batches } = await engine.query(`SELECT count(*) FROM ${options.table}`)
    for await (const { columns } of batches) {
      const rows = Number(columns.at(-1)?.values[0])
      const expected = options.table === 'cpu' ? data.rows : count
      if (rows !== expected) throw new Error(`${rows} rows of ${expected} are there`)
    }
    await engine.close()
    return run
  })
}

const lines = (body: string | Uint8Array): AppendInput => ({ kind: 'line-protocol', body })

function loadText(threads: number): Promise<Run> {
  const options = { workers: threads, inFlight: IN_FLIGHT, table: 'cpu' }
  return inProcess(data.values, options, () => readLineBatches(path).map(lines))
}

function loadColumns(threads: number): Promise<Run> {
  const options = { workers: threads, inFlight: IN_FLIGHT, table: 'cpu' }
  return inProcess(data.values, options, () =>
    Array.from(arrivalBatches(data), (batch) => ({ kind: 'columns', rows: toColumnRows(data, batch) })),
  )
}

function loadSmall(threads: number): Promise<Run> {
  const options = { workers: threads, inFlight: SMALL_IN_FLIGHT, table: 'probe' }
  return inProcess(SMALL_APPENDS, options, () =>
    Array.from({ length: SMALL_APPENDS }, (_, i) => lines(`probe,host=a value=${i}i ${i + 1}`)),
  )
}

async function withRelay<T>(task: (relay: relays.Relay) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const relay = await relays.startRelay(join(folder, 'data'), join(folder, 'log'))
    try {
      return await task(relay)
    } finally {
      await relay.close()
    }
  })
}

function loadHttp(): Promise<Run> {
  const batches = readLineBatches(path)
  return withRelay(({ http, process }) =>
    timed(
      data.values,
      () => cpuSecondsOf(process.pid) ?? NaN,
      () => sendAll(batches, IN_FLIGHT, (batch) => relays.write(http, batch)),
    ),
  )
}

function visibilityOf(ingest: VisibilityProbe['ingest'], read: VisibilityProbe['read']): Promise<number[]> {
  const write = (value: number): Promise<void> =>
    ingest(new TextEncoder().encode(`probe value=${value}i ${value + 1}\n`))
  return measureVisibility({ batches: readLineBatches(path), inFlight: IN_FLIGHT, ingest, write, read })
}

/** A row of its own table, appended while everything is loaded, until a query sees it. */
const VISIBILITY: Readonly<Record<string, () => Promise<number[]>>> = {
  'in process': () =>
    inFolder(async (directory) => {
      const engine = await openEngine({ store: { kind: 'files', directory } })
      await append(engine, lines('probe value=0i 1'))
      const times = await visibilityOf(
        (batch) => append(engine, lines(batch)),
        (least) => readProbe(engine, least),
      )
      await engine.close()
      return times
    }),
  'over HTTP': () =>
    withRelay(async ({ http }) => {
      await relays.write(http, 'probe value=0i 1')
      return visibilityOf(
        (batch) => relays.write(http, batch),
        (least) => relays.readProbe(http, least),
      )
    }),
}

async function report(name: string, unit: string, load: () => Promise<Run>): Promise<void> {
  const runs: Run[] = []
  for (let i = 0; i < Number(values.repeats); i++) runs.push(await load())
  const rates = runs.map(({ count, wallMs }) => count / wallMs / 1000)
  const cpu = Math.min(...runs.map(({ count, cpuSeconds }) => (cpuSeconds / count) * 1e6))
  const figures = `${Math.max(...rates).toFixed(3)} M ${unit}/s at best, median ${quantile(rates, 0.5).toFixed(3)}`
  console.log(`${name.padEnd(24)} ${figures}; ${cpu.toFixed(3)} s of CPU a million`)
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  text: async () => {
    for (const threads of workers) await report(`text, ${threads} workers`, 'values', () => loadText(threads))
  },
  columns: async () => {
    for (const threads of workers) await report(`columns, ${threads} workers`, 'values', () => loadColumns(threads))
  },
  http: () => report('text over HTTP', 'values', loadHttp),
  small: async () => {
    for (const threads of workers) await report(`1 row, ${threads} workers`, 'appends', () => loadSmall(threads))
  },
  visibility: async () => {
    for (const [name, measure] of Object.entries(VISIBILITY)) {
      const times = await measure()
      const [p50, p99] = [quantile(times, 0.5).toFixed(1), quantile(times, 0.99).toFixed(1)]
      console.log(`visible ${name}: p50 ${p50} ms, p99 ${p99} ms, ${times.length} rows`)
    }
  },
}
for (const name of values.only.split(',')) {
  const part = parts[name]
  if (part === undefined) throw new Error(`there is no part '${name}'; there are ${Object.keys(parts).join(', ')}`)
  await part()
}
