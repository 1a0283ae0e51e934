// `node test/bench/cardinality.ts [--series N | --full] [--engine N]`: what many series cost. Registers N series (1 M; 10 M with
// --full) with the index alone, then some through the engine: bytes a series, new series a second, lookups, start-up. The data
// is `cpu` of TSBS, each host a series of its own. Answers are compared with what the data is made of.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Matcher } from '../../engine/core/matcher.ts'
import { encodeSeriesKey, type Tags } from '../../engine/core/series.ts'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { packKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

const BATCH = 10_000
const REPEATS = 5
const DAY_NS = 86_400_000_000_000n
const OSES = ['Ubuntu16.10', 'Ubuntu16.04LTS', 'Ubuntu15.10']
const REGIONS = ['eu-central-1', 'us-west-1', 'sa-east-1']
const ENVIRONMENTS = ['test', 'production', 'staging']
const TEAMS = ['SF', 'NYC', 'LON', 'CHI']

const pick = (texts: readonly string[], i: number): string => texts[i % texts.length] ?? ''

/** Tags of host i in canonical order. */
function tagsOf(i: number): Tags {
  return [
    ['arch', pick(['x64', 'x86', 'arm'], i)],
    ['datacenter', `eu-central-1${pick(['a', 'b', 'c'], i)}`],
    ['hostname', `host_${i}`],
    ['os', pick(OSES, i >> 2)],
    ['rack', `${i % 100}`],
    ['region', pick(REGIONS, i >> 3)],
    ['service', `${i % 20}`],
    ['service_environment', pick(ENVIRONMENTS, i >> 4)],
    ['service_version', `${i & 1}`],
    ['team', pick(TEAMS, i >> 5)],
  ]
}

const scratch = Buffer.alloc(1024)

/** The canonical key of host i; quicker than the engine's own, whose names need not be ASCII. */
function keyOf(i: number): Uint8Array {
  let at = 0
  for (const text of ['cpu', ...tagsOf(i).flat()]) {
    scratch.writeUInt32LE(text.length, at)
    at += 4 + scratch.write(text, at + 4, 'latin1')
  }
  return new Uint8Array(scratch.subarray(0, at))
}

assert.deepEqual(keyOf(12_345), encodeSeriesKey({ table: 'cpu', tags: tagsOf(12_345) }))

interface Lookup {
  name: string
  matchers: Matcher[]
  passes(i: number): boolean
}

const LOOKUPS: readonly Lookup[] = [
  {
    name: 'hostname =',
    matchers: [{ tag: 'hostname', op: '=', value: 'host_777' }],
    passes: (i) => i === 777,
  },
  {
    name: 'hostname = and region !=',
    matchers: [
      { tag: 'hostname', op: '=', value: 'host_777' },
      { tag: 'region', op: '!=', value: pick(REGIONS, (777 >> 3) + 1) },
    ],
    passes: (i) => i === 777,
  },
  {
    name: 'hostname IN (8)',
    matchers: [{ tag: 'hostname', op: 'in', values: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `host_${i * 1000}`) }],
    passes: (i) => i > 0 && i <= 8000 && i % 1000 === 0,
  },
  {
    name: 'hostname =~ a|b',
    matchers: [{ tag: 'hostname', op: '=~', value: 'host_1|host_2' }],
    passes: (i) => i === 1 || i === 2,
  },
  {
    name: 'hostname =~ prefix (all values)',
    matchers: [{ tag: 'hostname', op: '=~', value: 'host_1234.' }],
    passes: (i) => i >= 12_340 && i < 12_350,
  },
  {
    name: 'rack = and service = and team = and os =',
    matchers: [
      { tag: 'rack', op: '=', value: '1' },
      { tag: 'service', op: '=', value: '1' },
      { tag: 'team', op: '=', value: 'SF' },
      { tag: 'os', op: '=', value: 'Ubuntu16.10' },
    ],
    passes: (i) => i % 100 === 1 && i % 20 === 1 && (i >> 5) % 4 === 0 && (i >> 2) % 3 === 0,
  },
  {
    name: 'rack = and hostname =~ .*990.',
    matchers: [
      { tag: 'rack', op: '=', value: '7' },
      { tag: 'hostname', op: '=~', value: '.*990.' },
    ],
    passes: (i) => i % 100 === 7 && /990.$/.test(`${i}`),
  },
]

