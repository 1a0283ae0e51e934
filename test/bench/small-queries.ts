// `node test/bench/small-queries.ts`: where the time of small queries goes, and what a way to another thread and back costs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Batch } from '../../engine/core/batch.ts'
import { systemClock } from '../../engine/core/clock.ts'
import type { AggregatePlan, LatestPlan, PartialAggregate } from '../../engine/core/plan.ts'
import { openEngine } from '../../engine/engine.ts'
import type { QueryPlan } from '../../engine/query/plan/plan.ts'
import { planStatement, runPlan } from '../../engine/query/run/run.ts'
import { loadPlatform } from '../../engine/worker/load-platform.ts'
import { openInline } from '../../engine/worker/shard/inline-shards.ts'
import { ShardedQueryable } from '../../engine/worker/sharded-queryable.ts'
import { toColumnRows } from './systems/tidemark.ts'
import { arrivalBatches, generate } from './tsbs-data.ts'
import { instances, QUERY_TYPES } from './tsbs-queries.ts'
import { collect, type TsqlStatement, toTsql } from './tsbs-tsql.ts'

const NAMES = ['single-groupby-1-1-1', 'double-groupby-1', 'lastpoint', 'groupby-orderby-limit']
const ROUNDS = 1500
const WARM_UP = 1000

/** Microseconds that nine of ten runs take at least; what a run answers counts in their place where it is a number. */
async function time(run: (round: number) => Promise<unknown>): Promise<number> {
  return (await timeRuns(run))[ROUNDS / 10] as number
}

/** The same of each run, from the shortest to the longest. */
async function timeRuns(run: (round: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const begun = performance.now()
    const own = await run(round)
    const us = (performance.now() - begun) * 1000
    if (round >= WARM_UP) times.push(typeof own === 'number' ? own : us)
  }
  return times.sort((a, b) => a - b)
}

const data = generate({ hosts: 100, hours: 24, seed: 123 })
const directory = mkdtempSync(join(tmpdir(), 'tidemark-small-queries-'))
const store = { kind: 'files', directory } as const
const queries = new Map(
  NAMES.map((name) => {
    const type = QUERY_TYPES.find((one) => one.name === name)
    if (type === undefined) throw new Error(`there is no query type ${name}`)
    return [name, instances(type, data, 20, 123).map(toTsql)]
  }),
)

/** Notes how long it waits for hosts and merges what they answer. */
class TimedQueryable extends ShardedQueryable {
  us = 0

  override aggregate(plan: AggregatePlan, signal?: AbortSignal): Promise<PartialAggregate> {
    return this.#timed(() => super.aggregate(plan, signal))
  }

  override latest(plan: LatestPlan, signal?: AbortSignal): Promise<Batch> {
    return this.#timed(() => super.latest(plan, signal))
  }

  async #timed<T>(ask: () => Promise<T>): Promise<T> {
    const begun = performance.now()
    const answer = await ask()
    this.us += (performance.now() - begun) * 1000
    return answer
  }
}

async function load(): Promise<void> {
  const engine = await openEngine({ store })
  for (const batch of arrivalBatches(data)) await engine.append({ kind: 'columns', rows: toColumnRows(data, batch) })
  await engine.compact()
  await engine.close()
}

/** Whole queries; with a pause before each the thread sleeps, and its code is cold where others ran meanwhile. */
async function timeWhole(workers: number, pauseMs: number | undefined = undefined): Promise<number[]> {
  const engine = await openEngine({ store, workers, answerCacheBytes: 0 })
  const times: number[] = []
  for (const statements of queries.values()) {
    times.push(
      await time(async (round) => {
        const { text, params } = statements[round % statements.length] as TsqlStatement
        if (pauseMs !== undefined) await sleep(pauseMs)
        const begun = performance.now()
        await collect((await engine.query(text, { params })).batches)
        return (performance.now() - begun) * 1000
      }),
    )
  }
  await engine.close()
  return times
}

