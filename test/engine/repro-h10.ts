
import { collectRows, openEngine } from '/work/main/engine/engine.ts'
import { runStatement } from '/work/main/engine/query/run.ts'
import { generator } from '/work/main/test/support/block-shapes.ts'
import { rowsOf, type Value } from '/work/main/test/support/plain-column.ts'
import { columnsOf } from '/work/main/test/support/random-table.ts'
import { type FixtureRow, TableFixture } from '/work/main/test/support/table-fixture.ts'
const FIELDS = { level: 'f64', count: 'i64', up: 'bool', text: 'string' } as const
const FIELD_NAMES = ['level', 'count', 'up', 'text'] as const
const START = 1_767_225_600_000_000_000n
const SECOND = 1_000_000_000n

const STATEMENTS = [
  'SELECT * FROM t',
  'SELECT count(*), count(level), sum(level), avg(level), min(level), max(level) FROM t GROUP BY 5m, host',
  'SELECT sum(count), avg(count), first(text), last(up), min(text), max(count) FROM t',
  "SELECT level / 3 + count AS mixed, text FROM t WHERE host =~ 'b+' AND level > 0 ORDER BY time DESC LIMIT 50",
  'SELECT max(level) - min(level) AS spread FROM t WHERE up GROUP BY host ORDER BY spread DESC',
  "SELECT count FROM t WHERE time >= '2026-01-01T00:03:00Z' AND time < '2026-01-01T00:04:00Z' AND NOT text = ''",
  'SELECT level, text FROM t LATEST ON time PARTITION BY host',
  'SHOW TABLES',
  'SHOW TAGS FROM t',
  'SHOW FIELDS FROM t',
  'SHOW TAG VALUES FROM t KEY host',
  'SHOW SERIES FROM t',
]

/** Rows of a few hosts, some late, some again, some values missing. Sums of quarters are exact in whatever order they are added. */
function randomRows(next: () => number, rows: number): FixtureRow[] {
  return Array.from({ length: rows }, () => {
    const values: Record<(typeof FIELD_NAMES)[number], Value> = {
      level: ((next() % 80_000) - 40_000) / 4,
      count: BigInt(next()) * 262_143n - (1n << 49n),
      up: next() % 2 === 0,
      text: ['', 'a', 'ünïcode', '\u{1f600}'][next() % 4] ?? '',
    }
    const present = Object.entries(values).filter(([name]) => name === 'level' || next() % 5 !== 0)
    return {
      time: START + BigInt(next() % 3_000) * SECOND,
      tags: { host: ['a', 'b', 'bb', '\u{1f600}'][next() % 4] ?? '' },
      fields: Object.fromEntries(present),
    }
  })
}

function linesOf(rows: readonly FixtureRow[]): string {
  const literal = (value: Value): string => {
    if (typeof value === 'string') return `"${value}"`
    return typeof value === 'bigint' ? `${value}i` : String(value)
  }
  return rows
    .map(({ time, tags, fields }) => {
      const values = Object.entries(fields).map(([name, value]) => `${name}=${literal(value)}`)
      return `t,host=${tags?.host} ${values.join(',')} ${time}`
    })
    .join('\n')
}


let bad = 0
for (let seed = 0; seed < 60; seed++) {
  const next = generator(seed)
  const reference = new TableFixture()
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  for (let i = 0; i < 6; i++) {
    const rows = randomRows(next, 700)
    reference.append('t', { fields: FIELDS, rows })
    await engine.append(i % 2 === 0 ? { kind: 'columns', rows: columnsOf(rows, FIELD_NAMES) } : { kind: 'line-protocol', body: linesOf(rows) })
    if (i % 3 === 0) await engine.flush()
    for (const text of STATEMENTS) {
      const a = rowsOf(await collectRows(await engine.query(text)))
      const b = rowsOf(await collectRows(await runStatement(text, reference, { now: START, params: {} })))
      const show = (x: unknown) => JSON.stringify(x, (_k, v) => typeof v === 'bigint' ? v + 'n' : v)
      if (show(a) !== show(b)) { bad++; if (bad < 6) { console.log(seed, i, text); const at = a.findIndex((r, j) => show(r) !== show(b[j])); console.log(show(a[at]), show(b[at]), a.length, b.length) } }
    }
  }
  await engine.close()
}
console.log({ bad })
