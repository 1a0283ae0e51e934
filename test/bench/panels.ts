// `node test/bench/panels.ts [--over process,http] [--in-turn]`: panels that each ask every five seconds, while rows come in. With
// `--in-turn` the same appends and questions come one after the other: what they cost, also where others use the machine.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { collectRows, type Engine, openEngine, type StoreStatistics } from '../../engine/engine.ts'
import { BODIES_PER_SECOND, history, hostName, type LiveLoad, liveLoad, regionName, sendPaced } from './live-load.ts'
import { quantile } from './measurement.ts'
import { cpuSecondsOf, ownCpuSeconds } from './process-usage.ts'
import { startRelay, write } from './systems/tidemark-http.ts'
import { FIELDS } from './tsbs-data.ts'

const { values } = parseArgs({
  options: {
    over: { type: 'string', default: 'process,http' },
    panels: { type: 'string', default: '1000' },
    'values-per-second': { type: 'string', default: '1000000' },
    minutes: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '20' },
    'answer-cache': { type: 'string', default: '64,0' },
    'in-turn': { type: 'boolean', default: false },
    folder: { type: 'string', default: tmpdir() },
  },
})
const PERIOD_MS = 5000
const MAX_LOADING = 4
const seconds = Number(values.seconds)

/** What is asked, and what takes rows in. */
interface Target {
  append(body: Uint8Array<ArrayBuffer>): Promise<unknown>
  /** Resolves with how many rows the answer has. */
  ask(text: string): Promise<number>
  statistics(): Promise<StoreStatistics>
  cpuSeconds(): number
  close(): Promise<void>
}

/** Of ten panels seven show a host, two show eight hosts, and one a region; one in a hundred shows all hosts. */
function panelText(panel: number, { hosts }: LiveLoad): string {
  const host = (panel * 7919) % hosts
  const field = FIELDS[panel % FIELDS.length]
  const during = `time >= now() - ${values.minutes}m`
  if (panel % 100 === 0) return `SELECT avg(${field}) FROM cpu WHERE ${during} GROUP BY 10s`
  if (panel % 10 === 0)
    return `SELECT avg(${field}) FROM cpu WHERE region = '${regionName(host)}' AND ${during} GROUP BY 10s`
  if (panel % 10 > 2)
    return `SELECT max(${field}) FROM cpu WHERE hostname = '${hostName(host)}' AND ${during} GROUP BY 10s`
  const names = Array.from({ length: 8 }, (_, i) => `'${hostName((host + i) % hosts)}'`).join(', ')
  return `SELECT max(${field}), avg(${field}) FROM cpu WHERE hostname IN (${names}) AND ${during} GROUP BY 10s, hostname`
}

