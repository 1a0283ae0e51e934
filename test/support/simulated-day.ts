import type { Matcher } from '../../engine/core/matcher.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import { tagValue } from '../../engine/core/series.ts'
import type { Tiers } from '../../engine/worker/tiers.ts'
import { expectSameAnswers } from './answers-agree.ts'
import { generator } from './block-shapes.ts'
import { type EngineOverStore, type OverStoreOptions, openOverStore } from './engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from './faulty-store.ts'
import { bury } from './power-cut.ts'
import { FIELDS, type RandomBatch, randomBatch, START } from './random-table.ts'
import { TableFixture } from './table-fixture.ts'

const SECOND = 1_000_000_000n
const MINUTE_S = 60
const KEPT_S = 6 * 3600
/** Before there are so many rows a delete could take all that a series has. */
const NO_DELETES_MINUTES = 30

export interface SimulatedDay {
  appends: number
  deletes: number
  coldFiles: number
  rows: number
  checks: number
  restarts: number
  segments: number
}

/**
 * Lives through some hours on a simulated clock: rows of now every minute, late ones and corrections, deletes, flushes,
 * compactions, crashes, and answers compared to the plain reference's. Odd seeds keep windows of three widths, even ones let rows
 * expire. It begins two hours before midnight: with tiers, rows of that day are cold from the fourth hour on, late ones and
 * deletes notwithstanding. Everything follows from the seed.
 */
export async function simulateDay(seed: number, hours: number, tiers?: Tiers): Promise<SimulatedDay> {
  const day = new Day(seed, tiers)
  await day.open()
  for (let minute = 1; minute <= hours * 60; minute++) await day.liveMinute(minute)
  return day.end()
}

class Day {
  readonly #next: () => number
  readonly #reference = new TableFixture()
  readonly #options: OverStoreOptions
  readonly #expires: boolean
  readonly #lived: SimulatedDay = { appends: 0, deletes: 0, coldFiles: 0, rows: 0, checks: 0, restarts: 0, segments: 0 }
  #store: FaultyStore
  #engine: EngineOverStore | undefined
  #elapsedS = 0

  constructor(seed: number, tiers: Tiers | undefined) {
    this.#next = generator(seed)
    this.#store = openFaultyStore(seed)
    this.#expires = seed % 2 === 0
    const clock = { now: () => START + BigInt(this.#elapsedS) * SECOND }
    const rules = this.#expires
      ? { retentionMs: { t: KEPT_S * 1000 } }
      : { rollups: { t: [{ everyMs: 7000 }, { everyMs: 60_000 }, { everyMs: 333_000 }] } }
    this.#options = { clock, ...rules, ...(tiers && { tiers }) }
  }

  async open(): Promise<void> {
    this.#engine = await openOverStore(this.#store, this.#options)
  }

  async liveMinute(minute: number): Promise<void> {
    this.#elapsedS = minute * MINUTE_S
    const next = this.#next
    await this.#append(moved(randomBatch(next, 1 + (next() % 12), 30), this.#elapsedS - 30))
    if (next() % 7 === 0) await this.#append(randomBatch(next, 1 + (next() % 200), this.#elapsedS))
    if (minute > NO_DELETES_MINUTES && next() % 10 === 0) await this.#delete()
    if (next() % 30 === 0) await this.#running.writer.moveToCold()
    if (next() % 20 === 0) await this.#running.writer.flush()
    if (next() % 120 === 0) await this.#running.writer.compact()
    if (next() % 90 === 0) await this.#restart()
    if (next() % 15 === 0) await this.#check()
  }

  async end(): Promise<SimulatedDay> {
    await this.#check()
    const { segments, cold } = await this.#running.writer.statistics()
    this.#lived.segments = segments
    this.#lived.coldFiles = cold?.files ?? 0
    await this.#running.close()
    return this.#lived
  }

  get #running(): EngineOverStore {
    if (this.#engine === undefined) throw new Error('the day has not begun')
    return this.#engine
  }

  async #append({ columns, rows }: RandomBatch): Promise<void> {
    const fields = Object.fromEntries(columns.fields.map(({ name }) => [name, FIELDS[name as keyof typeof FIELDS]]))
    this.#reference.append('t', { fields, rows })
    await this.#running.appendColumns(columns)
    this.#lived.appends++
    this.#lived.rows += rows.length
  }

  async #delete(): Promise<void> {
    const next = this.#next
    const from = next() % this.#elapsedS
    const [start, end] = [from, from + 1 + (next() % 600)].map((at) => START + BigInt(at) * SECOND) as [bigint, bigint]
    const value = ['a', 'b', 'none'][next() % 3] ?? ''
    const matchers: Matcher[] = next() % 3 === 0 ? [] : [{ tag: 'host', op: next() % 2 === 0 ? '=' : '!=', value }]
    await this.#running.writer.delete({ table: 't', matchers, start, end })
    this.#reference.remove('t', ({ time, tags }) => {
      const isMeant = matchers.every(({ op }) => (tagValue(tags, 'host') === value) === (op === '='))
      return isMeant && time >= start && time < end
    })
    this.#lived.deletes++
  }

  async #restart(): Promise<void> {
    const dead = this.#engine
    this.#store = this.#store.crash()
    await bury(dead)
    await this.open()
    this.#lived.restarts++
  }

  async #check(): Promise<void> {
    const kept = START + BigInt(this.#elapsedS - KEPT_S) * SECOND
    if (this.#expires) this.#reference.remove('t', ({ time }) => time < kept)
    await expectSameAnswers(this.#running.queryable, this.#reference, { next: this.#next, spread: this.#elapsedS })
    this.#lived.checks++
  }
}

/** The same rows later. */
function moved({ columns, rows }: RandomBatch, seconds: number): RandomBatch {
  const later = BigInt(seconds) * SECOND
  const time: ColumnRows['time'] = columns.time.map((one) => one + later)
  return { columns: { ...columns, time }, rows: rows.map((row) => ({ ...row, time: row.time + later })) }
}
