import { assert, asyncProperty, integer } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Matcher } from '../../engine/core/matcher.ts'
import type { Queryable } from '../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { MAX_WAITING_DELETES } from '../../engine/worker/deletes.ts'
import { generator } from '../support/block-shapes.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from '../support/faulty-store.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { type PlainRow, PlainTable } from '../support/plain-table.ts'

const everything = { table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME } as const
const SERIES = ['s0', 's1', 's2', 's3']
const TIMES = 3000n

async function storedRows(queryable: Queryable): Promise<Value[][]> {
  const found: Value[][] = []
  const plan = { ...everything, kind: 'rows', order: 'asc', tags: ['s'], fields: ['a', 'b'] } as const
  for await (const batch of queryable.rows(plan)) found.push(...rowsOf(batch))
  return found
}

/** Counts and sums by windows, which headers answer where they can. */
async function storedWindows(queryable: Queryable, width: bigint): Promise<[bigint, number, number, number][]> {
  const column = { kind: 'column', name: 'a', source: 'field', type: 'f64' } as const
  const { cellWindow, rows, inputs } = await queryable.aggregate({
    ...everything,
    kind: 'aggregate',
    window: { origin: 0n, width },
    by: [],
    inputs: [{ expression: column, measures: ['sum'] }],
  })
  const [states] = inputs
  return Array.from(cellWindow, (window, i) => {
    const sum = (states?.sumHigh?.[i] ?? 0) + (states?.sumLow?.[i] ?? 0)
    return [window, rows[i] ?? 0, states?.count[i] ?? 0, sum]
  })
}

function plainWindows(rows: readonly PlainRow[], width: bigint): [bigint, number, number, number][] {
  const windows = new Map<bigint, [bigint, number, number, number]>()
  for (const { time, a } of rows) {
    const start = time - (time % width)
    const [, count, values, sum] = windows.get(start) ?? [start, 0, 0, 0]
    windows.set(start, [start, count + 1, values + (a === undefined ? 0 : 1), sum + (a ?? 0)])
  }
  return [...windows.values()]
}

function lineOf({ series, time, a, b }: PlainRow): string {
  const fields = [...(a === undefined ? [] : [`a=${a}`]), ...(b === undefined ? [] : [`b=${b}i`])]
  return `t,s=${series} ${fields.join(',')} ${time}`
}

/** Rows of a random request: a run of times, or single ones anywhere. */
function randomRows(next: () => number): PlainRow[] {
  const start = next() % Number(TIMES)
  const count = next() % 5 === 0 ? 600 : 1 + (next() % 8)
  return Array.from({ length: count }, (_, i) => {
    const time = BigInt(count > 100 ? (start + i) % Number(TIMES) : next() % Number(TIMES))
    const series = SERIES[next() % (count > 100 ? 2 : SERIES.length)] ?? ''
    const kind = next() % 3
    return { series, time, ...(kind !== 1 && { a: next() % 100 }), ...(kind !== 0 && { b: BigInt(next() % 100) }) }
  })
}

interface PlainDelete {
  matchers: readonly Matcher[]
  start: bigint
  end: bigint
  isMeant(row: PlainRow): boolean
}

function randomDelete(next: () => number): PlainDelete {
  const from = BigInt(next() % Number(TIMES))
  const length = BigInt(next() % 4 === 0 ? 2000 : next() % 200) + 1n
  const [start, end] = next() % 10 === 0 ? [MIN_TIME, MAX_TIME] : [from, from + length]
  const series = SERIES[next() % SERIES.length] ?? ''
  const tests: [Matcher[], (series: string) => boolean][] = [
    [[], () => true],
    [[{ tag: 's', op: '=', value: series }], (one) => one === series],
    [[{ tag: 's', op: '!=', value: series }], (one) => one !== series],
    [[{ tag: 's', op: '=~', value: 's[01]' }], (one) => one === 's0' || one === 's1'],
    [[{ tag: 's', op: 'in', values: [series, 's3'] }], (one) => one === series || one === 's3'],
    [[{ tag: 'none', op: '=', value: 'x' }], () => false],
  ]
  const [matchers, passes] = tests[next() % tests.length] ?? [[], () => true]
  return { matchers, start, end, isMeant: (row) => row.time >= start && row.time < end && passes(row.series) }
}

class Differential {
  store: FaultyStore
  engine: EngineOverStore
  readonly table = new PlainTable()
  readonly next: () => number
  readonly #appends: Promise<unknown>[] = []
  readonly #running: Promise<unknown>[] = []

  private constructor(next: () => number, store: FaultyStore, engine: EngineOverStore) {
    this.next = next
    this.store = store
    this.engine = engine
  }

  static async open(seed: number): Promise<Differential> {
    const store = openFaultyStore(seed)
    const engine = await openOverStore(store)
    await engine.appendLines('t,s=s0 a=1,b=1i 0')
    const made = new Differential(generator(seed), store, engine)
    made.table.append({ series: 's0', time: 0n, a: 1, b: 1n })
    return made
  }

