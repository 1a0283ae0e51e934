import { afterEach, describe, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'

const engines: Engine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

async function open(): Promise<Engine> {
  const clock = { now: () => 1_700_000_000_000_000_000n }
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, clock })
  engines.push(engine)
  return engine
}

async function append(engine: Engine, from: number, to: number): Promise<void> {
  const lines: string[] = []
  for (let i = from; i < to; i++) {
    for (const host of ['a', 'b', 'c']) lines.push(`t,h=${host} n=${(i * i) % 97}i,x=${i / 4},s="v${i % 3}" ${i}`)
  }
  await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
}

async function everything(engine: Engine): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query('SELECT * FROM t ORDER BY time')))
}

describe('compact', () => {
  test('leaves one segment, no log, and the same rows', async () => {
    const engine = await open()
    for (let part = 0; part < 4; part++) {
      await append(engine, part * 900, part * 900 + 1000)
      await engine.flush()
    }
    await append(engine, 3700, 4000)
    const before = await everything(engine)
    await engine.compact()
    const { segments, headBytes } = await engine.statistics()
    expect({ segments, headBytes }).toEqual({ segments: 1, headBytes: 0 })
    expect(await everything(engine)).toEqual(before)
    expect(before).toHaveLength(3 * 4000)
  })

  test('of what is compact changes nothing', async () => {
    const engine = await open()
    await append(engine, 0, 3000)
    await engine.compact()
    const { segmentBytes } = await engine.statistics()
    await engine.compact()
    expect((await engine.statistics()).segmentBytes).toBe(segmentBytes)
  })

  test('rows that come later win over those that are compact', async () => {
    const engine = await open()
    await append(engine, 0, 2000)
    await engine.compact()
    await engine.append({ kind: 'line-protocol', body: 't,h=a n=1000i 77' })
    await engine.compact()
    const result = await collectRows(await engine.query("SELECT n, x FROM t WHERE h = 'a' AND n = 1000"))
    expect(rowsOf(result)).toEqual([[1000n, 77 / 4]])
  })
})
