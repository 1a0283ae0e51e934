import { beforeEach, describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { LiveUpdate } from '../../engine/stream/live-answer.ts'
import { type SubscribeOptions, type Subscription, subscribe } from '../../engine/stream/subscription.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { SimulatedTime } from '../support/simulated-time.ts'
import { TableFixture } from '../support/table-fixture.ts'

const SECOND = 1_000_000_000n

type Seen = { columns: string[]; keys: readonly string[]; rows: Value[][] } | { changed: Value[][]; removed: Value[][] }

let time: SimulatedTime
let table: TableFixture
let seen: (Seen | Error)[]

beforeEach(() => {
  time = new SimulatedTime(1_000n * SECOND)
  table = new TableFixture()
  seen = []
  append(0n, 'a', 1)
})

function append(at: bigint, host: string, usage: number): void {
  table.append('cpu', { fields: { usage: 'f64' }, rows: [{ time: at * SECOND, tags: { host }, fields: { usage } }] })
}

function show(update: LiveUpdate): Seen {
  if (update.kind === 'delta') return { changed: rowsOf(update.changed), removed: rowsOf(update.removed) }
  return { columns: update.columns.map(({ name }) => name), keys: update.keys, rows: rowsOf(update.rows) }
}

function listen(text: string, options: Partial<SubscribeOptions> = {}): Subscription {
  const observer = { next: (update: LiveUpdate) => seen.push(show(update)), error: (error: Error) => seen.push(error) }
  return subscribe(text, table, observer, { clock: time, timers: time, ...options })
}

const SUMS = 'SELECT sum(usage) AS u FROM cpu GROUP BY 1m, host'

describe('subscribe', () => {
  test('sends the whole answer first, then only rows that are new or changed', async () => {
    listen(SUMS)
    await time.advance(0)
    expect(seen).toEqual([{ columns: ['time', 'host', 'u'], keys: ['time', 'host'], rows: [[0n, 'a', 1]] }])
    append(30n, 'a', 2)
    append(60n, 'b', 5)
    await time.advance(250)
    expect(seen.slice(1)).toEqual([
      {
        changed: [
          [0n, 'a', 3],
          [60n * SECOND, 'b', 5],
        ],
        removed: [],
      },
    ])
  })

  test('looks at rows before the range where the answer goes on from them', async () => {
    append(100n, 'a', 7)
    listen(`SELECT increase(usage, 1m) AS up FROM cpu WHERE time >= ${90n * SECOND} GROUP BY host`)
    await time.advance(0)
    expect(seen).toEqual([{ columns: ['host', 'up'], keys: ['host'], rows: [['a', null]] }])
    append(50n, 'a', 4)
    await time.advance(250)
    expect(seen.slice(1)).toEqual([{ changed: [['a', 3]], removed: [] }])
  })

  test('sends the keys of rows that are gone', async () => {
    append(60n, 'b', 5)
    listen(SUMS)
    await time.advance(0)
    table.remove('cpu', ({ time: at }) => at === 0n)
    await time.advance(250)
    expect(seen.slice(1)).toEqual([{ changed: [], removed: [[0n, 'a']] }])
  })

  test('sends at most one update in the interval', async () => {
    listen(SUMS, { minIntervalMs: 1_000 })
    await time.advance(0)
    for (let i = 1n; i <= 40n; i++) {
      append(i, 'a', 1)
      await time.advance(50)
    }
    await time.advance(1_000)
    expect(seen).toHaveLength(3)
    expect(seen.at(-1)).toEqual({ changed: [[0n, 'a', 41]], removed: [] })
  })

  test('an append that changes nothing in the answer, or is out of its range, is silent', async () => {
    listen('SELECT max(usage) FROM cpu WHERE time < 60000000000 GROUP BY 1m')
    await time.advance(0)
    append(20n, 'b', 0.5)
    append(90n, 'a', 99)
    await time.advance(5_000)
    expect(seen).toHaveLength(1)
  })

  test('an append to another table does not run the query', async () => {
    listen(SUMS)
    await time.advance(0)
    let runs = 0
    const original = table.aggregate.bind(table)
    table.aggregate = (plan) => {
      runs++
      return original(plan)
    }
    table.append('other', { fields: { x: 'f64' }, rows: [{ time: 0n, fields: { x: 1 } }] })
    await time.advance(5_000)
    expect(runs).toBe(0)
  })

  test('an append that changes what a query in an expression answers runs the whole again', async () => {
    table.append('limits', { fields: { least: 'f64' }, rows: [{ time: 0n, tags: {}, fields: { least: 1 } }] })
    listen('SELECT host, usage FROM cpu WHERE usage < (SELECT max(least) FROM limits)')
    await time.advance(0)
    table.append('limits', { fields: { least: 'f64' }, rows: [{ time: 1n, tags: {}, fields: { least: 2 } }] })
    await time.advance(250)
    expect(seen).toMatchObject([{ rows: [] }, { changed: [['a', 1]], removed: [] }])
  })

  test('runs do not overlap, and what came meanwhile is in the next', async () => {
    let [running, most] = [0, 0]
    const original = table.aggregate.bind(table)
    table.aggregate = async (plan) => {
      running++
      most = Math.max(most, running)
      const answer = await original(plan)
      await new Promise<void>((done) => time.setTimer(done, 700))
      running--
      return answer
    }
    listen(SUMS)
    for (let i = 1n; i <= 10n; i++) {
      await time.advance(100)
      append(i, 'a', 1)
    }
    await time.advance(3_000)
    expect(most).toBe(1)
    expect(seen.at(-1)).toEqual({ changed: [[0n, 'a', 11]], removed: [] })
  })

  test('an answer that depends on now() moves on by itself', async () => {
    append(999n, 'a', 7)
    listen('SELECT time, usage FROM cpu WHERE time > now() - 5s')
    await time.advance(0)
    await time.advance(5_000)
    expect(seen.slice(1)).toEqual([{ changed: [], removed: [[999n * SECOND]] }])
  })

  test('without keys that tell rows apart the whole answer comes again', async () => {
    listen('SELECT usage FROM cpu')
    await time.advance(0)
    append(1n, 'a', 1)
    await time.advance(250)
    append(1n, 'a', 1)
    await time.advance(250)
    expect(seen.slice(1)).toEqual([{ columns: ['usage'], keys: [], rows: [[1], [1]] }])
  })

  test('new columns bring the whole answer again', async () => {
    listen('SELECT * FROM cpu')
    await time.advance(0)
    table.append('cpu', { fields: { idle: 'f64' }, rows: [{ time: 0n, tags: { host: 'a' }, fields: { idle: 9 } }] })
    await time.advance(250)
    expect(seen[1]).toEqual({
      columns: ['time', 'host', 'idle', 'usage'],
      keys: ['time', 'host'],
      rows: [[0n, 'a', 9, 1]],
    })
  })

  test('takes as many rows as its limit, and says so beyond', async () => {
    listen('SELECT * FROM cpu', { maxRows: 2 })
    append(1n, 'a', 1)
    await time.advance(250)
    expect(seen.at(-1)).not.toBeInstanceOf(Error)
    append(2n, 'a', 1)
    await time.advance(250)
    expect(String(seen.at(-1))).toContain('more than 2 rows')
    append(3n, 'a', 1)
    await time.advance(5_000)
    expect(seen.filter((each) => each instanceof Error)).toHaveLength(1)
  })

  test('an error in the text is told', async () => {
    listen('SELECT nope FROM cpu')
    await time.advance(0)
    expect(String(seen[0])).toContain("there is no tag or field 'nope'")
  })

  test('a run that the platform fails is made again; five in a row end the subscription', async () => {
    let failures = 4
    let runs = 0
    const failing = new Proxy(table, {
      get: (target, name) => {
        if (name !== 'aggregate') {
          const member: unknown = Reflect.get(target, name)
          return typeof member === 'function' ? member.bind(target) : member
        }
        return async (...args: Parameters<TableFixture['aggregate']>) => {
          runs += 1
          if (runs <= failures) throw new TidemarkError('io', 'the tab is gone')
          return target.aggregate(...args)
        }
      },
    })
    const observer = {
      next: (update: LiveUpdate) => seen.push(show(update)),
      error: (error: Error) => seen.push(error),
    }
    subscribe(SUMS, failing, observer, { clock: time, timers: time })
    await time.advance(5_000)
    expect(runs).toBe(5)
    expect(seen).toEqual([{ columns: ['time', 'host', 'u'], keys: ['time', 'host'], rows: [[0n, 'a', 1]] }])
    failures = Number.POSITIVE_INFINITY
    append(30n, 'a', 2)
    await time.advance(5_000)
    expect(runs).toBe(10)
    expect(seen.slice(1)).toMatchObject([{ kind: 'io', message: 'the tab is gone' }])
  })

  test('after unsubscribe nothing comes and no timer is left', async () => {
    const subscription = listen('SELECT * FROM cpu WHERE time > now() - 1h')
    await time.advance(0)
    append(1n, 'a', 5)
    subscription.unsubscribe()
    append(2n, 'a', 5)
    await time.advance(10_000)
    expect(seen).toHaveLength(1)
    expect(time.pending).toBe(0)
  })
})
