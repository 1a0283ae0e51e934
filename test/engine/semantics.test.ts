import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type AppendInput, collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'

const engines: Engine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

let now = 1_700_000_000_000_000_000n

async function open(retentionMs: Record<string, number> = {}): Promise<Engine> {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, clock: { now: () => now }, retentionMs })
  engines.push(engine)
  return engine
}

const lines = (body: string): AppendInput => ({ kind: 'line-protocol', body })

async function answer(engine: Engine, text: string): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

describe.each([false, true])('rows in %s', (isFlushed) => {
  const settle = async (engine: Engine): Promise<void> => {
    if (isFlushed) await engine.flush()
  }

  test('a field that a row does not name is never overwritten by it', async () => {
    const engine = await open()
    await engine.append(lines('t,h=x a=1,b=2 10'))
    await settle(engine)
    await engine.append(lines('t,h=x b=3 10'))
    await settle(engine)
    expect(await answer(engine, 'SELECT a, b FROM t')).toEqual([[1, 3]])
  })

  test('within a batch the later row wins, between batches the later batch', async () => {
    const engine = await open()
    await engine.append(lines('t a=1 5\nt a=2 5'))
    expect(await answer(engine, 'SELECT a FROM t')).toEqual([[2]])
    await settle(engine)
    await engine.append(lines('t a=3 5\nt a=1 4'))
    await settle(engine)
    expect(await answer(engine, 'SELECT a FROM t ORDER BY time')).toEqual([[1], [3]])
    expect(await answer(engine, 'SELECT count(*), sum(a) FROM t')).toEqual([[2n, 4]])
  })

  test('an answer from headers does not count a value twice that a later row replaces', async () => {
    const engine = await open()
    const body = Array.from({ length: 1024 }, (_, i) => `t a=1 ${i}`).join('\n')
    await engine.append(lines(body))
    await settle(engine)
    await engine.append(lines('t a=101 500'))
    await settle(engine)
    expect(await answer(engine, 'SELECT count(a), sum(a), max(a) FROM t')).toEqual([[1024n, 1124, 101]])
  })

  test('NaN propagates in sums; min and max ignore it unless all are', async () => {
    const engine = await open()
    const column = (name: string, values: number[]) =>
      ({ name, type: 'f64', values: Float64Array.from(values) }) as const
    const rows = { table: 't', time: BigInt64Array.of(1n, 2n), tags: [] }
    const fields = [column('some', [Number.NaN, 4]), column('all', [Number.NaN, Number.NaN])]
    await engine.append({ kind: 'columns', rows: { ...rows, fields } })
    await settle(engine)
    expect(await answer(engine, 'SELECT sum(some), min(some), max(some), min("all"), max("all") FROM t')).toEqual([
      [Number.NaN, 4, 4, Number.NaN, Number.NaN],
    ])
  })

  test('a row is refused at the last nanosecond of 64 bits and visible at the one before', async () => {
    const engine = await open()
    const last = 2n ** 63n - 1n
    const { rows, rejected } = await engine.append(lines(`t a=1 ${last}\nt a=2 ${last - 1n}\nt a=3 ${-last - 1n}`))
    expect([rows, rejected.map(({ line }) => line)]).toEqual([2, [1]])
    const column = { name: 'a', type: 'f64', values: Float64Array.of(1) } as const
    const append = engine.append({
      kind: 'columns',
      rows: { table: 't', time: BigInt64Array.of(last), tags: [], fields: [column] },
    })
    await expect(append).rejects.toMatchObject({ kind: 'invalid', message: expect.stringContaining(`${last}`) })
    await settle(engine)
    expect(await answer(engine, 'SELECT time, a FROM t')).toEqual([
      [-last - 1n, 3],
      [last - 1n, 2],
    ])
  })

  test('of 0 and -0 the second is the lesser, whatever the order of rows', async () => {
    for (const [i, values] of ['v=0 1\nt v=-0 2', 'v=-0 1\nt v=0 2'].entries()) {
      const engine = await open()
      await engine.append(lines(`t ${values}`))
      await settle(engine)
      const [[least, greatest] = []] = await answer(engine, 'SELECT min(v * 1.0), max(v * 1.0) FROM t')
      expect([i, Object.is(least, -0), Object.is(greatest, 0)]).toEqual([i, true, true])
    }
  })

  test('an integer sum beyond 64 bits is an error that names the column; one that comes back within is exact', async () => {
    const engine = await open()
    await engine.append(lines('t a=9223372036854775807i 1\nt a=9223372036854775807i 2'))
    await settle(engine)
    await expect(answer(engine, 'SELECT sum(a) FROM t')).rejects.toMatchObject({
      message: expect.stringContaining('a'),
    })
    await engine.append(lines('t a=-9223372036854775808i 3'))
    await settle(engine)
    expect(await answer(engine, 'SELECT sum(a) FROM t')).toEqual([[9223372036854775806n]])
  })

  test('of values with one time in several series first and last are the greatest', async () => {
    const engine = await open()
    await engine.append(lines('t,h=a v=3 1\nt,h=b v=7 1\nt,h=c v=5 1'))
    await settle(engine)
    expect(await answer(engine, 'SELECT first(v), last(v) FROM t')).toEqual([[7, 7]])
  })
})

