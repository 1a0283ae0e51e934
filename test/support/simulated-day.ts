import type { ColumnRows } from '../../engine/core/rows.ts'
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

export interface SimulatedDay {
  appends: number
  rows: number
  checks: number
  restarts: number
  segments: number
}

/**
 * Lives through some hours on a simulated clock: rows of now every minute, late ones and corrections, flushes, compactions,
 * crashes, and answers compared to the plain reference's. Odd seeds keep windows of three widths, even ones let rows expire.
 * Everything follows from the seed.
 */
export async function simulateDay(seed: number, hours: number): Promise<SimulatedDay> {
  const day = new Day(seed)
  await day.open()
  for (let minute = 1; minute <= hours * 60; minute++) await day.liveMinute(minute)
  return day.end()
}

class Day {
  readonly #next: () => number
  readonly #reference = new TableFixture()
  readonly #options: OverStoreOptions
  readonly #expires: boolean
  readonly #lived: SimulatedDay = { appends: 0, rows: 0, checks: 0, restarts: 0, segments: 0 }
  #store: FaultyStore
  #engine: EngineOverStore | undefined
  #elapsedS = 0

  constructor(seed: number) {
    this.#next = generator(seed)
    this.#store = openFaultyStore(seed)
    this.#expires = seed % 2 === 0
    const clock = { now: () => START + BigInt(this.#elapsedS) * SECOND }
    this.#options = this.#expires
      ? { clock, retentionMs: { t: KEPT_S * 1000 } }
      : { clock, rollups: { t: [{ everyMs: 7000 }, { everyMs: 60_000 }, { everyMs: 333_000 }] } }
  }

  async open(): Promise<void> {
    this.#engine = await openOverStore(this.#store, this.#options)
  }

  async liveMinute(minute: number): Promise<void> {
    this.#elapsedS = minute * MINUTE_S
    const next = this.#next
    await this.#append(moved(randomBatch(next, 1 + (next() % 12), 30), this.#elapsedS - 30))
    if (next() % 7 === 0) await this.#append(randomBatch(next, 1 + (next() % 200), this.#elapsedS))
    if (next() % 20 === 0) await this.#running.writer.flush()
    if (next() % 120 === 0) await this.#running.writer.compact()
    if (next() % 90 === 0) await this.#restart()
    if (next() % 15 === 0) await this.#check()
  }

  async end(): Promise<SimulatedDay> {
    await this.#check()
    this.#lived.segments = (await this.#running.statistics()).segments
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
