import { openEngine } from '../../engine/engine.ts'
import { lineOf, VIEW_QUERY } from './plain-view.ts'

// Opens the engine over a folder with a view and changes the table that it reads, until it is killed: rows of few windows and groups,
// so that they are computed again and again, and deletes.
const [directory = '', first = '0'] = process.argv.slice(2)
const engine = await openEngine({ store: { kind: 'files', directory }, workers: 1 })
await engine.append({ kind: 'line-protocol', body: lineOf({ time: 0n, host: 'h0', dc: '', x: 0, n: 0n }) })
await engine.query(`CREATE MATERIALIZED VIEW IF NOT EXISTS v AS ${VIEW_QUERY}`)
process.stdout.write('open\n')
for (let i = Number(first); ; i++) {
  const rows = [0, 1, 2].map((k) => {
    return { time: BigInt((i * 7 + k * 50) % 400), host: `h${(i + k) % 5}`, dc: '', x: i % 1000, n: BigInt(i) }
  })
  await engine.append({ kind: 'line-protocol', body: rows.map(lineOf).join('\n') })
  if (i % 9 === 0) await engine.delete({ table: 't', start: BigInt(i % 400), end: BigInt((i % 400) + 30) })
  if (i % 40 === 0) await engine.flush()
}
