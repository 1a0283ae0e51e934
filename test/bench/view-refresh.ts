// `node test/bench/view-refresh.ts [series [groups]]`: what a refresh of a view over many series costs after some of its groups have changed, and how
// long after the acknowledgement of an append an immediate view has its row. In memory, inline; processor time of the whole process.
import assert from 'node:assert/strict'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { rowsOf } from '../support/plain-column.ts'

const { positionals } = parseArgs({ allowPositionals: true })
const SERIES = Number(positionals[0] ?? 100_000)
const GROUPS = Number(positionals[1] ?? SERIES)
const WINDOWS = 2
const CHANGES = [1, 100, 1000, 10_000].filter((count) => count <= GROUPS)
const REPEATS = 3
const APPENDS = 200
const FIRST = 1_795_305_600_000_000_000n
const HOUR = 3_600_000_000_000n

const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })

async function append(hosts: number, window: number, value: number, minute = 0): Promise<void> {
  const time = FIRST + BigInt(window) * HOUR + BigInt(minute) * 60_000_000_000n
  const lines = Array.from({ length: hosts }, (_, i) => {
    const host = Math.floor((i * SERIES) / hosts)
    return `cpu,rack=rack_${Math.floor((host * GROUPS) / SERIES)},host=host_${host} usage=${(value + host) % 100},n=${host}i ${time}`
  })
  await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
}

async function rows(text: string): Promise<unknown[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

/** The premise: the view has what its query answers. */
async function requireSame(): Promise<void> {
  const sums = 'SELECT count(*), sum(peak), sum(total), sum(rows), min(time), max(time)'
  // The view has no count of this field, so that it does not answer itself.
  const query = 'SELECT rack, max(usage) AS peak, sum(n) AS total, count(usage) AS rows FROM cpu GROUP BY 1h, rack'
  assert.deepEqual(await rows(`${sums} FROM v`), await rows(`${sums} FROM (${query}) AS q`))
}

for (let window = 0; window < WINDOWS; window++) await append(SERIES, window, window)
await engine.flush()
await rows(
  'CREATE MATERIALIZED VIEW v REFRESH MANUAL AS SELECT rack, max(usage) AS peak, sum(n) AS total, count(*) AS rows FROM cpu GROUP BY 1h, rack',
)
await rows('REFRESH MATERIALIZED VIEW v')
await requireSame()

let minute = 1
console.log(
  `${SERIES} series, ${GROUPS} groups, ${WINDOWS} windows; refresh after a change in one window, least of ${REPEATS}`,
)
for (const changed of CHANGES) {
  let [wall, cpu] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let written = 0
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    await append(changed, 1, 7 * minute, minute++ % 60)
    const usage = process.cpuUsage()
    const began = performance.now()
    const [answer] = await rows('REFRESH MATERIALIZED VIEW v')
    wall = Math.min(wall, performance.now() - began)
    const { user, system } = process.cpuUsage(usage)
    cpu = Math.min(cpu, (user + system) / 1000)
    written = Number(answer?.[0])
  }
  assert.equal(written, changed)
  console.log(`${String(changed).padStart(7)} groups changed: ${wall.toFixed(2)} ms, ${cpu.toFixed(2)} ms of CPU`)
}
await requireSame()

const acknowledged = async (): Promise<number> => {
  const times: number[] = []
  for (let i = 0; i < APPENDS; i++) {
    const began = performance.now()
    await append(1, 2, i, minute++ % 60)
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[APPENDS / 2] ?? 0
}
const without = await acknowledged()
await rows('ALTER MATERIALIZED VIEW v SET REFRESH IMMEDIATE')
const beside = await acknowledged()
const delays: number[] = []
for (let i = 0; i < APPENDS / 4; i++) {
  const time = FIRST + BigInt(100 + i) * HOUR
  await engine.append({ kind: 'line-protocol', body: `cpu,rack=rack_0,host=host_0 usage=1,n=1i ${time}` })
  const began = performance.now()
  for (;;) {
    const found = await rows(`SELECT rows FROM v WHERE rack = 'rack_0' AND time >= ${time}`)
    if (found.length > 0) break
    await setImmediate()
  }
  delays.push(performance.now() - began)
  await setTimeout(5)
}
delays.sort((a, b) => a - b)
console.log(
  `append of a row acknowledged after ${without.toFixed(3)} ms without, ${beside.toFixed(3)} ms beside an immediate view (medians)`,
)
console.log(
  `its window is in the view ${delays[delays.length >> 1]?.toFixed(2)} ms after the acknowledgement (median), ${delays.at(-1)?.toFixed(2)} ms (longest of ${delays.length})`,
)
await engine.close()
