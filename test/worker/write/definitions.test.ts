import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../../engine/core/errors.ts'
import type { TableInfo } from '../../../engine/core/plan.ts'
import { emptyMemoryContents, openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { type EngineOverStore, type OverStoreOptions, openOverStore } from '../../support/engine-over-store.ts'

const HOUR_MS = 3_600_000
const DEFINITION = {
  tags: ['host'],
  fields: [
    { name: 'usage', type: 'f64', unit: '%' },
    { name: 'n', type: 'i64' },
  ],
  retentionMs: 30 * 24 * HOUR_MS,
  rollups: [{ everyMs: HOUR_MS, keepMs: 365 * 24 * HOUR_MS }, { everyMs: 60_000 }],
} as const

const DEFINED: TableInfo = {
  name: 'cpu',
  tags: ['host'],
  fields: [
    { name: 'n', type: 'i64' },
    { name: 'usage', type: 'f64', unit: '%' },
  ],
  retentionMs: 30 * 24 * HOUR_MS,
  rollups: [{ everyMs: 60_000 }, { everyMs: HOUR_MS, keepMs: 365 * 24 * HOUR_MS }],
  defined: { ...DEFINITION, rollups: [{ everyMs: 60_000 }, { everyMs: HOUR_MS, keepMs: 365 * 24 * HOUR_MS }] },
}

/** A store whose engine can be opened again, also after one that was not closed. */
function restartable(options: OverStoreOptions = {}): { open(): Promise<EngineOverStore> } {
  const contents = emptyMemoryContents()
  return {
    open: () => {
      // Nobody closes what a crash has ended.
      contents.open = false
      return openMemoryStore(contents).then((store) => openOverStore(store, options))
    },
  }
}

const create = { kind: 'create', definition: DEFINITION } as const

describe('what is defined is there again', () => {
  test.each([
    ['after a crash, out of the log', { flush: false, close: false }],
    ['after closing, out of the log', { flush: false, close: true }],
    ['after a flush, out of the manifest', { flush: true, close: true }],
  ])('%s', async (_name, { flush, close }) => {
    const store = restartable()
    const before = await store.open()
    expect(await before.writer.changeTable('cpu', create)).toBe(true)
    await before.writer.defineView('hourly', '{"a":1}')
    await before.writer.defineView('gone', '{"b":1}')
    await before.writer.defineView('gone')
    if (flush) await before.writer.flush()
    if (close) await before.close()
    const after = await store.open()
    expect(await after.writer.catalog()).toEqual({
      tables: [DEFINED],
      views: [{ name: 'hourly', definition: '{"a":1}' }],
    })
    await after.close()
  })

  test('in a flushed manifest, with later changes in the log', async () => {
    const store = restartable()
    const before = await store.open()
    await before.writer.changeTable('cpu', create)
    await before.writer.flush()
    await before.writer.changeTable('cpu', { kind: 'set unit', field: 'usage', unit: 'percent' })
    await before.writer.changeTable('cpu', { kind: 'set retention' })
    await before.writer.changeTable('cpu', { kind: 'drop rollup', everyMs: 60_000 })
    const after = await store.open()
    const { retentionMs: _, defined: __, ...rest } = DEFINED
    expect((await after.writer.catalog()).tables).toMatchObject([
      {
        ...rest,
        fields: [
          { name: 'n', type: 'i64' },
          { name: 'usage', type: 'f64', unit: 'percent' },
        ],
        rollups: [{ everyMs: HOUR_MS }],
      },
    ])
    expect((await after.writer.catalog()).tables[0]).not.toHaveProperty('retentionMs')
    await after.close()
  })
})

test('a change that is made again changes nothing', async () => {
  const { writer, close } = await restartable().open()
  await writer.changeTable('cpu', create)
  const changes = [create, { kind: 'add tag', name: 'host' }, { kind: 'drop rollup', everyMs: 7 }] as const
  for (const change of changes) expect(await writer.changeTable('cpu', change)).toBe(false)
  await close()
})

test('rows that a declared kind forbids are rejected, others take it', async () => {
  const { writer, appendLines, appendColumns, close } = await restartable().open()
  await writer.changeTable('cpu', create)
  expect(await appendLines('cpu,host=a usage=1i,n=2i 1')).toMatchObject({ rows: 1, rejectedCount: 0 })
  expect(await appendLines('cpu,host=a n=2.5 2')).toMatchObject({
    rows: 0,
    rejected: [{ reason: expect.stringContaining("'n'") }],
  })
  const tags = [{ name: 'usage', type: 'string', values: Uint32Array.of(0), dictionary: ['x'] }] as const
  const rows = { table: 'cpu', time: BigInt64Array.of(1n), tags, fields: [] }
  await expect(appendColumns(rows)).rejects.toMatchObject({ kind: 'invalid' })
  await close()
})

describe('a change is refused as invalid where', () => {
  const cases: [string, Parameters<EngineOverStore['writer']['changeTable']>][] = [
    ['the table is there already', ['rows', create]],
    ['the table is not there', ['none', { kind: 'set retention', retentionMs: 1 }]],
    ['the field is not there', ['rows', { kind: 'set unit', field: 'x', unit: '%' }]],
    ['a tag is a field', ['rows', { kind: 'add tag', name: 'n' }]],
    ['a field is a tag', ['rows', { kind: 'add field', field: { name: 'host', type: 'i64' } }]],
    ['a field has another type', ['rows', { kind: 'add field', field: { name: 'n', type: 'f64' } }]],
    ['a column is called time', ['rows', { kind: 'add field', field: { name: 'time', type: 'f64' } }]],
    ['a name has a line break', ['rows', { kind: 'add tag', name: 'a\nb' }]],
    ['a table has no field', ['t', { kind: 'create', definition: { tags: ['a'], fields: [], rollups: [] } }]],
    ['a unit is too long', ['rows', { kind: 'set unit', field: 'n', unit: 'x'.repeat(65) }]],
    ['nothing would be kept', ['rows', { kind: 'set retention', retentionMs: 0 }]],
    [
      'a column comes twice',
      ['t', { kind: 'create', definition: { tags: ['a', 'a'], fields: [...DEFINITION.fields], rollups: [] } }],
    ],
  ]
  test.each(cases)('%s', async (_name, [table, change]) => {
    const { writer, appendLines, close } = await restartable().open()
    await appendLines('rows,host=a n=1i 1')
    const before = await writer.catalog()
    const refusal: unknown = await Promise.resolve(writer.changeTable(table, change)).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(TidemarkError)
    expect(refusal).toMatchObject({ kind: 'invalid' })
    expect(await writer.catalog()).toEqual(before)
    await close()
  })

  test('a table would have more than 8 rollups', async () => {
    const { writer, appendLines, close } = await restartable().open()
    await appendLines('rows n=1i 1')
    const add = (minutes: number) =>
      writer.changeTable('rows', { kind: 'add rollup', rollup: { everyMs: minutes * 60_000 } })
    for (let minutes = 1; minutes <= 8; minutes++) expect(await add(minutes)).toBe(true)
    await expect(add(9)).rejects.toMatchObject({ kind: 'invalid' })
    await close()
  })
})

test('definitions have at most 16 Mi characters together', async () => {
  const { writer, close } = await restartable().open()
  const text = (length: number) => JSON.stringify('x'.repeat(length - 2))
  await writer.defineView('a', text((16 << 20) - 2))
  await expect(writer.defineView('b', text(3))).rejects.toMatchObject({ kind: 'quota' })
  await writer.defineView('a', text(10))
  await writer.defineView('b', text(3))
  await close()
})

test('a retention that a statement says wins over the one at opening, which counts again without it', async () => {
  const now = 1_000n * 3_600_000_000_000n
  const { writer, queryable, appendLines, close } = await restartable({
    clock: { now: () => now },
    retentionMs: { 't*': 10 * HOUR_MS },
  }).open()
  for (const hours of [5n, 20n, 200n]) await appendLines(`t n=1i ${now - hours * 3_600_000_000_000n}`)
  const rows = async (): Promise<number> => {
    queryable.forgetCatalog()
    const all = { table: 't', matchers: [], start: 0n, end: now }
    const { rows: counts } = await queryable.aggregate({ kind: 'aggregate', ...all, by: [], inputs: [] })
    return counts.reduce((sum, count) => sum + count, 0)
  }
  expect(await rows()).toBe(1)
  await writer.changeTable('t', { kind: 'set retention', retentionMs: 100 * HOUR_MS })
  expect(await rows()).toBe(2)
  await writer.changeTable('t', { kind: 'set retention', retentionMs: HOUR_MS })
  expect(await rows()).toBe(0)
  await writer.changeTable('t', { kind: 'set retention' })
  expect(await rows()).toBe(1)
  await writer.changeTable('t', { kind: 'set retention', retentionMs: 100 * HOUR_MS })
  await writer.flush()
  expect(await rows()).toBe(2)
  await close()
})

describe('a rollup that a statement adds to a table with rows', () => {
  const HOUR = 3_600_000_000_000n
  const hourly = { kind: 'add rollup', rollup: { everyMs: HOUR_MS } } as const

  /** Rows of ten hours, some in a segment and some in memory, and how many the table has by hour. */
  async function tenHours(): Promise<{
    engine: EngineOverStore
    counts(): Promise<number[]>
    reopen(): Promise<void>
  }> {
    const store = restartable({ clock: { now: () => 20n * HOUR } })
    let engine = await store.open()
    for (let hour = 0n; hour < 10n; hour++) {
      await engine.appendLines(`t,host=a n=${hour}i ${hour * HOUR}\nt,host=b n=1i ${hour * HOUR + 5n}`)
      if (hour === 5n) await engine.writer.flush()
    }
    const counts = async (): Promise<number[]> => {
      engine.queryable.forgetCatalog()
      const plan = { table: 't', matchers: [], start: 0n, end: 10n * HOUR, window: { origin: 0n, width: HOUR } }
      return [...(await engine.queryable.aggregate({ kind: 'aggregate', ...plan, by: [], inputs: [] })).rows]
    }
    const reopen = async (): Promise<void> => {
      engine = await store.open()
    }
    return {
      get engine() {
        return engine
      },
      counts,
      reopen,
    }
  }

  test('is computed from all of them, and outlives them', async () => {
    const t = await tenHours()
    await t.engine.writer.changeTable('t', hourly)
    const ten = [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    expect(await t.counts()).toEqual(ten)
    await t.engine.writer.flush()
    expect(await t.engine.writer.staleWindows('t', HOUR)).toEqual([])
    await t.engine.writer.changeTable('t', { kind: 'set retention', retentionMs: 15 * HOUR_MS })
    expect(await t.counts()).toEqual(ten)
    await t.reopen()
    expect(await t.counts()).toEqual(ten)
    await t.engine.close()
  })

  test('that the log brings back is computed from all of them', async () => {
    const t = await tenHours()
    await t.engine.writer.changeTable('t', hourly)
    await t.reopen()
    await t.engine.writer.flush()
    expect(await t.engine.writer.staleWindows('t', HOUR)).toEqual([])
    expect(await t.counts()).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    await t.engine.close()
  })

  test('is gone with its windows when it is dropped; added again it knows nothing of what was', async () => {
    const t = await tenHours()
    await t.engine.writer.changeTable('t', hourly)
    await t.engine.writer.flush()
    await t.engine.writer.changeTable('t', { kind: 'set retention', retentionMs: 15 * HOUR_MS })
    await t.engine.writer.changeTable('t', { kind: 'drop rollup', everyMs: HOUR_MS })
    expect(await t.counts()).toEqual([2, 2, 2, 2, 2])
    await t.engine.writer.changeTable('t', { kind: 'set retention' })
    await t.engine.writer.delete({
      table: 't',
      matchers: [{ tag: 'host', op: '=', value: 'b' }],
      start: 0n,
      end: 2n * HOUR,
    })
    await t.engine.writer.changeTable('t', hourly)
    await t.engine.writer.flush()
    expect(await t.engine.writer.staleWindows('t', HOUR)).toEqual([])
    expect(await t.counts()).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 2, 2])
    await t.engine.close()
  })
})
