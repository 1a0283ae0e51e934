import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { printViewDefinition, type ViewDefinition } from '../../../engine/core/view.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import type { Store } from '../../../engine/storage/store.ts'
import { MAX_NAMED_SERIES } from '../../../engine/worker/view/stale-names.ts'
import { LEASE_NS } from '../../../engine/worker/view/views.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'

const VIEW: ViewDefinition = {
  name: 'v',
  query: 'SELECT h, max(x) AS x FROM t GROUP BY 60ns, host AS h',
  refresh: { kind: 'manual' },
  source: 't',
  window: { kind: 'fixed', origin: 0n, width: 60n },
  tags: [{ tag: 'host', name: 'h' }],
  fields: [{ name: 'x', type: 'f64' }],
}

let now = 0n
let store: Store
let engine: EngineOverStore

beforeEach(async () => {
  now = 1_000_000_000_000n
  store = await openMemoryStore()
  engine = await openOverStore(store, { clock: { now: () => now } })
  const fields = VIEW.fields
  await engine.writer.changeTable('v', { kind: 'create', definition: { tags: ['h'], fields, rollups: [] } })
  await engine.writer.defineView('v', printViewDefinition(VIEW))
})

afterEach(() => engine.close())

/** Makes the view fresh without computing anything. */
async function settle(): Promise<void> {
  const taken = await engine.views.take('v', {})
  if (taken !== undefined && taken !== 'busy') await engine.views.finished('v', taken.token)
}

async function taken(): Promise<unknown> {
  const order = await engine.views.take('v', {})
  return typeof order === 'object' ? order.parts : order
}

const hostIn = (...values: string[]): object => ({ tag: 'host', op: 'in', values })

