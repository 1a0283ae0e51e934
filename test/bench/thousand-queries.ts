// `node test/bench/thousand-queries.ts`: a thousand TSBS queries at one moment. Each has to give the answer that it gives alone,
// clients have to take turns, and memory has to stay bounded.
import { parseArgs } from 'node:util'
import { type Engine, openEngine } from '../../engine/engine.ts'
import { quantile } from './measurement.ts'
import { ownCpuSeconds } from './process-usage.ts'
import { generate } from './tsbs-data.ts'
import { lineProtocolFile, readLineBatches } from './tsbs-lines.ts'
import { instances, QUERY_TYPES, type TsbsQuery } from './tsbs-queries.ts'
import { collect, toTsql } from './tsbs-tsql.ts'

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '1000' },
    hosts: { type: 'string', default: '100' },
    hours: { type: 'string', default: '24' },
    workers: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
})
const [count, seed] = [Number(values.queries), Number(values.seed)]

/** Clients, and which of them asks the k-th query. */
const DISTRIBUTIONS: readonly { name: string; clientOf(k: number): string }[] = [
  { name: '10 clients alike', clientOf: (k) => `client ${k % 10}` },
  { name: 'one client with 99 in 100, another with the last', clientOf: (k) => (k < count * 0.99 ? 'many' : 'few') },
]

const data = generate({ hosts: Number(values.hosts), hours: Number(values.hours), seed })
const engine = await openEngine({ store: { kind: 'memory' }, workers: Number(values.workers), answerCacheBytes: 0 })
let failed = false
try {
  for (const body of readLineBatches(lineProtocolFile(data))) await engine.append({ kind: 'line-protocol', body })
  await engine.flush()
  const kinds = QUERY_TYPES.map((type) => instances(type, data, Math.ceil(count / QUERY_TYPES.length), seed))
  const queries = Array.from({ length: count }, (_, k) => kinds[k % kinds.length]?.[Math.floor(k / kinds.length)])
  const asked = queries.filter((query) => query !== undefined)
  const begun = performance.now()
  const alone: string[] = []
  for (const query of asked) alone.push(await answerOf(engine, query, 'alone'))
  console.log(`${count} queries one after the other: ${Math.round(performance.now() - begun)} ms`)
  for (const distribution of DISTRIBUTIONS) failed = !(await allAtOnce(asked, alone, distribution)) || failed
} finally {
  await engine.close()
}
if (failed) process.exitCode = 1

/** An answer as a text that tells answers apart. */
async function answerOf(on: Engine, query: TsbsQuery, client: string): Promise<string> {
  const { text, params } = toTsql(query)
  const { batches } = await on.query(text, { params, client })
  const rows = await collect(batches)
  return rows.map(({ columns }) => columns.map((column) => column.values.join()).join(';')).join('\n')
}

async function allAtOnce(
  asked: readonly TsbsQuery[],
  alone: readonly string[],
  { name, clientOf }: (typeof DISTRIBUTIONS)[number],
): Promise<boolean> {
  const times = new Map<string, number[]>()
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 5)
  const [begun, cpu] = [performance.now(), ownCpuSeconds()]
  const right = await Promise.all(
    asked.map(async (query, k) => {
      const client = clientOf(k)
      const answer = await answerOf(engine, query, client).catch((error: unknown) => `failed: ${error}`)
      times.set(client, [...(times.get(client) ?? []), performance.now() - begun])
      return answer === alone[k]
    }),
  )
  clearInterval(watch)
  const ms = performance.now() - begun
  const wrong = right.filter((each) => !each).length
  console.log(
    `${name}: ${Math.round(ms)} ms, ${(ownCpuSeconds() - cpu).toFixed(2)} s of CPU; ${wrong} failed or wrong; ` +
      `memory ${mebibytes(before)} MiB before, ${mebibytes(peak)} at most`,
  )
  for (const [client, waits] of [...times].sort(([a], [b]) => (a < b ? -1 : 1))) {
    waits.sort((a, b) => a - b)
    const shares = [0.5, 0.99, 1].map((share) => Math.round(quantile(waits, share)))
    console.log(`- ${client}: ${waits.length} answered, after ${shares.join(' / ')} ms (median, p99, last)`)
  }
  return wrong === 0
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}
