import { assert, asyncProperty, integer } from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type AppendInput, collectRows, type Engine, type EngineOptions, openEngine } from '../../../engine/engine.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { emptyMemoryContents, openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { differentialRound } from '../../support/differential-round.ts'
import { openOverStore } from '../../support/engine-over-store.ts'
import { rowsOf, type Value } from '../../support/plain-column.ts'
import { START } from '../../support/random-table.ts'

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND

test('answers as the plain reference does where windows of three widths are kept', async () => {
  // Late enough that every window of the rows is over.
  const clock = { now: () => START + 1_000_000n * SECOND }
  const rollups = { 't*': [{ everyMs: 1000 }, { everyMs: 7000 }, { everyMs: 60_000 }] }
  let segments = 0
  await assert(
    asyncProperty(integer(), async (seed) => {
      segments += await differentialRound(seed, { clock, rollups })
    }),
    { numRuns: 40, endOnFailure: true },
  )
  expect(segments).toBeGreaterThan(10)
})

const engines: Engine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

let now = START

async function open(options: Partial<EngineOptions>): Promise<Engine> {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, clock: { now: () => now }, ...options })
  engines.push(engine)
  return engine
}

const lines = (body: string): AppendInput => ({ kind: 'line-protocol', body })

async function answer(engine: Engine, text: string): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

/** A row a minute with the values 0, 1, 2, ... from the hour on. */
function minutes(from: bigint, count: number): AppendInput {
  return lines(Array.from({ length: count }, (_, i) => `t,h=a v=${i} ${from + BigInt(i) * 60n * SECOND}`).join('\n'))
}

describe('windows outlive their rows', () => {
  const rules = { retentionMs: { t: 2 * 3_600_000 }, rollups: { t: [{ everyMs: 3_600_000, keepMs: 86_400_000 }] } }
  const hour = START - (START % HOUR)

  test('by the time that their rule says', async () => {
    now = hour + 2n * HOUR
    const engine = await open(rules)
    await engine.append(minutes(hour + HOUR, 60))
    now = hour + 2n * HOUR + 120n * SECOND
    await engine.flush()
    now = hour + 20n * HOUR
    expect(await answer(engine, 'SELECT count(*) FROM t WHERE v >= 0')).toEqual([[0n]])
    expect(await answer(engine, 'SELECT count(*), sum(v), min(v), max(v), first(v), last(v) FROM t')).toEqual([
      [60n, 1770, 0, 59, 0, 59],
    ])
    now = hour + 27n * HOUR
    expect(await answer(engine, 'SELECT count(*) FROM t')).toEqual([[0n]])
  })

  test('and stay as they are when a row comes whose window is only in part', async () => {
    now = hour + 2n * HOUR
    const engine = await open(rules)
    await engine.append(minutes(hour + HOUR, 60))
    now = hour + 2n * HOUR + 120n * SECOND
    await engine.flush()
    now = hour + 3n * HOUR + 1800n * SECOND
    await engine.append(lines(`t,h=a v=1000 ${hour + HOUR + 2700n * SECOND + 1n}`))
    await engine.flush()
    now = hour + 20n * HOUR
    expect(await answer(engine, 'SELECT count(*), max(v) FROM t')).toEqual([[60n, 59]])
  })
})

test('windows that reach beyond all times are never written, and their rows answer, also once it is opened again', async () => {
  const contents = emptyMemoryContents()
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 2n]
  const options = { clock: { now: () => most }, rollups: { t: [{ everyMs: 7_000_000 }, { everyMs: 864_000_000 }] } }
  const engine = await openOverStore(await openMemoryStore(contents), options)
  await engine.appendLines(`t v=1 ${least}\nt v=2 ${least + 1n}`)
  await engine.writer.flush()
  await engine.appendLines(`t v=3 0\nt v=4 ${most}\nt v=5 ${most - 1n}`)
  await engine.writer.flush()
  await engine.close()
  const again = await openOverStore(await openMemoryStore(contents), options)
  const result = await runStatement('SELECT count(*), sum(v), max(v) FROM t', again.queryable, { now: 0n })
  expect(rowsOf(await collectRows(result))).toEqual([[5n, 15, 5]])
  await again.close()
})