/** CPU seconds of this process since it began. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function settledRss(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return process.memoryUsage().rss
}

function expectedCount(passes: (i: number) => boolean, series: number): number {
  let count = 0
  for (let i = 0; i < series; i++) if (passes(i)) count++
  return count
}

async function measureIndex(series: number): Promise<void> {
  const index = new SeriesIndex(await Kernel.create(await loadCore()))
  const before = settledRss()
  let seconds = 0
  for (let from = 0; from < series; from += BATCH) {
    const count = Math.min(BATCH, series - from)
    const keys = packKeys(Array.from({ length: count }, (_, k) => keyOf(from + k)))
    const shards = Uint8Array.from({ length: count }, (_, k) => (from + k) % 64)
    const begun = cpuSeconds()
    index.registerKeys(keys, shards)
    seconds += cpuSeconds() - begun
  }
  assert.equal(index.size, series)
  console.log(`index alone, ${series} series`)
  console.log(`  registered ${Math.round(series / seconds)} series/s of CPU`)
  const parts = Object.entries(index.bytes).map(([part, bytes]) => `${part} ${(bytes / series).toFixed(1)}`)
  const total = Object.values(index.bytes).reduce((sum, bytes) => sum + bytes, 0)
  console.log(`  ${(total / series).toFixed(1)} bytes a series: ${parts.join(', ')}`)
  console.log(`  ${((settledRss() - before) / series).toFixed(1)} bytes a series of process memory`)
  for (const { name, matchers, passes } of LOOKUPS) {
    let best = Number.POSITIVE_INFINITY
    let found = new Uint32Array()
    for (let i = 0; i < REPEATS; i++) {
      const begun = performance.now()
      found = new Uint32Array(await index.select('cpu', matchers))
      best = Math.min(best, performance.now() - begun)
    }
    assert.equal(found.length, expectedCount(passes, series), name)
    for (const ref of found) assert.ok(passes(Number(index.tags(ref)[2]?.[1].slice('host_'.length))), name)
    console.log(`  ${name.padEnd(44)} ${best.toFixed(2).padStart(8)} ms, ${found.length} series`)
  }
}

const LINE_BYTES = 512

/** As bytes, so that what is measured collects no texts of ours. */
function linesOf(from: number, count: number): Uint8Array {
  const bytes = Buffer.alloc(count * LINE_BYTES)
  let end = 0
  for (let i = from; i < from + count; i++) {
    const tags = tagsOf(i).map(([name, value]) => `${name}=${value}`)
    end += bytes.write(`cpu,${tags.join(',')} usage=${i % 100} ${DAY_NS + BigInt(i)}\n`, end, 'latin1')
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, end)
}

async function measureEngine(series: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-cardinality-'))
  try {
    const before = settledRss()
    const options = { store: { kind: 'files', directory }, workers: 0, cacheBytes: 64 << 20 } as const
    const engine = await openEngine(options)
    let seconds = 0
    for (let from = 0; from < series; from += BATCH) {
      const body = linesOf(from, Math.min(BATCH, series - from))
      const begun = cpuSeconds()
      await engine.append({ kind: 'line-protocol', body })
      seconds += cpuSeconds() - begun
    }
    const begun = cpuSeconds()
    await engine.flush()
    const flushed = seconds + cpuSeconds() - begun
    console.log(`engine, ${series} series of a row of one field each, line protocol, durable`)
    console.log(
      `  ${Math.round(series / seconds)} new series/s of CPU, ${Math.round(series / flushed)} with the last flush`,
    )
    console.log(`  ${((settledRss() - before) / series).toFixed(1)} bytes a series of process memory after a flush`)
    const { segmentBytes, segments } = await engine.statistics()
    console.log(`  ${(segmentBytes / series).toFixed(1)} bytes a series in ${segments} segments`)
    await engine.close()
    await measureStart(series, options)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measureStart(series: number, options: Parameters<typeof openEngine>[0]): Promise<void> {
  const before = settledRss()
  const [begun, cpu] = [performance.now(), cpuSeconds()]
  const engine = await openEngine(options)
  const wall = (performance.now() - begun) / 1000
  console.log(`  opened again in ${wall.toFixed(1)} s, ${(cpuSeconds() - cpu).toFixed(1)} s of CPU`)
  console.log(`  ${((settledRss() - before) / series).toFixed(1)} bytes a series of process memory`)
  const host = Math.min(777, series - 1)
  for (const round of ['first', 'second']) {
    const asked = performance.now()
    const answer = await engine.query(`SELECT sum(usage) AS u FROM cpu WHERE hostname = 'host_${host}'`)
    const rows = await collectRows(answer)
    console.log(`  ${round} query of one series: ${(performance.now() - asked).toFixed(1)} ms`)
    assert.equal(rows.columns[0]?.values[0], host % 100)
  }
  const cardinality = await collectRows(await engine.query('SHOW CARDINALITY FROM cpu'))
  assert.deepEqual(
    cardinality.columns.slice(1).map(({ values }) => values[0]),
    [BigInt(series), BigInt(series)],
  )
  await engine.close()
}

const { values: options } = parseArgs({
  options: { series: { type: 'string' }, full: { type: 'boolean' }, engine: { type: 'string' } },
})
const series = Number(options.series ?? (options.full ? 10_000_000 : 1_000_000))
if (series > 0) await measureIndex(series)
await measureEngine(Number(options.engine ?? series))
