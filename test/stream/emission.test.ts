import { assert, asyncProperty, integer } from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import type { LiveUpdate } from '../../engine/stream/live-answer.ts'
import { type Subscription, subscribe } from '../../engine/stream/subscription.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { SimulatedTime } from '../support/simulated-time.ts'
import { loadAllParts } from '../support/sql/loaded-parts.ts'
import { TableFixture } from '../support/table-fixture.ts'

const SECOND = 1_000_000_000n

type Seen = { first: Value[][] } | { changed: Value[][]; removed: Value[][] } | Error

let time: SimulatedTime
let table: TableFixture
let seen: Seen[]

// Files are read in real time.
beforeAll(loadAllParts)

beforeEach(() => {
  // Ten seconds into a minute.
  time = new SimulatedTime(610n * SECOND)
  table = new TableFixture()
  seen = []
})

function append(at: bigint, usage: number, host = 'a'): void {
  table.append('cpu', { fields: { usage: 'f64' }, rows: [{ time: at * SECOND, tags: { host }, fields: { usage } }] })
}

function listen(text: string): Subscription {
  const next = (update: LiveUpdate): void => {
    seen.push(
      update.kind === 'result'
        ? { first: rowsOf(update.rows) }
        : { changed: rowsOf(update.changed), removed: rowsOf(update.removed) },
    )
  }
  return subscribe(text, table, { next, error: (error) => seen.push(error) }, { clock: time, timers: time })
}

/** What came since the last call. */
function news(): Seen[] {
  return seen.splice(0)
}

const at = (second: bigint): bigint => second * SECOND

describe('EMIT ON CLOSE', () => {
  const MINUTES = 'SUBSCRIBE TO SELECT sum(usage) AS u FROM cpu GROUP BY 1m EMIT ON CLOSE'

  test('sends the windows that are closed, then each window once, at its end', async () => {
    append(500n, 1)
    append(605n, 2)
    listen(MINUTES)
    await time.advance(0)
    expect(news()).toEqual([{ first: [[at(480n), 1]] }])
    append(615n, 3)
    append(661n, 9)
    await time.advance(49_999)
    expect(news()).toEqual([])
    await time.advance(1)
    expect(news()).toEqual([{ changed: [[at(600n), 5]], removed: [] }])
    await time.advance(60_000)
    expect(news()).toEqual([{ changed: [[at(660n), 9]], removed: [] }])
  })

  test('is silent where a window had no rows', async () => {
    append(500n, 1)
    listen(MINUTES)
    await time.advance(600_000)
    expect(news()).toHaveLength(1)
  })

  test('rows that come later than the window closed are not sent', async () => {
    append(0n, 0)
    listen(MINUTES)
    await time.advance(50_000)
    append(601n, 7)
    await time.advance(120_000)
    expect(news()).toEqual([{ first: [[0n, 0]] }])
  })

  test('with ALLOW LATENESS a window closes so much later, with the rows that came till then', async () => {
    append(602n, 1)
    listen(`${MINUTES} ALLOW LATENESS 5s`)
    await time.advance(50_000)
    append(603n, 2)
    await time.advance(4_999)
    expect(news()).toEqual([{ first: [] }])
    await time.advance(1)
    expect(news()).toEqual([{ changed: [[at(600n), 3]], removed: [] }])
  })

  test('closes windows that overlap one after the other', async () => {
    append(625n, 1)
    listen('SUBSCRIBE SELECT sum(usage) FROM cpu GROUP BY 1m STEP 30s EMIT ON CLOSE')
    await time.advance(50_000)
    expect(news()).toEqual([
      { first: [] },
      { changed: [[at(570n), 1]], removed: [] },
      { changed: [[at(600n), 1]], removed: [] },
    ])
    append(635n, 4)
    await time.advance(30_000)
    expect(news()).toEqual([{ changed: [[at(630n), 4]], removed: [] }])
  })

  test('closes days of a zone when they end there', async () => {
    time = new SimulatedTime(BigInt(Date.UTC(2026, 2, 29, 21, 59, 0)) * 1_000_000n)
    append(BigInt(Date.UTC(2026, 2, 29, 12) / 1000), 1)
    // Clocks in Berlin went forward in the night: the day has 23 hours and ends at 22:00 UTC.
    listen("SUBSCRIBE SELECT sum(usage) FROM cpu GROUP BY 1d TIME ZONE 'Europe/Berlin' EMIT ON CLOSE")
    await time.advance(59_999)
    expect(news()).toEqual([{ first: [] }])
    await time.advance(1)
    expect(news()).toEqual([{ changed: [[BigInt(Date.UTC(2026, 2, 28, 23)) * 1_000_000n, 1]], removed: [] }])
  })

  test('has the rows that HAVING leaves, with what FILL adds', async () => {
    append(541n, 1)
    append(601n, 9)
    append(721n, 9)
    const text = 'SELECT sum(usage) AS u FROM cpu GROUP BY 1m FILL(PREVIOUS) HAVING sum(usage) > 5'
    // Operators load with the first query that has them, which takes longer than a simulated turn.
    await collectRows(await runStatement(text, table, { now: 0n }))
    listen(`SUBSCRIBE ${text} EMIT ON CLOSE`)
    await time.advance(50_000)
    await time.advance(60_000)
    const changed = news().flatMap((each) => ('changed' in each ? each.changed : []))
    expect(changed).toContainEqual([at(600n), 9])
    expect(changed).toContainEqual([at(660n), 9])
  })
})

