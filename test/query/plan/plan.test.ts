import { describe, expect, test } from 'vitest'
import { printPlan } from '../../../engine/query/plan/print-plan.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { planStatement, runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { TableFixture } from '../../support/table-fixture.ts'

const CATALOG = {
  tables: [
    { name: 'http', tags: ['host'], fields: [{ name: 'requests', type: 'f64' as const }] },
    {
      name: 'cpu',
      tags: ['host', 'region'],
      fields: [
        { name: 'idle', type: 'f64' as const },
        { name: 'usage', type: 'f64' as const },
      ],
    },
  ],
}

const FIXTURE = new TableFixture({
  cpu: {
    fields: { idle: 'f64', usage: 'f64' },
    rows: [
      { time: 7n, tags: { host: 'a' }, fields: { usage: 3 } },
      { time: 9n, tags: { host: 'b' }, fields: { usage: 5 } },
    ],
  },
})

const printed = async (text: string): Promise<string[]> =>
  printPlan(await planStatement(text, FIXTURE, { now: 3_600_000_000_000n, catalog: CATALOG }))
    .trimEnd()
    .split('\n')

describe('plan', () => {
  test('tests of tags become matchers, tests of time the range, the rest a filter', async () => {
    const text =
      "SELECT usage FROM cpu WHERE host = 'a' AND (region = 'x' OR region = 'y') AND time >= now() - 1h AND time < 10 AND (usage > 1 OR host = 'b')"
    expect(await printed(text)).toEqual([
      'project usage = usage',
      "  rows of cpu from 1970-01-01T00:00:00.000000000Z to 1970-01-01T00:00:00.000000010Z where host = 'a' where region in ('x', 'y') filter ((usage > 1.0) or (host = 'b')) asc read time, usage",
    ])
  })

  test('windows of rows take rows as they come in order of time, and tests of their keys choose series', async () => {
    const text = "SELECT max(usage) FROM cpu SESSION WINDOW GAP 5m BY host HAVING host = 'a'"
    expect(await printed(text)).toEqual([
      'project window_start = "@start", window_end = "#0", host = host, "max(usage)" = "#1"',
      '  group by "@start" by host by "@number" #0 = max(time) #1 = max(usage)',
      '    windows of a gap of 5m by host',
      "      rows of cpu where host = 'a' asc read time, host, usage",
    ])
  })

  test('a query that is asked for each row is a join with groups, a test of whether it has rows one that drops the others', async () => {
    const text =
      "SELECT usage FROM cpu WHERE EXISTS (SELECT 1 FROM cpu AS c WHERE c.host = cpu.host AND c.region = 'x') AND usage > 1"
    expect(await printed(text)).toEqual([
      'project usage = usage',
      '  inner join on host = "?0.group.?0.0"',
      '    up to 1024 keys choose series of cpu by host, or keys of the left side choose series of cpu by host',
      '    rows of cpu filter (usage > 1.0) asc read time, host, usage',
      '    project "?0.group.?0.0" = "?0.0"',
      "      aggregate of cpu where region = 'x' by host",
    ])
    const most = 'SELECT usage, (SELECT max(idle) FROM cpu AS c WHERE c.host = cpu.host) AS most FROM cpu'
    expect(await printed(most)).toEqual([
      'project usage = usage, most = "?0.group.#0"',
      '  left join on host = "?0.group.?0.0"',
      '    up to 1024 keys of the left side choose series of cpu by host',
      '    rows of cpu asc read time, host, usage',
      '    project "?0.group.?0.0" = "?0.0", "?0.group.#0" = "#0"',
      '      finish #0 = max(idle) of input 0',
      '        aggregate of cpu by host keep count+max of idle',
    ])
  })

  test('keys of one side of a join choose series of the other where others would have no match', async () => {
    const chosen = (lines: readonly string[]) =>
      lines.filter((line) => line.includes('choose series')).map((line) => line.trim())
    const on = 'ON a.host = b.host'
    const of = async (text: string) => chosen(await printed(text))
    const ofLeft = ['up to 1024 keys choose series of cpu by host']
    const ofRight = ['up to 1024 keys of the left side choose series of cpu by host']
    const said = [`${ofLeft[0]}, or keys of the left side choose series of cpu by host`]
    expect(await of(`SELECT a.usage FROM cpu AS a JOIN cpu AS b ${on}`)).toEqual(said)
    expect(await of(`SELECT a.usage FROM cpu AS a RIGHT JOIN cpu AS b ${on}`)).toEqual(ofLeft)
    expect(await of(`SELECT a.usage FROM cpu AS a LEFT JOIN cpu AS b ${on}`)).toEqual(ofRight)
    expect(await of(`SELECT a.usage FROM cpu AS a FULL JOIN cpu AS b ${on}`)).toEqual([])
    expect(await of('SELECT a.usage FROM cpu AS a JOIN cpu AS b ON a.usage = b.usage')).toEqual([])
    const newest = '(SELECT * FROM cpu LATEST ON time PARTITION BY host)'
    expect(await of(`SELECT a.usage FROM ${newest} AS a JOIN cpu AS b ${on}`)).toEqual(said)
    const byRegion = '(SELECT * FROM cpu LATEST ON time PARTITION BY region)'
    expect(await of(`SELECT a.usage FROM ${byRegion} AS a JOIN cpu AS b ${on}`)).toEqual(ofRight)
    const first = '(SELECT * FROM cpu LIMIT 5)'
    expect(await of(`SELECT a.usage FROM ${first} AS a JOIN cpu AS b ${on}`)).toEqual(ofRight)
    // The last of three sources chooses series of the one below that has the key, where none of its rows stay alone.
    const three = (join: string) => `SELECT a.usage FROM cpu AS a ${join} cpu AS b ON a.usage = b.usage JOIN http AS c`
    const ofHttp = 'or keys of the left side choose series of http by host'
    const under = `up to 1024 keys choose series of cpu by host, ${ofHttp}`
    expect(await of(`${three('JOIN')} ON c.host = a.host`)).toEqual([under])
    expect(await of(`${three('JOIN')} ON c.host = b.host`)).toEqual([under])
    expect(await of(`${three('LEFT JOIN')} ON c.host = a.host`)).toEqual([under])
    const notUnder = 'up to 1024 keys of the left side choose series of http by host'
    expect(await of(`${three('LEFT JOIN')} ON c.host = b.host`)).toEqual([notUnder])
    const asof = three('ASOF JOIN').replace('ON a.usage = b.usage', 'ON (region)')
    const ownRight = 'up to 1024 keys of the left side choose series of cpu by region'
    expect(await of(`${asof} ON c.host = b.host`)).toEqual([notUnder, ownRight])
    expect(await of(`${asof} ON c.host = a.host`)).toEqual([under, ownRight])
    const groups = '(SELECT host, max(usage) AS usage FROM cpu GROUP BY host)'
    expect(await of(`SELECT a.usage FROM ${groups} AS a JOIN cpu AS b ${on}`)).toEqual(said)
  })

  test('WINDOW JOIN reads both sides by time, and of the right side what WHERE leaves in reach', async () => {
    const text =
      "SELECT a.usage, max(b.idle) AS m FROM cpu AS a WINDOW JOIN cpu AS b ON (host) RANGE BETWEEN 5ns PRECEDING AND CURRENT ROW EXCLUDE PREVAILING WHERE a.time >= 10 AND a.host = 'x'"
    expect(await printed(text)).toEqual([
      'project usage = a.usage, m = "#0"',
      '  window join from -5ns to 0ns on a.host = b.host #0 = max(b.idle)',
      '    project a.time = time, a.host = host, a.usage = usage',
      "      rows of cpu from 1970-01-01T00:00:00.000000010Z where host = 'x' asc read time, host, usage",
      '    project b.time = time, b.host = host, b.idle = idle',
      '      rows of cpu from 1970-01-01T00:00:00.000000005Z asc read time, host, idle',
    ])
  })

  test('INSERT writes the rows of a plan, DELETE is matchers and a range', async () => {
    const copy = 'INSERT INTO cpu SELECT time + 1h AS time, host, usage, 1 AS new FROM cpu LIMIT 2'
    expect(await printed(copy)).toEqual([
      'insert into cpu (time time, host tag, usage f64, new i64), once all are read',
      '  project time = (time + 3600000000000), host = host, usage = usage, new = 1',
      '    limit 2 offset 0',
      '      rows of cpu asc limit 2 read time, host, usage',
    ])
    const some = "DELETE FROM cpu WHERE host = 'a' AND time < 10 AND (region = 'x' OR region = 'y')"
    expect(await printed(some)).toEqual([
      "delete of cpu to 1970-01-01T00:00:00.000000010Z where host = 'a' where region in ('x', 'y')",
    ])
    expect(await printed('DELETE FROM cpu WHERE time < 0 AND time > 0')).toEqual(['delete nothing of cpu'])
  })

  test('a limit goes to the scan where the order is that of time', async () => {
    expect((await printed('SELECT usage FROM cpu ORDER BY time DESC LIMIT 5 OFFSET 2')).at(-1)?.trim()).toBe(
      'rows of cpu desc limit 7 read time, usage',
    )
    expect((await printed('SELECT usage FROM cpu ORDER BY idle LIMIT 5')).map((line) => line.trim())).toEqual([
      'project usage = usage',
      'limit 5 offset 0',
      'sort idle first 5',
      'rows of cpu asc read time, usage, idle',
    ])
  })

  test('windows of a calendar, and those that overlap, are runs of windows of one length over one scan', async () => {
    const plan = (text: string): Promise<string[]> => printed(`SELECT max(usage) AS m FROM cpu GROUP BY ${text}`)
    expect(await plan("2mo TIME ZONE 'Europe/Berlin'")).toEqual([
      'project time = time, m = "#0"',
      '  finish #0 = max(usage) of input 0',
      '    windows of 2 months in Europe/Berlin',
      '    aggregate of cpu keep count+max of usage',
    ])
    expect((await plan('15m STEP 5m'))[2]).toBe('    windows of 15m step 5m')
    expect((await plan("1d TIME ZONE 'UTC'")).at(-1)).toBe('    aggregate of cpu by 1d keep count+max of usage')
  })

  test('FILL stands above the shards, and the range of FROM and TO is theirs', async () => {
    const text = 'SELECT max(usage) AS m FROM cpu GROUP BY 1h FROM 0 TO 2h FILL(PREV) MAX GAP 1h'
    expect(await printed(text)).toEqual([
      'project time = time, m = "=0"',
      '  fill windows of 1h from 1970-01-01T00:00:00.000000000Z to 1970-01-01T02:00:00.000000000Z =0 previous #0 previous max gap 1h',
      '    finish #0 = max(usage) of input 0',
      '      aggregate of cpu from 1970-01-01T00:00:00.000000000Z to 1970-01-01T02:00:00.000000000Z by 1h keep count+max of usage',
    ])
  })

  test('calls over one input share its states', async () => {
    const text = 'SELECT avg(usage), max(usage) - avg(usage) AS d, count(*) FROM cpu GROUP BY 5m, host'
    expect((await printed(text)).map((line) => line.trim())).toEqual([
      'project time = time, host = host, "avg(usage)" = "#0", d = ("#1" - "#0"), "count(*)" = "#2"',
      'finish #0 = avg(usage) of input 0',
      'finish #1 = max(usage) of input 0',
      'finish #2 = count(*) of input 1',
      'aggregate of cpu by 5m by host keep count+sum+max of usage keep count of rows',
    ])
  })

  test('a query around a query becomes one, down to the table', async () => {
    const text =
      "SELECT h, max(busy) AS m FROM (SELECT host AS h, 100 - idle AS busy, time, usage FROM cpu WHERE usage > 1) WHERE h = 'a' AND time >= 0 GROUP BY 5m, h ORDER BY m LIMIT 3"
    expect(await printed(text)).toEqual([
      'project time = time, h = h, m = "#0"',
      '  limit 3 offset 0',
      '    sort "#0" first 3',
      '      finish #0 = max(busy) of input 0',
      "      aggregate of cpu from 1970-01-01T00:00:00.000000000Z where host = 'a' filter (usage > 1.0) by 5m by host keep count+max of (100 - idle)",
    ])
  })

  test('what a limit chose is not read by what stands around it', async () => {
    expect(await printed("SELECT u FROM (SELECT usage AS u, idle, host FROM cpu LIMIT 9) WHERE host = 'a'")).toEqual([
      'project u = usage',
      "  filter (host = 'a')",
      '    limit 9 offset 0',
      '      rows of cpu asc limit 9 read time, host, usage',
    ])
  })

  test('a condition on a union is one on each side', async () => {
    const text =
      "SELECT u FROM (SELECT usage AS u, host FROM cpu UNION ALL SELECT idle, host FROM cpu) WHERE host = 'a'"
    expect(await printed(text)).toEqual([
      'project u = u',
      '  union all',
      '    project u = usage, host = host',
      "      rows of cpu where host = 'a' asc read time, host, usage",
      '    project u = idle, host = host',
      "      rows of cpu where host = 'a' asc read time, host, idle",
    ])
  })

  test('rows of tags alone that come once are groups of the shards, also on both sides of a union', async () => {
    const text = "SELECT DISTINCT h FROM (SELECT host AS h, usage FROM cpu) WHERE h != 'a' UNION SELECT region FROM cpu"
    expect(await printed(text)).toEqual([
      'union',
      '  project h = h',
      "    aggregate of cpu where host != 'a' by host",
      '  project h = region',
      '    aggregate of cpu by region',
    ])
  })

  test('what queries in expressions answer chooses series and times', async () => {
    const text =
      'SELECT usage FROM cpu WHERE time >= (SELECT max(time) FROM cpu) AND host IN (SELECT host FROM cpu WHERE usage > 3) AND usage > (SELECT 1.5) AND EXISTS (SELECT 1)'
    expect((await printed(text)).at(-1)?.trim()).toBe(
      "rows of cpu from 1970-01-01T00:00:00.000000009Z where host in ('b') filter (usage > 1.5) asc read time, usage",
    )
    expect(
      (await printed('SELECT usage FROM cpu WHERE host IN (SELECT host FROM cpu WHERE usage > 9)')).at(-1)?.trim(),
    ).toBe('nothing')
  })

  test('a model has the rows that it reads', async () => {
    expect(await printed("DETECT ANOMALIES IN usage USING mad(k=5) FROM cpu WHERE region = 'eu' BY host")).toEqual([
      'detect anomalies using mad(k=5)',
      '  project time = time, host = host, value = usage',
      "    rows of cpu where region = 'eu' asc read time, host, usage",
    ])
  })

  test('aggregates with states of their own go to the scan, with how far it has to look back', async () => {
    const text =
      'SELECT quantile(0.9, usage) AS q, avg(usage) AS a, rate(idle) AS r, rate(idle, 30s) AS s FROM cpu GROUP BY 1h'
    expect((await printed(text)).map((line) => line.trim())).toEqual([
      'project time = time, q = "#0", a = "#1", r = "#2", s = "#3"',
      'finish #0 = quantile(0.9, usage) of accumulator 0',
      'finish #1 = avg(usage) of input 0',
      'finish #2 = rate(idle) of accumulator 1',
      'finish #3 = rate(idle, 30s) of accumulator 2',
      'aggregate of cpu by 1h keep count+sum of usage keep quantile(usage, 0.9) keep rate(idle, 1h) keep rate(idle, 30s) look back 1h',
    ])
  })

  test('a contradiction reads nothing', async () => {
    expect((await printed('SELECT usage FROM cpu WHERE time > 5 AND time < 5')).at(-1)?.trim()).toBe('nothing')
  })
})

