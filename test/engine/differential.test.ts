import { assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { expectSameAnswers } from '../support/answers-agree.ts'
import { generator } from '../support/block-shapes.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from '../support/faulty-store.ts'
import { FIELDS, randomBatch } from '../support/random-table.ts'
import { TableFixture } from '../support/table-fixture.ts'

async function differentialRound(seed: number): Promise<number> {
  const next = generator(seed)
  const spread = [20, 700, 4000][next() % 3] ?? 20
  const reference = new TableFixture()
  let store: FaultyStore = openFaultyStore(seed)
  let engine: EngineOverStore = await openOverStore(store)
  let segments = 0
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
      engine = await openOverStore(store)
    }
    if (next() % 3 === 0) await expectSameAnswers(engine.queryable, reference, { next, spread })
  }
  await expectSameAnswers(engine.queryable, reference, { next, spread })
  const catalog = await engine.queryable.catalog()
  expect(catalog).toEqual(await reference.catalog())
  segments += (await engine.statistics()).segments
  await engine.close()
  return segments
}

test('answers as the plain reference does, over random appends, flushes, compactions and restarts', async () => {
  let segments = 0
  await assert(
    asyncProperty(integer(), async (seed) => {
      segments += await differentialRound(seed)
    }),
    { numRuns: 60, endOnFailure: true },
  )
  expect(segments).toBeGreaterThan(10)
})