describe('EMIT EVERY', () => {
  test('sends what changed at multiples of the duration, and nothing where nothing did', async () => {
    append(605n, 1)
    listen('SUBSCRIBE TO SELECT sum(usage) FROM cpu GROUP BY 1m EMIT EVERY 15s')
    await time.advance(0)
    expect(news()).toEqual([{ first: [[at(600n), 1]] }])
    append(606n, 1)
    append(607n, 1)
    await time.advance(4_999)
    expect(news()).toEqual([])
    await time.advance(1)
    expect(news()).toEqual([{ changed: [[at(600n), 3]], removed: [] }])
    await time.advance(60_000)
    expect(news()).toEqual([])
  })
})

describe('EMIT ON CHANGE', () => {
  test('is what is meant where nothing is said', async () => {
    for (const emit of ['', ' EMIT ON CHANGE']) {
      append(605n, 1)
      listen(`SUBSCRIBE SELECT count(*) FROM cpu${emit}`)
      await time.advance(0)
    }
    append(606n, 1)
    await time.advance(250)
    expect(news()).toEqual([
      { first: [[1n]] },
      { first: [[1n]] },
      { changed: [[2n]], removed: [] },
      { changed: [[2n]], removed: [] },
    ])
  })

  test('with ALLOW LATENESS closed windows stay as they were sent', async () => {
    append(500n, 1)
    append(605n, 1)
    listen('SUBSCRIBE SELECT sum(usage) FROM cpu GROUP BY 1m ALLOW LATENESS 30s')
    await time.advance(0)
    news()
    append(501n, 5)
    append(606n, 5)
    await time.advance(250)
    expect(news()).toEqual([{ changed: [[at(600n), 6]], removed: [] }])
    await time.advance(80_000)
    append(607n, 1)
    await time.advance(1_000)
    append(608n, 1)
    await time.advance(1_000)
    expect(news()).toEqual([{ changed: [[at(600n), 7]], removed: [] }])
  })

  test('asks again for the windows that changed, and no others', async () => {
    for (let minute = 0n; minute < 10n; minute++) append(minute * 60n, 1)
    listen('SELECT time, host, max(usage) / 2 AS half FROM cpu GROUP BY 1m, host ORDER BY time DESC')
    await time.advance(0)
    news()
    const ranges: [bigint, bigint][] = []
    const original = table.aggregate.bind(table)
    table.aggregate = (plan) => {
      ranges.push([plan.start / SECOND, plan.end / SECOND])
      return original(plan)
    }
    append(130n, 8)
    append(410n, 6)
    await time.advance(250)
    expect(ranges).toEqual([
      [120n, 180n],
      [360n, 420n],
    ])
    expect(news()).toEqual([
      {
        changed: [
          [at(120n), 'a', 4],
          [at(360n), 'a', 3],
        ],
        removed: [],
      },
    ])
  })
})