describe('what is handed out to be computed', () => {
  test('is everything for a view that is new', async () => {
    expect(await taken()).toEqual([{ start: -(2n ** 63n), end: 2n ** 63n - 1n, matchers: [] }])
  })

  test('is nothing when nothing has changed', async () => {
    await settle()
    await engine.appendLines('other,host=a x=1 5')
    expect(await taken()).toBeUndefined()
  })

  test('is the windows and groups of the rows that came: of 1000 series the one that changed', async () => {
    await engine.appendLines(Array.from({ length: 1000 }, (_, i) => `t,host=h${i},dc=d x=1 ${i % 7}`).join('\n'))
    await settle()
    await engine.appendLines('t,host=h7,dc=d x=2 3\nt,host=h7,dc=d x=2 700')
    expect(await taken()).toEqual([
      { start: 0n, end: 60n, matchers: [hostIn('h7')] },
      { start: 660n, end: 720n, matchers: [hostIn('h7')] },
    ])
  })

  test('is the groups that a delete names, and all where it tests other tags', async () => {
    await engine.appendLines('t,host=a,dc=x x=1 0\nt,host=b,dc=y x=1 500')
    await settle()
    const host = { tag: 'host', op: '=', value: 'a' } as const
    await engine.writer.delete({ table: 't', matchers: [host], start: -100n, end: 200n })
    await engine.writer.delete({ table: 't', matchers: [{ tag: 'dc', op: '=', value: 'y' }], start: 0n, end: 1000n })
    const parts = await taken()
    expect(parts).toEqual([
      { start: 0n, end: 60n, matchers: [host] },
      { start: 480n, end: 540n, matchers: [] },
    ])
  })

  test('is, of windows whose rows have made room, computed by a statement only, but stale at once and over a crash', async () => {
    const space = { maxBytes: 8000, evictable: ['v'] }
    const options = { clock: { now: () => now }, space }
    engine = await openOverStore(store, options)
    await settle()
    const rows = { table: 'v', tags: [], time: BigInt64Array.of(0n, 600n), fields: [] }
    await engine.appendLines('t,host=a x=1 0')
    const order = await engine.views.take('v', {})
    if (typeof order !== 'object') throw new Error('nothing was stale')
    const fields = [{ name: 'x', type: 'f64' as const, values: Float64Array.of(1, 2) }]
    await engine.views.write('v', order.token, [], { ...rows, fields })
    await engine.views.finished('v', order.token)
    expect(await engine.views.stale('v')).toEqual([])
    const noise = (at: number): string =>
      Array.from({ length: 300 }, (_, i) => `own x=${Math.sin(at + i)} ${at + i}`).join('\n')
    let refused: unknown
    for (let at = 0; refused === undefined && at < 30_000; at += 300) {
      refused = await engine.appendLines(noise(at)).then(
        () => undefined,
        (error: unknown) => error,
      )
    }
    expect(refused).toMatchObject({ kind: 'quota' })
    const gone = [{ start: -(2n ** 63n), end: 660n }]
    expect(await engine.views.stale('v')).toEqual(gone)
    expect(await engine.views.take('v', { byItself: true })).toBeUndefined()
    const again = await openOverStore(store, options)
    expect(await again.views.stale('v')).toEqual(gone)
    await again.close()
    expect(await taken()).toEqual([{ ...gone[0], matchers: [] }])
  })

  test('is kept over a crash, of the groups that changed', async () => {
    await engine.appendLines('t,host=a x=1 0\nt,host=b x=1 500')
    await settle()
    await engine.writer.flush()
    await engine.appendLines('t,host=b x=2 1')
    const again = await openOverStore(store, { clock: { now: () => now } })
    expect(await again.views.states()).toMatchObject([{ name: 'v', state: 'stale', stale: [{ start: 0n, end: 60n }] }])
    expect(await again.views.take('v', {})).toMatchObject({ parts: [{ start: 0n, end: 60n, matchers: [hostIn('b')] }] })
    await again.close()
  })

  test('is in the manifest with the groups that changed, those of deletes too, over any number of restarts', async () => {
    await engine.appendLines('t,host=a x=1 0\nt,host=b x=1 500\nt,host=c x=1 500')
    await settle()
    await engine.appendLines('t,host=b,dc=d x=2 1\nt,host=c x=2 2')
    const host = { tag: 'host', op: '=', value: 'a' } as const
    await engine.writer.delete({ table: 't', matchers: [host], start: 0n, end: 10n })
    await engine.writer.flush()
    for (let round = 0; round < 2; round++) {
      const again = await openOverStore(store, { clock: { now: () => now } })
      const order = await again.views.take('v', {})
      if (typeof order !== 'object') throw new Error('nothing was stale')
      expect(order.parts).toHaveLength(2)
      expect(order.parts).toEqual(
        expect.arrayContaining([
          { start: 0n, end: 60n, matchers: [host] },
          { start: 0n, end: 60n, matchers: [hostIn('b', 'c')] },
        ]),
      )
      await again.views.failed('v', order.token, 'ended')
      await again.writer.flush()
    }
  })

  test(`is of all groups after a restart where more than ${MAX_NAMED_SERIES} series changed`, async () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, i) => `t,host=h${i} x=1 1`).join('\n')
    const partsAfter = async (count: number): Promise<unknown> => {
      await settle()
      await engine.appendLines(lines(count))
      await engine.writer.flush()
      const again = await openOverStore(store, { clock: { now: () => now } })
      const order = await again.views.take('v', {})
      return typeof order === 'object' ? order.parts.map(({ matchers }) => matchers.length) : order
    }
    expect(await partsAfter(MAX_NAMED_SERIES)).toEqual([1])
    expect(await partsAfter(MAX_NAMED_SERIES + 1)).toEqual([0])
  })

  test('is in the manifest while it is computed', async () => {
    await engine.appendLines('t,host=a x=1 0\nt,host=b x=1 500')
    await settle()
    await engine.appendLines('t,host=a x=2 1\nt,host=a x=2 130')
    await engine.views.take('v', { within: { start: 0n, end: 60n } })
    await engine.writer.flush()
    const again = await openOverStore(store, { clock: { now: () => now } })
    expect(await again.views.stale('v')).toEqual([
      { start: 0n, end: 60n },
      { start: 120n, end: 180n },
    ])
    await again.close()
  })

  test('is stale again after a failure, with what came meanwhile', async () => {
    await engine.appendLines('t,host=a x=1 0\nt,host=b x=1 0')
    await settle()
    await engine.appendLines('t,host=a x=2 1')
    const order = await engine.views.take('v', {})
    if (typeof order !== 'object') throw new Error('nothing was stale')
    await engine.appendLines('t,host=b x=2 1')
    await engine.views.failed('v', order.token, 'no reason')
    expect(await engine.views.states()).toMatchObject([{ state: 'failed', error: 'no reason' }])
    expect(await taken()).toEqual([{ start: 0n, end: 60n, matchers: [hostIn('b', 'a')] }])
  })

  test('goes to one at a time, until that one has not been heard of for a minute', async () => {
    await settle()
    await engine.appendLines('t,host=a x=1 0')
    const first = await engine.views.take('v', {})
    if (typeof first !== 'object') throw new Error('nothing was stale')
    expect(await engine.views.take('v', {})).toBe('busy')
    now += LEASE_NS
    const second = await engine.views.take('v', {})
    expect(second).toMatchObject({ parts: first.parts })
    const rows = { table: 'v', time: BigInt64Array.of(0n), tags: [], fields: [] }
    await expect(async () => engine.views.write('v', first.token, [], rows)).rejects.toThrow('another refresh')
    await expect(async () => engine.views.finished('v', first.token)).rejects.toThrow('another refresh')
  })

  test('is stale to who reads until it is finished', async () => {
    await settle()
    expect(await engine.views.stale('v')).toEqual([])
    await engine.appendLines('t,host=a x=1 0')
    const order = await engine.views.take('v', {})
    if (typeof order !== 'object') throw new Error('nothing was stale')
    expect(await engine.views.stale('v')).toEqual([{ start: 0n, end: 60n }])
    await engine.views.finished('v', order.token)
    expect(await engine.views.stale('v')).toEqual([])
  })

  test('of a view that there is not is an error', async () => {
    await expect(async () => engine.views.take('w', {})).rejects.toThrow("there is no view 'w'")
  })
})

test('a definition that this version cannot read is left alone', async () => {
  await engine.writer.defineView('future', '{"query":1}')
  expect((await engine.views.states()).map(({ name }) => name)).toEqual(['v'])
  await engine.appendLines('t,host=a x=1 0')
})