describe('EXPLAIN', () => {
  test('says what a query means, how it is answered and how segments keep what it reads', async () => {
    const fixture = new TableFixture({ cpu: { fields: { usage: 'f64', idle: 'f64' }, rows: [] } })
    const use = { encoding: 'delta', blocks: 2, values: 9, bytes: 5 }
    fixture.encodings = async () => ['time', 'usage', 'idle'].map((column) => ({ column, ...use }))
    const text = 'EXPLAIN SELECT max(u) AS m FROM (SELECT usage * 2 AS u, time FROM cpu WHERE usage > 1) GROUP BY 5m'
    const answer = rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
    expect(answer).toEqual([
      ['meaning', 'project time, m = "#0"'],
      ['meaning', '  aggregate by 5m #0 = max(u)'],
      ['meaning', '    project u = (usage * 2), time'],
      ['meaning', '      filter (usage > 1.0)'],
      ['meaning', '        scan cpu'],
      ['plan', 'project time = time, m = "#0"'],
      ['plan', '  finish #0 = max(u) of input 0'],
      ['plan', '    aggregate of cpu filter (usage > 1.0) by 5m keep count+max of (usage * 2)'],
      ['blocks', 'cpu time: delta, 2 blocks, 9 values, 5 bytes'],
      ['blocks', 'cpu usage: delta, 2 blocks, 9 values, 5 bytes'],
    ])
  })
})