  async step(): Promise<void> {
    const choice = this.next() % 16
    if (choice < 7) this.#append()
    else if (choice < 11) await this.#delete()
    else if (choice < 13) this.#running.push(Promise.resolve(this.engine.writer.flush()))
    else if (choice < 14) this.#running.push(Promise.resolve(this.engine.writer.compact()))
    else if (choice < 15) await this.#reopen()
    else await this.check()
    for (let turns = this.next() % 30; turns > 0; turns--) await Promise.resolve()
  }

  async check(): Promise<void> {
    await Promise.all([...this.#appends.splice(0), ...this.#running.splice(0)])
    const { rows } = this.table
    const wanted = rows.map(({ time, series, a, b }) => [time, series, a ?? null, b ?? null])
    expect(await storedRows(this.engine.queryable)).toEqual(wanted)
    for (const width of [TIMES * 10n, 700n]) {
      expect(await storedWindows(this.engine.queryable, width)).toEqual(plainWindows(rows, width))
    }
    expect((await this.engine.statistics()).quarantined).toEqual([])
  }

  #append(): void {
    const rows = randomRows(this.next)
    for (const row of rows) this.table.append(row)
    this.#appends.push(this.engine.appendLines(rows.map(lineOf).join('\n')))
  }

  /** Its place among the appends is known only to who awaits those before it and itself; flushes and compactions go on. */
  async #delete(): Promise<void> {
    await Promise.all(this.#appends.splice(0))
    const { isMeant, ...range } = randomDelete(this.next)
    this.table.delete(isMeant)
    await this.engine.writer.delete({ table: 't', ...range })
  }

  async #reopen(): Promise<void> {
    await Promise.all([...this.#appends.splice(0), ...this.#running.splice(0)])
    this.store = this.store.crash()
    this.engine = await openOverStore(this.store)
  }
}

test('appends, deletes, flushes, compactions and crashes in any order mean what they mean to a plain table', async () => {
  await assert(
    asyncProperty(integer(), async (seed) => {
      const run = await Differential.open(seed)
      for (let step = 0; step < 40; step++) await run.step()
      await run.check()
      await run.engine.writer.compact()
      await run.check()
      expect((await run.engine.writer.statistics()).waitingDeletes).toBe(0)
      await run.engine.close()
    }),
    { numRuns: 40, endOnFailure: true },
  )
})

/** Whether any file of the store has the text; texts are as they are in segments and in the log. */
async function diskHolds(store: FaultyStore, text: string): Promise<boolean> {
  const wanted = Buffer.from(text)
  for (const { name } of await store.blobs.list()) {
    if (Buffer.from(await store.blobs.get(name)).includes(wanted)) return true
  }
  let found = false
  await store.log.replay((record) => {
    found ||= Buffer.from(record).includes(wanted)
  })
  return found
}

describe('deleted rows', () => {
  test('are on the disk until a compaction, and gone after it, delete and all', async () => {
    const store = openFaultyStore(1)
    const engine = await openOverStore(store)
    for (const name of ['secret', 'public']) {
      await engine.appendLines(`t,s=a a=1,note="${name}-${name}" ${name.length === 6 ? 1 : 2}`)
    }
    const [secret, open] = ['t,s=a note="secret-word" 1', 't,s=a note="open-word" 2']
    await engine.appendLines(`${secret}\n${open}`)
    await engine.writer.flush()
    await engine.writer.delete({ table: 't', matchers: [], start: 1n, end: 2n })
    expect(await diskHolds(store, 'secret-word')).toBe(true)
    expect((await engine.writer.statistics()).waitingDeletes).toBe(1)
    await engine.writer.compact()
    expect(await diskHolds(store, 'secret-word')).toBe(false)
    expect(await diskHolds(store, 'open-word')).toBe(true)
    expect((await engine.writer.statistics()).waitingDeletes).toBe(0)
    expect(new TextDecoder().decode(await store.blobs.get('manifest.json'))).toContain('"waiting":[]')
  })

  test('of a whole table leave no segment behind', async () => {
    const store = openFaultyStore(2)
    const engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 1\nt,s=b a=2 2')
    await engine.writer.flush()
    await engine.writer.delete(everything)
    await engine.writer.compact()
    expect((await engine.statistics()).segments).toBe(0)
    expect(await storedRows(engine.queryable)).toEqual([])
  })

  test('do not come back when rows that are late are written, and those stay', async () => {
    const store = openFaultyStore(3)
    let engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 5\nt,s=a a=2 6')
    await engine.writer.flush()
    await engine.writer.delete({ ...everything, start: 0n, end: 10n })
    await engine.appendLines('t,s=a a=3 5')
    const wanted = [[5n, 'a', 3, null]]
    expect(await storedRows(engine.queryable)).toEqual(wanted)
    await engine.writer.flush()
    expect(await storedRows(engine.queryable)).toEqual(wanted)
    engine = await openOverStore(store.crash())
    expect(await storedRows(engine.queryable)).toEqual(wanted)
    await engine.writer.compact()
    expect(await storedRows(engine.queryable)).toEqual(wanted)
  })
})

describe('a delete that cannot be', () => {
  test.each([
    [{ ...everything, start: 5n, end: 5n }, 'from 5 to 5 is empty'],
    [{ ...everything, end: 2n ** 63n }, 'out of bounds'],
    [{ ...everything, table: 'none' }, "there is no table 'none'"],
    [{ ...everything, matchers: [{ tag: 's', op: '=~', value: '(' } as const] }, 'not a regular expression'],
    [{ ...everything, matchers: Array.from({ length: 65 }, () => ({ tag: 's', op: '=', value: '' }) as const) }, '64'],
  ])('is refused and leaves no trace: %#', async (range, reason) => {
    const store = openFaultyStore(4)
    const engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 5')
    const { next } = store.log
    await expect(engine.writer.delete(range)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(reason),
    })
    expect(store.log.next).toBe(next)
    expect(await storedRows(engine.queryable)).toEqual([[5n, 'a', 1, 1n]])
  })

  test('is refused where as many wait as may, until compactions have carried them out', async () => {
    const store = openFaultyStore(5)
    const engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 0\nt,s=a a=1 1000')
    await engine.writer.flush()
    const deletes = Array.from({ length: MAX_WAITING_DELETES + 1 }, (_, i) => {
      return Promise.resolve(engine.writer.delete({ ...everything, start: BigInt(i), end: BigInt(i + 1) }))
    })
    const outcomes = await Promise.allSettled(deletes)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { kind: 'quota' } })
    await engine.writer.compact()
    await engine.writer.delete({ ...everything, start: 1000n, end: 1001n })
    expect(await storedRows(engine.queryable)).toEqual([])
  })
})