const LIVE_QUERIES = [
  'SELECT sum(usage) AS u, count(*) FROM cpu GROUP BY 1m, host',
  'SELECT sum(usage) AS u FROM cpu WHERE time > now() - 4m GROUP BY 20s, host',
  'SELECT host, max(usage) AS u, time FROM cpu WHERE usage > 3 GROUP BY 1m, host HAVING max(usage) < 8 ORDER BY u DESC',
  'SELECT increase(usage, 2m) AS up FROM cpu GROUP BY 30s, host',
  'SELECT max(usage) FROM cpu GROUP BY 1m',
  'SELECT avg(usage) FROM cpu GROUP BY 1m FILL(LINEAR)',
  'SELECT usage FROM cpu WHERE time > now() - 1m',
  'SELECT host, sum(usage) AS u FROM cpu GROUP BY host, 1m LIMIT 3',
]

test.each(LIVE_QUERIES)('what was sent adds up to the answer: %s', async (text) => {
  await assert(
    asyncProperty(integer(), async (seed) => {
      const next = generator(seed)
      time = new SimulatedTime(610n * SECOND)
      table = new TableFixture()
      append(600n, 1)
      const plain = table
      let lastRun = time.now()
      // A range that moves with time is that of the run that read rows last.
      const noting = new Proxy(table, {
        get: (target, name) => {
          if (name === 'aggregate' || name === 'rows') lastRun = time.now()
          const member: unknown = Reflect.get(target, name)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
      const answer = new Map<string, string>()
      const error: Error[] = []
      let keyAt: number[] = []
      const keyOf = (row: Value[], places: number[]): string => places.map((place) => String(row[place])).join('|')
      const onUpdate = (update: LiveUpdate): void => {
        if (update.kind === 'result') {
          answer.clear()
          const names = update.columns.map(({ name }) => name)
          keyAt = update.keys.map((key) => names.indexOf(key))
          rowsOf(update.rows).forEach((row, i) => {
            answer.set(update.keys.length > 0 ? keyOf(row, keyAt) : String(i), row.map(String).join())
          })
          return
        }
        // Without keys there is one row.
        if (keyAt.length === 0) answer.clear()
        for (const row of rowsOf(update.removed)) answer.delete(keyOf(row, [...row.keys()]))
        for (const row of rowsOf(update.changed)) answer.set(keyOf(row, keyAt), row.map(String).join())
      }
      const live = subscribe(
        text,
        noting,
        { next: onUpdate, error: (one) => error.push(one) },
        { clock: time, timers: time },
      )
      for (let step = 0; step < 12; step++) {
        const changes = next() % 4
        for (let i = 0; i < changes; i++)
          append(BigInt(300 + (next() % 500)), next() % 10, next() % 2 === 0 ? 'a' : 'b')
        if (next() % 5 === 0) table.remove('cpu', (row) => row.time % 7n === 0n)
        await time.advance(250 + (next() % 3) * 20_000)
        const result = await runStatement(text, plain, { now: lastRun })
        const rows = rowsOf(await collectRows(result)).map((row) => row.map(String).join())
        expect([...answer.values()].sort()).toEqual(rows.sort())
      }
      live.unsubscribe()
      expect(error).toEqual([])
    }),
    { numRuns: 6, endOnFailure: true },
  )
})