describe('run', () => {
  const rows = Array.from({ length: 500 }, (_, i) => ({
    time: BigInt(i) * 60_000_000_000n,
    tags: { host: `h${i % 3}` },
    fields: { usage: (i * 37) % 101 },
  }))
  const fixture = new TableFixture({ cpu: { fields: { usage: 'f64' }, rows } })

  test('the newest windows are found without reading all of them', async () => {
    const starts: bigint[] = []
    const watched = new TableFixture({ cpu: { fields: { usage: 'f64' }, rows } })
    const original = watched.aggregate.bind(watched)
    watched.aggregate = (plan) => {
      starts.push(plan.start)
      return original(plan)
    }
    const text = 'SELECT max(usage) FROM cpu WHERE time < 29940000000001 GROUP BY 1m ORDER BY time DESC LIMIT 5'
    const result = rowsOf(await collectRows(await runStatement(text, watched, { now: 0n })))
    expect(result.map(([time]) => time)).toEqual(
      [499n, 498n, 497n, 496n, 495n].map((minute) => minute * 60_000_000_000n),
    )
    expect(starts).toEqual([495n * 60_000_000_000n])
  })

  test('a sort with a limit keeps what it needs, and one without is limited', async () => {
    const wanted = rows.map(({ fields }) => fields.usage).sort((a, b) => b - a)
    const options = { now: 0n, maxHeldBytes: 8_000 }
    const all = await collectRows(await runStatement('SELECT usage FROM cpu ORDER BY usage DESC', fixture, options))
    expect(rowsOf(all).flat()).toEqual(wanted)
    const tooMany = runStatement('SELECT usage FROM cpu ORDER BY usage', fixture, { now: 0n, maxHeldBytes: 7_999 })
    await expect(tooMany.then((result) => collectRows(result))).rejects.toThrow(
      'would hold 7.81 KiB of rows, and 7.81 KiB are allowed',
    )
  })

  test('a cancelled query says so', async () => {
    const abort = new AbortController()
    const result = await runStatement('SELECT * FROM cpu', fixture, { now: 0n, signal: abort.signal })
    abort.abort()
    await expect(collectRows(result)).rejects.toMatchObject({ kind: 'cancelled' })
  })
})