const ROUNDS = 50

test(`over ${ROUNDS} power cuts an acknowledged delete stays, an acknowledged row stays, and nothing is half`, async () => {
  let deletesKept = 0
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const next = generator(seed)
    let store = openFaultyStore(seed, { powerFailsAt: 4 + (next() % 50) })
    const acknowledged = new Set<number>()
    const begun = new Set<number>()
    const deleted = new Set<number>()
    const deleting = new Set<number>()
    for (let life = 0; life < 2; life++) {
      await liveWithDeletes(store, next, { acknowledged, begun, deleted, deleting })
      store = store.crash()
      const engine = await openOverStore(store)
      const found = new Map<number, number>()
      for (const [time] of (await hasTable(engine)) ? await storedRows(engine.queryable) : []) {
        const request = Number(time as bigint) / 10
        found.set(Math.floor(request), (found.get(Math.floor(request)) ?? 0) + 1)
      }
      for (const [request, rows] of found) {
        if (rows !== 2 || !begun.has(request)) throw new Error(`seed ${seed}: request ${request} has ${rows} rows`)
        if (deleted.has(request)) throw new Error(`seed ${seed}: request ${request} was deleted and is there`)
      }
      for (const request of acknowledged) {
        if (found.has(request) || deleting.has(request)) continue
        throw new Error(`seed ${seed}: request ${request} is lost`)
      }
      deletesKept += deleted.size
      store = store.crash({ powerFailsAt: store.operations + (next() % 50) })
    }
  }
  expect(deletesKept).toBeGreaterThan(ROUNDS)
})

async function hasTable(engine: EngineOverStore): Promise<boolean> {
  return (await engine.queryable.catalog()).tables.length > 0
}

interface Fates {
  acknowledged: Set<number>
  begun: Set<number>
  deleted: Set<number>
  deleting: Set<number>
}

/** Request r has rows at times 10 r and 10 r + 1; a delete takes one that was acknowledged. */
async function liveWithDeletes(store: FaultyStore, next: () => number, fates: Fates): Promise<void> {
  const running: Promise<void>[] = []
  const survive = (work: Promise<void>): void => {
    running.push(
      work.catch((error: unknown) => {
        if (!(error instanceof TidemarkError)) throw error
      }),
    )
  }
  try {
    const engine = await openOverStore(store)
    for (let step = 0; step < 24; step++) {
      const request = fates.begun.size
      fates.begun.add(request)
      const lines = `t,s=a a=1,b=1i ${10 * request}\nt,s=b a=2,b=1i ${10 * request + 1}`
      survive(engine.appendLines(lines).then(() => void fates.acknowledged.add(request)))
      const [victim] = [...fates.acknowledged].filter((one) => !fates.deleting.has(one))
      if (victim !== undefined && next() % 3 === 0) {
        fates.deleting.add(victim)
        const range = { ...everything, start: BigInt(10 * victim), end: BigInt(10 * victim + 2) }
        survive(Promise.resolve(engine.writer.delete(range)).then(() => void fates.deleted.add(victim)))
      }
      if (next() % 5 === 0) survive(Promise.resolve(engine.writer.flush()))
      if (next() % 9 === 0) survive(Promise.resolve(engine.writer.compact()))
      if (next() % 3 === 0) await Promise.all(running)
      for (let turns = next() % 8; turns > 0; turns--) await Promise.resolve()
    }
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
  }
  await Promise.all(running)
}
