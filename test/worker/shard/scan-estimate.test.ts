import { afterEach, expect, test } from 'vitest'
import type { LatestPlan, ScanEstimate } from '../../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { mergeEstimates } from '../../../engine/worker/merge-estimates.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'

const SECOND = 1_000_000_000n

const engines: EngineOverStore[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

/** Series of a row a second, of five regions; half of the rows in a segment, half in memory. */
async function open({ series, rows }: { series: number; rows: number }): Promise<EngineOverStore> {
  const engine = await openOverStore(await openMemoryStore())
  engines.push(engine)
  const half = rows / 2
  for (const from of [0, half]) {
    for (let host = 0; host < series; host++) {
      const tag = (name: string, value: string) =>
        ({ name, type: 'string', values: new Uint32Array(half), dictionary: [value] }) as const
      await engine.appendColumns({
        table: 'cpu',
        time: BigInt64Array.from({ length: half }, (_, row) => BigInt(from + row) * SECOND),
        tags: [tag('host', `h${host}`), tag('region', `r${host % 5}`)],
        fields: [{ name: 'n', type: 'i64', values: new BigInt64Array(half) }],
      })
    }
    if (from === 0) await engine.writer.flush()
  }
  return engine
}

async function estimateOf(engine: EngineOverStore, asked: Partial<LatestPlan>): Promise<ScanEstimate | undefined> {
  const plan: LatestPlan = {
    ...{ kind: 'latest', table: 'cpu', matchers: [], start: MIN_TIME, end: MAX_TIME, by: [], tags: [], fields: [] },
    ...asked,
  }
  return (await engine.queryable.estimate?.([plan]))?.[0]
}

test('of up to 16 series the estimate is what there is', async () => {
  const engine = await open({ series: 16, rows: 40 })
  const all = await estimateOf(engine, { by: ['host'] })
  expect(all).toEqual({ series: 16, groups: 32, rows: 16 * 40, groupNs: 19e9 + 1, partitions: 16 })
  expect(await estimateOf(engine, { by: ['region'] })).toMatchObject({ partitions: 5 })
  expect(await estimateOf(engine, { by: [] })).toMatchObject({ partitions: 1 })
  const one = await estimateOf(engine, { matchers: [{ tag: 'host', op: '=', value: 'h7' }] })
  expect(one).toMatchObject({ series: 1, groups: 2, rows: 40 })
  expect(await estimateOf(engine, { table: 'none' })).toMatchObject({ series: 0, groups: 0, rows: 0 })
})

test('of more series those of a sample stand for the others', async () => {
  const engine = await open({ series: 300, rows: 20 })
  expect(await estimateOf(engine, { by: ['host'] })).toEqual({
    ...{ series: 300, groups: 600, rows: 6000, groupNs: 9e9 + 1, partitions: 300 },
  })
  expect(await estimateOf(engine, { by: ['region'] })).toMatchObject({ partitions: 5 })
})

test('rows are those of the range, by the times of the groups that it cuts', async () => {
  const engine = await open({ series: 3, rows: 2000 })
  const within = await estimateOf(engine, { start: 100n * SECOND, end: 350n * SECOND })
  expect(within?.groups).toBe(3)
  expect(within?.rows).toBeGreaterThan(740)
  expect(within?.rows).toBeLessThan(760)
  expect(await estimateOf(engine, { start: 5000n * SECOND })).toMatchObject({ groups: 0, rows: 0 })
})

test('what hosts expect adds up; partitions that are as many as series do, others are everywhere', () => {
  const host = (partitions: number): ScanEstimate => ({ series: 10, groups: 20, rows: 30, groupNs: 4, partitions })
  expect(mergeEstimates([host(10), host(10)])).toEqual({
    ...{ series: 20, groups: 40, rows: 60, groupNs: 4, partitions: 20 },
  })
  expect(mergeEstimates([host(5), host(4)]).partitions).toBe(5)
  expect(mergeEstimates([])).toEqual({ series: 0, groups: 0, rows: 0, groupNs: 0, partitions: 0 })
})