test('the first type of a field wins; a row that disagrees is rejected with its line, the others are stored', async () => {
  const engine = await open()
  const result = await engine.append(lines('t a=1 1\nt a="x" 2\nt a=true 3\nt a=4 4'))
  expect(result).toMatchObject({ rows: 2, rejectedCount: 2, rejected: [{ line: 2 }, { line: 3 }] })
  expect(await answer(engine, 'SELECT a FROM t')).toEqual([[1], [4]])
})

test('an integer literal into an f64 field converts; a float into an i64 field is rejected', async () => {
  const engine = await open()
  expect(await engine.append(lines('t f=1.5,i=1i 1\nt f=2i 2\nt i=2.5 3'))).toMatchObject({ rows: 2, rejectedCount: 1 })
  expect(await answer(engine, 'SELECT f FROM t WHERE time = 2')).toEqual([[2]])
})

test('one name cannot be both tag and field of a table, whichever came first and however it comes', async () => {
  const engine = await open()
  await engine.append(lines('t,a=x b=1 1'))
  expect(await engine.append(lines('t,c=y a=1 2\nt,b=z d=1 3'))).toMatchObject({ rows: 0, rejectedCount: 2 })
  const column = { name: 'a', type: 'f64', values: new Float64Array(1) } as const
  const rows = { table: 't', time: new BigInt64Array(1), tags: [], fields: [column] }
  await expect(engine.append({ kind: 'columns', rows })).rejects.toMatchObject({ kind: 'invalid' })
})

test('empty tag values are absent tags: the series is the same', async () => {
  const engine = await open()
  const tag = { name: 'h', type: 'string', values: new Uint32Array(1), dictionary: [''] } as const
  const fields = [{ name: 'a', type: 'f64', values: Float64Array.of(2) }] as const
  await engine.append(lines('t a=1 1'))
  await engine.append({ kind: 'columns', rows: { table: 't', time: BigInt64Array.of(1n), tags: [tag], fields } })
  expect((await engine.statistics()).series).toBe(1)
  expect(await answer(engine, 'SELECT a FROM t')).toEqual([[2]])
  // A table has the tags that its rows have, as after the engine has been opened again.
  expect((await engine.catalog()).tables).toMatchObject([{ name: 't', tags: [] }])
})

test('a row without a timestamp has the time at which it was appended', async () => {
  const engine = await open()
  await engine.append(lines('t a=1'))
  expect(await answer(engine, 'SELECT time FROM t')).toEqual([[now]])
})

test('rows that have expired are not seen any more, and their segments go', async () => {
  const begin = now
  const engine = await open({ 't*': 1000 })
  await engine.append(lines(`temp a=1 ${begin}\nother a=1 ${begin}`))
  expect(await answer(engine, 'SELECT count(*) FROM temp')).toEqual([[1n]])
  now = begin + 2_000_000_000n
  expect(await answer(engine, 'SELECT count(*) FROM temp')).toEqual([[0n]])
  expect(await answer(engine, 'SELECT count(*) FROM other')).toEqual([[1n]])
  await engine.append(lines(`temp a=2 ${now}`))
  await engine.flush()
  expect(await answer(engine, 'SELECT a FROM temp')).toEqual([[2]])
  const alone = await open({ '*': 1000 })
  await alone.append(lines(`temp a=1 ${now - 5_000_000_000n}`))
  await alone.flush()
  expect((await alone.statistics()).segments).toBe(0)
})

test('columns that do not fit are refused whole: lengths, repeated names, codes without a text, booleans that are none', async () => {
  const engine = await open()
  const good = { name: 'a', type: 'f64', values: new Float64Array(2) } as const
  const bad = [
    [{ ...good, values: new Float64Array(3) }],
    [good, good],
    [{ name: 's', type: 'string', values: Uint32Array.of(0, 1), dictionary: ['x'] } as const],
    [{ name: 'b', type: 'bool', values: Uint8Array.of(0, 2) } as const],
    [{ name: 'time', type: 'i64', values: new BigInt64Array(2) } as const],
    [],
  ]
  for (const fields of bad) {
    const rows = { table: 't', time: BigInt64Array.of(1n, 2n), tags: [], fields }
    await expect(engine.append({ kind: 'columns', rows })).rejects.toMatchObject({ kind: 'invalid' })
  }
  expect((await engine.catalog()).tables).toEqual([])
})

test('a folder that an engine has open is locked for another one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-lock-'))
  const first = await openEngine({ store: { kind: 'files', directory }, workers: 0 })
  await expect(openEngine({ store: { kind: 'files', directory }, workers: 1 })).rejects.toMatchObject({
    kind: 'locked',
  })
  await first.close()
  await (await openEngine({ store: { kind: 'files', directory }, workers: 1 })).close()
  await rm(directory, { recursive: true })
})
