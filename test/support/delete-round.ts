import { expect } from 'vitest'
import type { Matcher } from '../../engine/core/matcher.ts'
import type { Queryable } from '../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import type { DeleteRange } from '../../engine/worker/write/deletes.ts'
import { generator } from './block-shapes.ts'
import { type EngineOverStore, type OverStoreOptions, openOverStore } from './engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from './faulty-store.ts'
import { rowsOf, type Value } from './plain-column.ts'
import { type PlainRow, PlainTable } from './plain-table.ts'
import { bury } from './power-cut.ts'

export const everything: DeleteRange = { table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME }
const SERIES = ['s0', 's1', 's2', 's3']
const TIMES = 3000

export async function storedRows(queryable: Queryable): Promise<Value[][]> {
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
function randomRows(next: () => number, unit: bigint): PlainRow[] {
  const start = next() % TIMES
  const count = next() % 5 === 0 ? 600 : 1 + (next() % 8)
  return Array.from({ length: count }, (_, i) => {
    const time = BigInt(count > 100 ? (start + i) % TIMES : next() % TIMES) * unit
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

function randomDelete(next: () => number, unit: bigint): PlainDelete {
  const from = BigInt(next() % TIMES) * unit
  const length = (BigInt(next() % 4 === 0 ? 2000 : next() % 200) + 1n) * unit
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

export interface DeleteRoundOptions {
  engine?: OverStoreOptions
  /** Nanoseconds between neighbouring times. */
  unit?: bigint
  /** What happens now and then besides, while all else goes on. */
  besides?(engine: EngineOverStore): unknown
}

/** Random appends, deletes, flushes, compactions and crashes, side by side with a plain table. */
export class DeleteRound {
  store: FaultyStore
  engine: EngineOverStore
  readonly table: PlainTable = new PlainTable()
  readonly next: () => number
  readonly #appends: Promise<unknown>[] = []
  readonly #running: Promise<unknown>[] = []
  readonly #options: DeleteRoundOptions
  readonly #unit: bigint

  private constructor(seed: number, options: DeleteRoundOptions, store: FaultyStore, engine: EngineOverStore) {
    this.next = generator(seed)
    this.#options = options
    this.#unit = options.unit ?? 1n
    this.store = store
    this.engine = engine
  }

  static async open(seed: number, options: DeleteRoundOptions = {}): Promise<DeleteRound> {
    const store = openFaultyStore(seed)
    const engine = await openOverStore(store, options.engine)
    await engine.appendLines('t,s=s0 a=1,b=1i 0')
    const made = new DeleteRound(seed, options, store, engine)
    made.table.append({ series: 's0', time: 0n, a: 1, b: 1n })
    return made
  }

  async step(): Promise<void> {
    const choice = this.next() % 16
    if (choice < 7) this.#append()
    else if (choice < 11) await this.#delete()
    else if (choice < 13) this.#running.push(Promise.resolve(this.engine.writer.flush()))
    else if (choice < 14) this.#running.push(Promise.resolve(this.engine.writer.compact()))
    else if (choice < 15) await this.reopen()
    else await this.check()
    const { besides } = this.#options
    if (besides && this.next() % 4 === 0) this.#running.push(Promise.resolve(besides(this.engine)))
    for (let turns = this.next() % 30; turns > 0; turns--) await Promise.resolve()
  }

  /** Checks, compacts and checks again; no delete is left waiting. */
  async end(): Promise<void> {
    await this.check()
    await this.engine.writer.compact()
    await this.check()
    expect((await this.engine.writer.statistics()).waitingDeletes).toBe(0)
    await this.engine.close()
  }

  async check(): Promise<void> {
    await Promise.all([...this.#appends.splice(0), ...this.#running.splice(0)])
    const { rows } = this.table
    const wanted = rows.map(({ time, series, a, b }) => [time, series, a ?? null, b ?? null])
    expect(await storedRows(this.engine.queryable)).toEqual(wanted)
    for (const width of [BigInt(TIMES) * 10n * this.#unit, 700n * this.#unit]) {
      expect(await storedWindows(this.engine.queryable, width)).toEqual(plainWindows(rows, width))
    }
    expect((await this.engine.statistics()).quarantined).toEqual([])
  }

  #append(): void {
    const rows = randomRows(this.next, this.#unit)
    for (const row of rows) this.table.append(row)
    this.#appends.push(this.engine.appendLines(rows.map(lineOf).join('\n')))
  }

  /** Its place among the appends is known only to who awaits those before it and itself; flushes and compactions go on. */
  async #delete(): Promise<void> {
    await Promise.all(this.#appends.splice(0))
    const { isMeant, ...range } = randomDelete(this.next, this.#unit)
    this.table.delete(isMeant)
    await this.engine.writer.delete({ table: 't', ...range })
  }

  async reopen(): Promise<void> {
    await Promise.all([...this.#appends.splice(0), ...this.#running.splice(0)])
    const dead = this.engine
    this.store = this.store.crash()
    await bury(dead)
    this.engine = await openOverStore(this.store, this.#options.engine)
  }
}
