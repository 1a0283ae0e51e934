// `node test/bench/plan-costs.ts`: what the parts of a plan cost in this thread, beside what plans are chosen by.
import { collectRows, openEngine } from '../../engine/engine.ts'
import { COST_US } from '../../engine/query/plan/cost.ts'

const SERIES = 256
const GROUPS = 8
const ROWS = GROUPS * 1024
const REPEATS = 15

const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, answerCacheBytes: 0 })
const time = BigInt64Array.from({ length: ROWS }, (_, row) => BigInt(row) * 1_000_000_000n)
for (let series = 0; series < SERIES; series++) {
  const tag = (name: string, value: string) =>
    ({ name, type: 'string', values: new Uint32Array(ROWS), dictionary: [value] }) as const
  await engine.append({
    kind: 'columns',
    rows: {
      table: 'cpu',
      time,
      tags: [tag('host', `h${series}`), tag('region', `r${series % 8}`)],
      fields: [{ name: 'v', type: 'i64', values: BigInt64Array.from(time, (_, row) => BigInt((row * series) % 97)) }],
    },
  })
}
await engine.compact()

/** Microseconds of a query at least. */
async function us(text: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let k = 0; k < REPEATS; k++) {
    const begun = performance.now()
    await collectRows(await engine.query(text))
    least = Math.min(least, performance.now() - begun)
  }
  return least * 1000
}

const HALF = "region IN ('r0', 'r2', 'r4', 'r6')"
const within = (groups: number) => `time < ${groups * 1024}s`
const slope = (more: number, less: number, count: number) => (more - less) / count

const oneGroup = await us(`SELECT sum(v) FROM cpu WHERE ${within(1)}`)
const oneGroupOfHalf = await us(`SELECT sum(v) FROM cpu WHERE ${HALF} AND ${within(1)}`)
const headers = await us('SELECT sum(v) FROM cpu')
const blocks = await us('SELECT sum(v) FROM cpu GROUP BY 1000s')
const values = await us('SELECT sum(v * 2) FROM cpu')
const few = `host IN ('h1', 'h2', 'h3', 'h4')`
const rows = await us(`SELECT v FROM cpu WHERE ${few}`)
const none = await us(`SELECT v FROM cpu WHERE ${few} AND v < 0`)
const sorted = await us(`SELECT v FROM cpu WHERE ${few} ORDER BY v`)
const pair = (right: string) =>
  `SELECT count(*) FROM (SELECT v FROM cpu WHERE host = 'h1' AND ${within(1)}) AS a JOIN (SELECT v, time + 0s AS t FROM cpu WHERE ${right}) AS b ON a.v = b.v + 1000`
const heldFew = await us(pair(`host = 'h2'`))
const held = await us(pair(few))

const found = {
  series: slope(oneGroup, oneGroupOfHalf, SERIES / 2),
  header: slope(headers, oneGroup, SERIES * (GROUPS - 1)),
  block: slope(blocks, headers, SERIES * GROUPS),
  value: slope(values, headers, SERIES * ROWS),
  row: slope(rows, none, 4 * ROWS),
  sorted: slope(sorted, rows, 4 * ROWS * Math.log2(4 * ROWS)),
  held: slope(held, heldFew, 3 * ROWS) - slope(rows, none, 4 * ROWS),
}
for (const [name, at] of Object.entries(COST_US)) {
  const measured = found[name as keyof typeof found]
  console.log(`${name}: plans are chosen by ${at} us, measured ${Number(measured.toPrecision(2))}`)
}
await engine.close()