async function runPanels(target: Target, load: LiveLoad): Promise<{ times: number[]; failures: string[] }> {
  const times: number[] = []
  const failures: string[] = []
  const panels = Number(values.panels)
  const end = performance.now() + 1000 * seconds
  const run = async (panel: number): Promise<void> => {
    const text = panelText(panel, load)
    let due = performance.now() + (PERIOD_MS * panel) / panels
    for (; due < end; due += PERIOD_MS) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
      try {
        // From when it was due: a panel that waits for others is late.
        if ((await target.ask(text)) === 0) throw new Error(`${text} has no rows`)
        times.push(performance.now() - due)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  await Promise.all(Array.from({ length: panels }, (_, panel) => run(panel)))
  return { times, failures }
}

/** A second of panels and appends after the other; returns milliseconds of each answer. */
async function askInTurn(target: Target, load: LiveLoad): Promise<number[]> {
  const times: number[] = []
  const panels = Number(values.panels)
  const asksPerBody = (panels * 1000) / PERIOD_MS / BODIES_PER_SECOND
  for (let body = 0, panel = 0; body < seconds * BODIES_PER_SECOND; body++) {
    await target.append(load.bodies[body % load.bodies.length]?.slice() ?? new Uint8Array())
    for (let i = 0; i < asksPerBody; i++) {
      const begun = performance.now()
      await target.ask(panelText(panel++ % panels, load))
      times.push(performance.now() - begun)
    }
  }
  return times
}

async function openProcess(directory: string, answerCacheMiB: number): Promise<Target> {
  const engine: Engine = await openEngine({
    store: { kind: 'files', directory },
    answerCacheBytes: answerCacheMiB * 2 ** 20,
  })
  return {
    append: (body) => engine.append({ kind: 'line-protocol', body }),
    ask: async (text) => (await collectRows(await engine.query(text))).rows,
    statistics: () => engine.statistics(),
    cpuSeconds: ownCpuSeconds,
    close: () => engine.close(),
  }
}

async function openHttp(directory: string, answerCacheMiB: number): Promise<Target> {
  const relay = await startRelay(directory, join(directory, '..', 'relay.log'), { answerCacheMiB })
  return {
    append: (body) => write(relay.http, body),
    ask: async (text) => {
      const body = await relay.http.get(`/api/query?q=${encodeURIComponent(text)}`, { accept: 'text/csv' })
      return body.toString().trimEnd().split('\n').length - 1
    },
    statistics: async () => JSON.parse((await relay.http.get('/api/statistics')).toString()),
    cpuSeconds: () => cpuSecondsOf(relay.process.pid) ?? Number.NaN,
    close: () => relay.close(),
  }
}

async function loadHistory(directory: string, load: LiveLoad): Promise<void> {
  const begun = performance.now()
  const engine = await openEngine({ store: { kind: 'files', directory } })
  const running: Promise<unknown>[] = []
  for (const rows of history(load, Number(values.minutes), Math.floor(Date.now() / 1000))) {
    running.push(engine.append({ kind: 'columns', rows }))
    if (running.length === MAX_LOADING) await Promise.all(running.splice(0))
  }
  await Promise.all(running)
  await engine.flush()
  await engine.close()
  console.error(`${values.minutes} minutes of history in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

async function measure(directory: string, load: LiveLoad, over: string, answerCacheMiB: number): Promise<void> {
  const target = await (over === 'http' ? openHttp : openProcess)(directory, answerCacheMiB)
  const opened = performance.now()
  // What is measured is panels that are open, not how they open.
  for (let panel = 0; panel < 2 * Number(values.panels); panel++) {
    await target.ask(panelText(panel % Number(values.panels), load))
  }
  console.error(`${over}: all panels asked twice in ${((performance.now() - opened) / 1000).toFixed(1)} s`)
  const stop = new AbortController()
  const cpu = target.cpuSeconds()
  const begun = performance.now()
  if (values['in-turn']) {
    const times = await askInTurn(target, load)
    const cores = (target.cpuSeconds() - cpu) / seconds
    const { reused, partly, read } = (await target.statistics()).answerCache
    console.log(
      `${over}, ${answerCacheMiB} MiB: ${cores.toFixed(3)} CPU seconds for each second of ${values.panels} panels and appends; ` +
        `ms p50 ${quantile(times, 0.5).toFixed(2)}, p99 ${quantile(times, 0.99).toFixed(2)}; ${reused} reused, ${partly} partly, ${read} read`,
    )
    return await target.close()
  }
  const sending = sendPaced(load, (body) => target.append(body), stop.signal)
  const { times, failures } = await runPanels(target, load)
  stop.abort()
  const taken = (await sending) * load.hosts * FIELDS.length
  const passed = (performance.now() - begun) / 1000
  const { answerCache } = await target.statistics()
  const ms = (share: number): string => quantile(times, share).toFixed(1)
  console.log(
    `${over}, ${answerCacheMiB} MiB: ${times.length} answers, ${failures.length} failed; ms p50 ${ms(0.5)}, p90 ${ms(0.9)}, p99 ${ms(0.99)}, ` +
      `max ${ms(1)}; ${(taken / passed / 1e6).toFixed(2)} M values/s taken; ${((target.cpuSeconds() - cpu) / passed).toFixed(2)} cores; ` +
      `asked of hosts: ${answerCache.reused} reused, ${answerCache.partly} partly, ${answerCache.read} read, ${(answerCache.bytes / 2 ** 20).toFixed(1)} MiB kept`,
  )
  for (const failure of failures.slice(0, 3)) console.log(failure)
  await target.close()
  if (failures.length > 0) process.exitCode = 1
}

const folder = mkdtempSync(join(values.folder, 'tidemark-panels-'))
try {
  const load = liveLoad(Number(values['values-per-second']))
  // One history for all: what a run appends is there in the next one, some hundredths of it.
  await loadHistory(join(folder, 'data'), load)
  for (const over of values.over.split(',')) {
    for (const answerCacheMiB of values['answer-cache'].split(',')) {
      await measure(join(folder, 'data'), load, over, Number(answerCacheMiB))
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
