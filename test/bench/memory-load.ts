// What `memory.ts` measures: it makes JavaScript of this file and runs that in a process of its own, `memory-load.mjs ENGINE FOLDER [options]`.
// A store that is in the folder is not loaded again.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ColumnRows } from '../../engine/core/rows.ts'
import type * as engineModule from '../../engine/engine.ts'
import { memoryHolders } from './memory-holders.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    megabytes: { type: 'string', default: '1024' },
    series: { type: 'string', default: '1000' },
    cache: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    rest: { type: 'string', default: '150' },
    workers: { type: 'string', default: '1' },
    holders: { type: 'boolean', default: false },
  },
})
const FIELDS = 10
const TICKS = 10
const START = 1_700_000_000_000_000_000n
const INTERVAL = 10_000_000_000n
const megabyte = 2 ** 20
const series = Number(values.series)
const ticks = Math.ceil((Number(values.megabytes) * megabyte) / 8 / FIELDS / series)
const hostNames = Array.from({ length: series }, (_, i) => `host_${i}`)
const hosts = Uint32Array.from({ length: series * TICKS }, (_, i) => i % series)

/** Some ticks of all series: walks of small steps, without an array that is kept. */
function batchFrom(tick: number): ColumnRows {
  const rows = series * TICKS
  const time = new BigInt64Array(rows)
  for (let row = 0; row < rows; row++) time[row] = START + INTERVAL * BigInt(tick + Math.floor(row / series))
  const fields = Array.from({ length: FIELDS }, (_, field) => {
    const walk = Float64Array.from({ length: rows }, (_, row) => {
      return 50 + ((Math.imul(tick + field, 2654435761) ^ Math.imul(row, 40503)) & 63)
    })
    return { name: `f${field}`, type: 'f64' as const, values: walk }
  })
  return { table: 'load', time, tags: [{ name: 'host', type: 'string', values: hosts, dictionary: hostNames }], fields }
}

const resident = (): number => process.memoryUsage.rss() / 1e6

/** The highest of what is seen while a task runs. */
async function peakOf(task: () => Promise<void>): Promise<number> {
  let peak = resident()
  const timer = setInterval(() => {
    peak = Math.max(peak, resident())
  }, 50)
  await task()
  clearInterval(timer)
  return peak
}

const QUERIES = [
  'SELECT avg(f0), max(f1) FROM load GROUP BY 1h',
  'SELECT avg(f0), avg(f1), avg(f2), avg(f3), avg(f4) FROM load GROUP BY 1h, host',
  "SELECT * FROM load WHERE f0 > 112.5 AND host = 'host_7'",
  'SELECT max(f9) FROM load GROUP BY host',
]

const [entry = '', directory = ''] = positionals
const { openEngine }: typeof engineModule = await import(entry)

async function ask(engine: engineModule.Engine): Promise<number> {
  let rows = 0
  for (const query of QUERIES) {
    const { batches } = await engine.query(query)
    for await (const batch of batches) rows += batch.rows
  }
  return rows
}

async function tellHolders(when: string): Promise<void> {
  if (!values.holders) return
  const { program, arenas, mapped, heaps } = await memoryHolders()
  const rounded = (megabytes: number): string => megabytes.toFixed(0)
  console.error(
    `${when}: ${rounded(resident())} MB: program ${rounded(program)}, arenas ${rounded(arenas)}, otherwise mapped ${rounded(mapped)}, ` +
      `in it objects of V8 by thread ${heaps.map(rounded).join(' + ')}; buffers of this thread ${rounded(process.memoryUsage().arrayBuffers / 1e6)}`,
  )
}

async function load(engine: engineModule.Engine): Promise<void> {
  for (let tick = 0; tick < ticks; tick += TICKS) await engine.append({ kind: 'columns', rows: batchFrom(tick) })
  await engine.flush()
}

const isThere = existsSync(directory)
const start = resident()
const engine = await openEngine({
  store: { kind: 'files', directory },
  cacheBytes: Number(values.cache) * megabyte,
  workers: Number(values.workers),
})
const opened = resident()
await tellHolders('opened')
const loading = isThere ? undefined : await peakOf(() => load(engine))
if (!isThere) await tellHolders('loaded')
const { segmentBytes } = await engine.statistics()
const asked: number[] = []
let rows = 0
for (let round = 0; round < Number(values.rounds); round++) {
  asked.push(
    await peakOf(async () => {
      rows += await ask(engine)
    }),
  )
}
const before = resident()
await tellHolders('asked')
await sleep(1000 * Number(values.rest))
await tellHolders('at rest')
const stored = segmentBytes / 1e6
console.log(
  `${values.megabytes} MB of values in ${stored.toFixed(0)} MB of segments, ${series} series, cache ${values.cache} MB; resident MB: ` +
    `${start.toFixed(0)} at first, ${opened.toFixed(0)} opened, ` +
    (loading === undefined ? '' : `at most ${loading.toFixed(0)} while loading, `) +
    `at most ${asked.map((peak) => peak.toFixed(0)).join(', ')} while asked (${rows} rows), ${before.toFixed(0)} after it, ` +
    `${resident().toFixed(0)} after ${values.rest} s of rest`,
)
await engine.close()
