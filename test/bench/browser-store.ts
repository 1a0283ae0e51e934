/**
 * IndexedDB and files of the browser, each as the store of an engine in a worker: `node scripts/run.mjs node
 * test/bench/browser-store.ts [hosts]`. A profile on disk, since a private window keeps both in memory and misleads. Minimum
 * and median of the rounds; CPU seconds are those of all processes of the browser. Frames are those that the page draws while
 * it loads: 60 a second where nothing keeps it from them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPage } from './chromium.ts'
import { quantile } from './measurement.ts'
import type { StorePage } from './pages/store-page.ts'
import { cpuSecondsOfTree } from './process-usage.ts'
import { FIELDS, generate } from './tsbs-data.ts'
import { lineProtocolFile, readLineBatches } from './tsbs-lines.ts'

declare const storePage: StorePage

const ENGINES = ['opfs', 'indexeddb'] as const
const ROUNDS = 3
const APPENDS = 200
const IN_FLIGHT = 16
const LOAD_IN_FLIGHT = 4
const LINES = 10_000

const hosts = Number(process.argv[2] ?? 100)
const data = generate({ hosts, hours: 24, seed: 1 })
const values = data.hosts * data.ticks * FIELDS.length
const path = lineProtocolFile(data)

async function measure(engine: (typeof ENGINES)[number], folder: string): Promise<Record<string, number>> {
  const batches = readLineBatches(path, LINES)
  const answer = (url: string): Uint8Array | undefined =>
    url.startsWith('/batch/') ? batches[Number(url.slice('/batch/'.length))] : undefined
  const { page, pid, close } = await openPage(
    join(import.meta.dirname, 'pages', 'store-page.ts'),
    { answer, folders: {}, isReady: () => globalThis.storePage !== undefined },
    folder,
  )
  const cpu = (): number => (pid === undefined ? NaN : (cpuSecondsOfTree(pid) ?? NaN))
  try {
    await page.evaluate((wanted) => storePage.open(wanted), engine)
    const one = await page.evaluate((count) => storePage.appendOne(count), APPENDS)
    const many = await page.evaluate(([count, inFlight]) => storePage.appendMany(count, inFlight), [
      APPENDS * 5,
      IN_FLIGHT,
    ] as const)
    await page.evaluate(() => storePage.fetchLines())
    const idle = await page.evaluate(() => storePage.idle(1_000))
    const before = cpu()
    const load = await page.evaluate((inFlight) => storePage.load(inFlight), LOAD_IN_FLIGHT)
    const cpuSeconds = cpu() - before
    await page.evaluate(() => storePage.close())
    const openLog = await page.evaluate((wanted) => storePage.open(wanted), engine)
    await page.evaluate(() => storePage.flush())
    await page.evaluate(() => storePage.close())
    const openSegments = await page.evaluate((wanted) => storePage.open(wanted), engine)
    const scan = await page.evaluate(() => storePage.scan())
    if (scan.rows !== data.hosts * data.ticks) throw new Error(`${scan.rows} rows of ${data.hosts * data.ticks}`)
    await page.evaluate(() => storePage.close())
    return {
      'append of a row, ms (p50)': quantile(one, 0.5),
      'append of a row, ms (p99)': quantile(one, 0.99),
      'appends a second, 16 under way': (APPENDS * 5 * 1000) / many,
      'bulk, M values/s': values / load.ms / 1000,
      'bulk, CPU s': cpuSeconds,
      'bulk, frames/s': (load.frames * 1000) / load.ms,
      'bulk, longest frame, ms': load.longestFrameMs,
      'idle, frames/s': (idle.frames * 1000) / idle.ms,
      'opening with a log, ms': openLog,
      'opening with segments, ms': openSegments,
      'scan of all after opening, M values/s': values / scan.ms / 1000,
    }
  } finally {
    await close()
  }
}

const results = new Map<string, Record<string, number>[]>(ENGINES.map((engine) => [engine, []]))
for (let round = 0; round < ROUNDS; round++) {
  for (const engine of ENGINES) {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
    results.get(engine)?.push(await measure(engine, folder))
    await rm(folder, { recursive: true, force: true })
  }
}
console.log(`${values / 1e6} M values of ${data.hosts} hosts; median of ${ROUNDS} rounds (least to most)`)
for (const what of Object.keys(results.get('opfs')?.[0] ?? {})) {
  const cells = ENGINES.map((engine) => {
    const found = (results.get(engine) ?? []).map((result) => result[what] ?? NaN)
    const [least, middle, most] = [0, 0.5, 1].map((share) => quantile(found, share).toPrecision(3))
    return `${engine} ${middle} (${least} to ${most})`.padEnd(38)
  })
  console.log(`${what.padEnd(40)}${cells.join('')}`)
}