/** Planning, and what hosts and the merge of their answers take, in this thread. */
async function timeParts(): Promise<[plan: number, hosts: number][]> {
  const { platform } = await loadPlatform()
  const rules = { retentionMs: {}, rollups: {}, cacheBytes: 1 << 28, answerCacheBytes: 0 }
  const shards = await openInline({ platform, location: store, clock: systemClock, ...rules })
  const readCatalog = async () => shards.writer.catalog()
  const queryable = new TimedQueryable({ hosts: shards.hosts, readCatalog, clock: systemClock })
  const catalog = await queryable.catalog()
  const times: [number, number][] = []
  for (const statements of queries.values()) {
    const planOf = ({ text, params }: TsqlStatement) => planStatement(text, queryable, { now: 0n, params, catalog })
    const plan = await time((round) => planOf(statements[round % statements.length] as TsqlStatement))
    const plans: QueryPlan[] = []
    for (const statement of statements) plans.push(await planOf(statement))
    const hosts = await time(async (round) => {
      const { params } = statements[round % statements.length] as TsqlStatement
      queryable.us = 0
      const { batches } = await runPlan(plans[round % plans.length] as QueryPlan, queryable, {
        now: 0n,
        params,
        catalog,
      })
      await collect(batches)
      return queryable.us
    })
    times.push([plan, hosts])
  }
  await shards.writer.close()
  return times
}

const ECHO = `
const { parentPort, workerData } = require('node:worker_threads')
const flags = new Int32Array(workerData)
const wait = () => {
  for (let seen = 0; ; ) {
    Atomics.wait(flags, 0, seen)
    seen = Atomics.load(flags, 0)
    if (seen < 0) return
    Atomics.store(flags, 1, seen)
    Atomics.notify(flags, 1)
  }
}
parentPort.on('message', (message) => {
  if (message === 'wait') return wait()
  for (const begun = performance.now(); (performance.now() - begun) * 1000 < (message.busy ?? 0); ) {}
  parentPort.postMessage(message)
})`

async function printWays(): Promise<void> {
  const shared = new SharedArrayBuffer(8)
  const flags = new Int32Array(shared)
  const worker = new Worker(ECHO, { eval: true, workerData: shared })
  const echoed = (sent: unknown) =>
    new Promise<void>((resolve) => {
      worker.once('message', () => resolve())
      worker.postMessage(sent)
    })
  const input = { expression: { kind: 'column', name: 'usage_user', source: 'field', type: 'i64' }, measures: ['max'] }
  const matchers = [{ tag: 'hostname', op: '=', value: 'host_7' }]
  const window = { origin: 0n, width: 60_000_000_000n }
  const plan = { kind: 'aggregate', table: 'cpu', matchers, start: 0n, end: 1n, window, by: [], inputs: [input] }
  console.log(`a number to a thread and back by ports: ${(await time(echoed)).toFixed(0)} us`)
  console.log(`a plan both ways: ${(await time(() => echoed([1, 'aggregate', [plan], []]))).toFixed(0)} us`)
  for (const busy of [50, 150, 600]) {
    const us = await timeRuns(() => echoed({ busy }))
    // Both threads on one processor, or on two of which one is asleep.
    const [least, tenth, median] = [0, 0.1, 0.5].map((share) => ((us[share * ROUNDS] as number) - busy).toFixed(0))
    console.log(
      `a message both ways beside ${busy} us of work there: ${least}, ${tenth}, ${median} us (least, tenth, median)`,
    )
  }
  worker.postMessage('wait')
  const waited = await time(async (round) => {
    Atomics.store(flags, 0, round + 1)
    Atomics.notify(flags, 0)
    for (let seen = Atomics.load(flags, 1); seen !== round + 1; seen = Atomics.load(flags, 1)) {
      const woken = Atomics.waitAsync(flags, 1, seen)
      if (woken.async) await woken.value
    }
  })
  console.log(`a number by Atomics.wait there and Atomics.waitAsync here: ${waited.toFixed(0)} us`)
  Atomics.store(flags, 0, -1)
  Atomics.notify(flags, 0)
  await worker.terminate()
}

await printWays()
await load()
const parts = await timeParts()
const [inline, paused, threaded] = [await timeWhole(0), await timeWhole(0, 1), await timeWhole(1)]
console.log(
  '| query, us | plan | hosts and merge | operators, registry, answer | one thread | after 1 ms asleep | one worker | more with a worker |',
)
console.log('|---|---|---|---|---|---|---|---|')
NAMES.forEach((name, i) => {
  const [plan, hosts] = parts[i] as [number, number]
  const [whole, cold, apart] = [inline[i] as number, paused[i] as number, threaded[i] as number]
  const cells = [plan, hosts, whole - plan - hosts, whole, cold, apart, apart - whole].map((us) => us.toFixed(0))
  console.log(`| ${name} | ${cells.join(' | ')} |`)
})
rmSync(directory, { recursive: true })
