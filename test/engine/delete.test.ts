import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type AppendInput,
  collectRows,
  type Engine,
  type EngineOptions,
  type LiveUpdate,
  openEngine,
} from '../../engine/engine.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'

const MINUTE = 60_000_000_000n
const HOUR = 60n * MINUTE
const now = 1_700_000_000_000_000_000n - (1_700_000_000_000_000_000n % HOUR)

const engines: Engine[] = []
const folders: string[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, clock: { now: () => now }, ...options })
  engines.push(engine)
  return engine
}

const lines = (body: string): AppendInput => ({ kind: 'line-protocol', body })

async function answer(engine: Engine, text: string): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

describe.each([false, true])('with rows in segments: %s', (isFlushed) => {
  test('an answer from headers does not count a row that is deleted', async () => {
    const engine = await open()
    await engine.append(lines(Array.from({ length: 2048 }, (_, i) => `t a=${i} ${i}`).join('\n')))
    if (isFlushed) await engine.flush()
    const sums = 'SELECT count(*), count(a), sum(a), min(a), max(a) FROM t'
    expect(await answer(engine, sums)).toEqual([[2048n, 2048n, 2096128, 0, 2047]])
    await engine.delete({ table: 't', start: 2047n })
    expect(await answer(engine, sums)).toEqual([[2047n, 2047n, 2094081, 0, 2046]])
    await engine.delete({ table: 't', start: 0n, end: 1024n })
    expect(await answer(engine, sums)).toEqual([[1023n, 1023n, 1570305, 1024, 2046]])
    await engine.delete({ table: 't' })
    expect(await answer(engine, sums)).toEqual([[0n, 0n, null, null, null]])
  })

  test('the newest row of a series is the one before those that are deleted', async () => {
    const engine = await open()
    await engine.append(lines('t,h=x a=1 1\nt,h=x a=2 2\nt,h=y a=3 3'))
    if (isFlushed) await engine.flush()
    await engine.delete({ table: 't', matchers: [{ tag: 'h', op: '=', value: 'x' }], start: 2n })
    expect(await answer(engine, 'SELECT a FROM t LATEST ON time PARTITION BY h')).toEqual([[1], [3]])
  })

  test('whoever watches an answer sees the rows vanish', async () => {
    const engine = await open()
    await engine.append(lines('t,h=x a=1 1\nt,h=y a=2 1'))
    if (isFlushed) await engine.flush()
    const updates: LiveUpdate[] = []
    let wake: (() => void) | undefined
    const next = (update: LiveUpdate): void => {
      updates.push(update)
      wake?.()
    }
    const failed = (error: Error): never => {
      throw error
    }
    engine.subscribe('SELECT sum(a) FROM t GROUP BY h', { next, error: failed }, { minIntervalMs: 1 })
    const seen = async (count: number): Promise<void> => {
      while (updates.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    await seen(1)
    await engine.delete({ table: 't', matchers: [{ tag: 'h', op: '=', value: 'x' }] })
    await seen(2)
    const [, update] = updates
    expect(update?.kind === 'delta' && rowsOf(update.removed)).toEqual([['x']])
    expect(update?.kind === 'delta' && rowsOf(update.changed)).toEqual([])
  })
})

test('with worker threads and over a reopening rows stay deleted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-delete-'))
  folders.push(directory)
  const store = { kind: 'files', directory } as const
  const rows = Array.from({ length: 300 }, (_, i) => `t,h=${i % 30} a=1 ${i}`).join('\n')
  const first = await openEngine({ store, workers: 3 })
  await first.append(lines(rows))
  await first.flush()
  await first.append(lines(rows.replaceAll(' a=1', ' b=1')))
  await first.delete({ table: 't', matchers: [{ tag: 'h', op: '=~', value: '1?[05]' }], start: 100n, end: 200n })
  // h of 0, 5, 10 and 15: of every 30 times four, of the hundred from 100 on those that are 0, 5, 10, 15 modulo 30.
  const left =
    300n - BigInt(Array.from({ length: 100 }, (_, i) => (100 + i) % 30).filter((h) => h % 5 === 0 && h < 16).length)
  const counts = 'SELECT count(*), sum(a), sum(b) FROM t'
  expect(await answer(first, counts)).toEqual([[left, Number(left), Number(left)]])
  await first.close()
  for (const workers of [0, 2]) {
    const again = await openEngine({ store, workers })
    expect(await answer(again, counts)).toEqual([[left, Number(left), Number(left)]])
    await again.compact()
    expect(await answer(again, counts)).toEqual([[left, Number(left), Number(left)]])
    expect((await again.statistics()).waitingDeletes).toBe(0)
    await again.close()
  }
})

describe('windows that are kept of rows', () => {
  const rollups = { t: [{ everyMs: 3_600_000 }, { everyMs: 60_000 }] }
  const begin = now - 10n * HOUR
  /** A row a minute of each of two hosts, for six hours. */
  const rows = Array.from({ length: 720 }, (_, i) => `t,h=${i % 2} v=1 ${begin + BigInt(i >> 1) * MINUTE}`).join('\n')

  test.each([
    ['whole windows', begin + HOUR, begin + 3n * HOUR],
    ['parts of windows', begin + HOUR + 90n * 1_000_000_000n, begin + 3n * HOUR - MINUTE],
    ['everything', undefined, undefined],
    ['what follows the last row in its window', begin + 6n * HOUR - MINUTE / 2n, undefined],
  ])('lose what is deleted: %s', async (_name, start, end) => {
    const matchers = [{ tag: 'h', op: '=', value: '1' }] as const
    const range = { table: 't', ...(start !== undefined && { start }), ...(end !== undefined && { end }) }
    const kept = await open({ rollups })
    const plain = await open()
    for (const engine of [kept, plain]) {
      await engine.append(lines(rows))
      await engine.flush()
      await engine.delete({ ...range, matchers })
    }
    for (const text of [
      'SELECT sum(v), count(*) FROM t GROUP BY 1h, h',
      'SELECT sum(v), count(*) FROM t GROUP BY 1m',
      'SELECT count(v), max(v) FROM t',
    ]) {
      const wanted = await answer(plain, text)
      expect(await answer(kept, text)).toEqual(wanted)
      await kept.flush()
      expect(await answer(kept, text)).toEqual(wanted)
      await kept.compact()
      expect(await answer(kept, text)).toEqual(wanted)
    }
  })
})
