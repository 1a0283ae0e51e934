import { expect } from 'vitest'
import { expectSameAnswers } from './answers-agree.ts'
import { generator } from './block-shapes.ts'
import { type EngineOverStore, type OverStoreOptions, openOverStore } from './engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from './faulty-store.ts'
import { FIELDS, randomBatch } from './random-table.ts'
import { TableFixture } from './table-fixture.ts'

export interface RoundOptions {
  /** Seconds over which rows of a round lie, one of these. */
  spreads?: readonly number[]
  /** What happens besides, after each append. */
  step?: (engine: EngineOverStore, next: () => number) => Promise<void>
}

/** Random appends, flushes and restarts after a crash, with answers compared to the plain reference's. Returns how many segments there are. */
export async function differentialRound(
  seed: number,
  options: OverStoreOptions = {},
  others: RoundOptions = {},
): Promise<number> {
  const next = generator(seed)
  const { spreads = [20, 700, 4000], step } = others
  const spread = spreads[next() % spreads.length] ?? 20
  const reference = new TableFixture()
  let store: FaultyStore = openFaultyStore(seed)
  let engine: EngineOverStore = await openOverStore(store, options)
  const batches = 1 + (next() % 9)
  for (let i = 0; i < batches; i++) {
    const { columns, rows } = randomBatch(next, 1 + (next() % (next() % 2 === 0 ? 9 : 900)), spread)
    const fields = Object.fromEntries(columns.fields.map(({ name }) => [name, FIELDS[name as keyof typeof FIELDS]]))
    reference.append('t', { fields, rows })
    await engine.appendColumns(columns)
    if (next() % 2 === 0) await engine.writer.flush()
    if (next() % 4 === 0) {
      await engine.close()
      store = store.crash()
      engine = await openOverStore(store, options)
    }
    await step?.(engine, next)
    if (next() % 3 === 0) await expectSameAnswers(engine.queryable, reference, { next, spread })
  }
  await expectSameAnswers(engine.queryable, reference, { next, spread })
  const { tables } = await engine.queryable.catalog()
  const columns = tables.map(({ name, tags, fields }) => ({ name, tags, fields }))
  expect(columns).toEqual((await reference.catalog()).tables)
  const { segments } = await engine.statistics()
  await engine.close()
  return segments
}
