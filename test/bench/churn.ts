// `node --expose-gc test/bench/churn.ts [--series N] [--hours H]`: does memory grow as series come and go? Every simulated hour
// N series (100,000) have a row each and never come again; rows are kept for two hours. Prints series and memory of each hour and compares the
// last third of the hours with the third before it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openEngine } from '../../engine/engine.ts'
import { ownCpuSeconds } from './process-usage.ts'

const HOUR_NS = 3_600_000_000_000n
const BATCH = 10_000
const LINE_BYTES = 128
const KEPT_HOURS = 2

const { values } = parseArgs({ options: { series: { type: 'string' }, hours: { type: 'string' } } })
const series = Number(values.series ?? 100_000)
const hours = Number(values.hours ?? 30)

/** Lines of pods of an hour, each of a series of its own. */
function linesOf(hour: number, from: number, now: bigint): Uint8Array {
  const bytes = Buffer.alloc(BATCH * LINE_BYTES)
  let end = 0
  for (let i = from; i < Math.min(from + BATCH, series); i++)
    end += bytes.write(
      `pods,node=n${i % 500},pod=${hour}-${i},zone=z${i % 3} v=${i} ${now + BigInt(i)}\n`,
      end,
      'latin1',
    )
  return new Uint8Array(bytes.buffer, bytes.byteOffset, end)
}

function settledMegabytes(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return process.memoryUsage().rss / 1e6
}

const directory = mkdtempSync(join(tmpdir(), 'tidemark-churn-'))
let now = 1_700_000_000_000_000_000n
const engine = await openEngine({
  store: { kind: 'files', directory },
  workers: 0,
  cacheBytes: 32 << 20,
  clock: { now: () => now },
  retentionMs: { pods: KEPT_HOURS * 3_600_000 },
})
try {
  const memory: number[] = []
  for (let hour = 0; hour < hours; hour++) {
    now += HOUR_NS
    const cpu = ownCpuSeconds()
    for (let from = 0; from < series; from += BATCH)
      await engine.append({ kind: 'line-protocol', body: linesOf(hour, from, now) })
    await engine.flush()
    const seconds = ownCpuSeconds() - cpu
    const known = (await engine.statistics()).series
    assert.ok(known <= (KEPT_HOURS + 3) * series, `${known} series are known after hour ${hour}`)
    memory.push(settledMegabytes())
    const figures = [
      `${known} series`,
      `${memory.at(-1)?.toFixed(0)} MB of process memory`,
      `${seconds.toFixed(1)} s of CPU`,
    ]
    console.log(`hour ${hour}: ${figures.join(', ')}`)
  }
  const third = Math.floor(hours / 3)
  const most = (from: number, to?: number): number => Math.max(...memory.slice(from, to))
  const [before, last] = [most(-2 * third, -third), most(-third)]
  if (third > 0)
    console.log(
      `the third of the hours before the last at most ${before.toFixed(0)} MB, the last ${last.toFixed(0)} MB`,
    )
} finally {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
}
