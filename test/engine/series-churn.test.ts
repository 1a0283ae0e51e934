import { afterEach, describe, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine, type SeriesLimits } from '../../engine/engine.ts'

const HOUR_NS = 3_600_000_000_000n
const PODS = 500
const engines: Engine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

let now = 1_700_000_000_000_000_000n

async function open(maxSeries?: SeriesLimits): Promise<Engine> {
  const engine = await openEngine({
    store: { kind: 'memory' },
    workers: 0,
    clock: { now: () => now },
    retentionMs: { pods: 2 * 3_600_000 },
    ...(maxSeries && { maxSeries }),
  })
  engines.push(engine)
  return engine
}

/** Rows of the pods of an hour, and of one that stays. */
async function hour(engine: Engine, number: number): Promise<number> {
  const rows = Array.from({ length: PODS }, (_, i) => `pods,pod=${number}-${i},zone=${i % 3} v=${i} ${now + BigInt(i)}`)
  const { rejectedCount } = await engine.append({
    kind: 'line-protocol',
    body: [...rows, `pods,pod=stays v=${number} ${now}`].join('\n'),
  })
  return rejectedCount
}

async function numbers(engine: Engine, text: string): Promise<unknown[]> {
  return [...((await collectRows(await engine.query(text))).columns[0]?.values ?? [])].map(Number)
}

describe('series whose rows have expired', () => {
  test('leave the index while the store runs, however many come, and the others answer as before', async () => {
    const engine = await open()
    for (let number = 0; number < 24; number++) {
      now += HOUR_NS
      expect(await hour(engine, number)).toBe(0)
      await engine.flush()
      // Hours of rows that may be kept, one that is over and one for the share below which nothing is done.
      expect((await engine.statistics()).series).toBeLessThanOrEqual(5 * PODS)
      expect(await numbers(engine, `SELECT sum(v) AS s FROM pods WHERE pod = '${number}-7'`)).toEqual([7])
      expect(await numbers(engine, `SELECT last(v) AS s FROM pods WHERE pod = 'stays'`)).toEqual([number])
    }
    expect(await numbers(engine, `SELECT count(*) AS n FROM pods WHERE pod =~ '3-.*'`)).not.toEqual([PODS])
  })

  test('come back as new ones, by lines and by columns, flushed or not', async () => {
    const engine = await open()
    await hour(engine, 0)
    await engine.flush()
    now += 10n * HOUR_NS
    await hour(engine, 1)
    await engine.flush()
    expect((await engine.statistics()).series).toBe(PODS + 1)
    await engine.append({
      kind: 'line-protocol',
      body: `pods,pod=0-7,zone=1 v=70 ${now}\npods,pod=1-7,zone=1 v=1 ${now + 9n}`,
    })
    const rows = {
      table: 'pods',
      tags: [
        { name: 'pod', type: 'string' as const, values: Uint32Array.of(0, 1), dictionary: ['0-8', '1-8'] },
        { name: 'zone', type: 'string' as const, values: Uint32Array.of(0, 0), dictionary: ['2'] },
      ],
      time: BigInt64Array.of(now, now + 9n),
      fields: [{ name: 'v', type: 'f64' as const, values: Float64Array.of(80, 1) }],
    }
    await engine.append({ kind: 'columns', rows })
    for (const flushed of [false, true]) {
      if (flushed) await engine.flush()
      expect((await engine.statistics()).series).toBe(PODS + 3)
      expect(await numbers(engine, `SELECT sum(v) AS s FROM pods WHERE pod = '0-7'`)).toEqual([70])
      expect(await numbers(engine, `SELECT sum(v) AS s FROM pods WHERE pod = '0-8'`)).toEqual([80])
      expect(await numbers(engine, `SELECT sum(v) AS s FROM pods WHERE pod IN ('1-7', '1-8')`)).toEqual([17])
    }
  })

  test('make room within the limits', async () => {
    const engine = await open({ tables: { pods: PODS + 1 } })
    expect(await hour(engine, 0)).toBe(0)
    await engine.flush()
    expect(await hour(engine, 1)).toBe(PODS)
    now += 10n * HOUR_NS
    await engine.flush()
    expect(await hour(engine, 2)).toBe(0)
  })

  test('do not disturb answers that were begun before they left', async () => {
    const engine = await open()
    await hour(engine, 0)
    await engine.flush()
    const rows = await engine.query('SELECT v FROM pods')
    now += 10n * HOUR_NS
    await hour(engine, 1)
    const [found] = await Promise.all([collectRows(rows), engine.flush()])
    expect([0, PODS + 1]).toContain(found.columns[0]?.values.length)
    expect(await numbers(engine, 'SELECT count(*) AS n FROM pods')).toEqual([PODS + 1])
  })
})