test('a late row shows at once, and in its window after the next flush', async () => {
  const contents = emptyMemoryContents()
  now = START + 10n * HOUR
  const rollups = { t: [{ everyMs: 60_000 }] }
  const engine = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now }, rollups })
  await engine.appendLines(`t v=1 ${START}\nt v=2 ${START + SECOND}`)
  const minute = 60n * SECOND
  expect(await engine.writer.staleWindows('t', minute)).toEqual([
    { start: START - (START % minute), end: START - (START % minute) + minute },
  ])
  await engine.writer.flush()
  expect(await engine.writer.staleWindows('t', minute)).toEqual([])
  await engine.appendLines(`t v=5 ${START + SECOND}`)
  expect(await engine.writer.staleWindows('t', minute)).toHaveLength(1)
  await engine.close()

  const again = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now }, rollups })
  expect(await again.writer.staleWindows('t', minute)).toHaveLength(1)
  await again.writer.flush()
  expect(await again.writer.staleWindows('t', minute)).toEqual([])
  const { inputs } = await again.queryable.aggregate({
    kind: 'aggregate',
    table: 't',
    matchers: [],
    by: [],
    start: START - (START % minute),
    end: START - (START % minute) + minute,
    window: { origin: 0n, width: minute },
    inputs: [{ expression: { kind: 'column', name: 'v', source: 'field', type: 'f64' }, measures: ['sum'] }],
  })
  expect(inputs[0]?.sumHigh).toEqual(Float64Array.of(6))
  expect((await again.queryable.catalog()).tables.map(({ name }) => name)).toEqual(['t'])
  await again.close()
})

test('rules given later cover the rows that are there', async () => {
  const contents = emptyMemoryContents()
  now = START + 10n * HOUR
  const clock = { now: () => now }
  const engine = await openOverStore(await openMemoryStore(contents), { clock })
  await engine.appendLines(`t v=1 ${START}`)
  await engine.writer.flush()
  await engine.close()
  const again = await openOverStore(await openMemoryStore(contents), { clock, rollups: { t: [{ everyMs: 1000 }] } })
  expect(await again.writer.staleWindows('t', SECOND)).toEqual([{ start: START, end: START + SECOND }])
  await again.close()
})

test('the window of now is left to the rows', async () => {
  now = START
  const engine = await openOverStore(await openMemoryStore(), {
    clock: { now: () => now },
    rollups: { t: [{ everyMs: 1000 }] },
  })
  await engine.appendLines(`t v=1 ${START}`)
  await engine.writer.flush()
  expect(await engine.writer.staleWindows('t', SECOND)).toHaveLength(1)
  now += 61n * SECOND
  await engine.writer.flush()
  expect(await engine.writer.staleWindows('t', SECOND)).toEqual([])
  await engine.close()
})

test('refuses rules that cannot be, and tables with the names of rollups', async () => {
  await expect(open({ rollups: { t: [{ everyMs: 0 }] } })).rejects.toMatchObject({ kind: 'invalid' })
  await expect(open({ rollups: { t: [{ everyMs: 1.5 }] } })).rejects.toMatchObject({ kind: 'invalid' })
  await expect(open({ rollups: { t: [{ everyMs: 1000, keepMs: -1 }] } })).rejects.toMatchObject({ kind: 'invalid' })
  const nine = Array.from({ length: 9 }, (_, i) => ({ everyMs: 1000 + i }))
  await expect(open({ rollups: { t: nine } })).rejects.toThrow("the rollups of 't' are 9, at most 8 are possible")
  const engine = await open({})
  const rows = {
    table: 't\n1000',
    time: BigInt64Array.of(1n),
    tags: [],
    fields: [{ name: 'v', type: 'f64' as const, values: Float64Array.of(1) }],
  }
  await expect(engine.append({ kind: 'columns', rows })).rejects.toMatchObject({ kind: 'invalid' })
})

test('rows that lie centuries apart cost no more than others: windows between them are passed over', async () => {
  const engine = await openEngine({
    store: { kind: 'memory' },
    workers: 0,
    clock: { now: () => 2n ** 62n + HOUR },
    rollups: { t: [{ everyMs: 1 }] },
  })
  const times = [-(2n ** 62n), 0n, 5n, 2n ** 62n]
  await engine.append({ kind: 'line-protocol', body: times.map((time) => `t x=1i ${time}`).join('\n') })
  await engine.compact()
  const windowOf = async (time: bigint): Promise<Value[][]> => {
    const near = `time >= ${time - 2n ** 40n} AND time <= ${time + 2n ** 40n}`
    return rowsOf(await collectRows(await engine.query(`SELECT time, sum(x) FROM t WHERE ${near} GROUP BY 1ms`)))
  }
  expect(await windowOf(-(2n ** 62n))).toEqual([[-4_611_686_018_428_000_000n, 1n]])
  expect(await windowOf(0n)).toEqual([[0n, 2n]])
  expect(await windowOf(2n ** 62n)).toEqual([[4_611_686_018_427_000_000n, 1n]])
  await engine.close()
})
