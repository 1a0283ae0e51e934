import { afterEach, describe, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'

const SECOND = 1_000_000_000n
const engines: Engine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

let now = 1_700_000_000n * SECOND
const start = now

async function open(retentionMs: Record<string, number> = {}): Promise<Engine> {
  now = start
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, clock: { now: () => now }, retentionMs })
  engines.push(engine)
  return engine
}

/** A counter that grows by 1 a second, a sample every ten seconds. */
async function append(engine: Engine, from: number, to: number): Promise<void> {
  const body = Array.from({ length: (to - from) / 10 }, (_, i) => {
    const at = from + 10 * i
    return `t,host=a v=${at} ${start + BigInt(at) * SECOND}`
  }).join('\n')
  await engine.append({ kind: 'line-protocol', body })
}

async function answer(engine: Engine, text: string): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

const at = (seconds: number): bigint => start + BigInt(seconds) * SECOND

describe.each(['head', 'segments', 'both'])('the sample before the range, rows in %s', (place) => {
  const filled = async (engine: Engine): Promise<void> => {
    await append(engine, 0, 20_000)
    if (place !== 'head') await engine.flush()
    await append(engine, place === 'both' ? 19_000 : 20_000, 30_000)
    if (place === 'segments') await engine.flush()
  }

  test('is read wherever the blocks end, and no window loses the growth between it and the next', async () => {
    const engine = await open()
    await filled(engine)
    for (const from of [10, 10_230, 10_240, 10_241, 20_000, 25_555]) {
      const text = `SELECT increase(v) FROM t WHERE time >= ${at(from)} AND time < ${at(30_000)}`
      // From the sample before `from`, which is up to ten seconds older, to the last one.
      expect(await answer(engine, text), `from ${from}`).toEqual([[29_990 - (Math.ceil(from / 10) * 10 - 10)]])
    }
    const windows = await answer(engine, `SELECT increase(v) AS v FROM t WHERE time >= ${at(10_000)} GROUP BY 1m`)
    expect(windows.reduce((sum, [, v]) => sum + Number(v), 0)).toBe(29_990 - 9990)
  })

  test('is not read where it is further away than the look-back', async () => {
    const engine = await open()
    await filled(engine)
    const text = (lookBack: string): string =>
      `SELECT increase(v, ${lookBack}) FROM t WHERE time >= ${at(20_000)} AND time < ${at(20_100)}`
    expect(await answer(engine, text('10s'))).toEqual([[100]])
    expect(await answer(engine, text('9s'))).toEqual([[90]])
  })

  test('is not there once it has expired', async () => {
    const engine = await open({ t: 60_000 })
    await filled(engine)
    now = at(20_050) + 60n * SECOND
    // Rows from 20,050 s on are kept; the one ten seconds before has expired.
    expect(await answer(engine, `SELECT increase(v), count(v) FROM t WHERE time < ${at(20_100)}`)).toEqual([[40, 5n]])
    const windowed = await answer(engine, `SELECT increase(v) AS v FROM t WHERE time < ${at(20_100)} GROUP BY 1h`)
    expect(windowed.map(([, v]) => v)).toEqual([40])
  })

  test('is not there where it was deleted', async () => {
    const engine = await open()
    await filled(engine)
    await engine.delete({ table: 't', start: at(19_900), end: at(20_000) })
    const text = `SELECT increase(v, 1m) FROM t WHERE time >= ${at(20_000)} AND time < ${at(20_100)}`
    expect(await answer(engine, text)).toEqual([[90]])
  })
})
