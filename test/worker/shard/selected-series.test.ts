import { describe, expect, test } from 'vitest'
import { encodeSeriesKey, type Tags } from '../../../engine/core/series.ts'
import { SeriesIndex } from '../../../engine/index/series-index.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import {
  MAX_SELECTED_REFS,
  MAX_SELECTIONS,
  MAX_TAGGED_REFS,
  SelectedSeries,
} from '../../../engine/worker/shard/selected-series.ts'

const kernel = await Kernel.create(await loadCore())

const register = (index: SeriesIndex, ...tags: Tags): number => index.register(encodeSeriesKey({ table: 't', tags }), 0)

function opened(): { index: SeriesIndex; selected: SelectedSeries; a: number; b: number } {
  const index = new SeriesIndex(kernel)
  const b = register(index, ['host', 'b'], ['zone', 'x'])
  const a = register(index, ['host', 'a'], ['zone', 'x'])
  return { index, selected: new SelectedSeries(index), a, b }
}

describe('series that were selected', () => {
  test('are those that pass, in canonical order, and the same list while no series comes or goes', async () => {
    const { selected, a, b } = opened()
    const all = await selected.select('t', [])
    expect([...all]).toEqual([a, b])
    expect(await selected.select('t', [])).toBe(all)
    expect([...(await selected.select('t', [{ tag: 'host', op: '=', value: 'b' }]))]).toEqual([b])
    expect([...(await selected.select('t', [{ tag: 'host', op: '!=', value: 'b' }]))]).toEqual([a])
    expect([...(await selected.select('u', []))]).toEqual([])
  })

  test('are selected anew when one has come, gone, or come and gone', async () => {
    const { index, selected, a, b } = opened()
    expect([...(await selected.select('t', []))]).toEqual([a, b])
    const c = register(index, ['host', 'c'])
    expect([...(await selected.select('t', []))]).toEqual([a, b, c])
    index.unlink(Uint32Array.of(b))
    expect([...(await selected.select('t', []))]).toEqual([a, c])
    const d = register(index, ['host', 'd'])
    index.unlink(Uint32Array.of(a))
    expect([...(await selected.select('t', []))]).toEqual([c, d])
  })

  test('one that comes while they are selected, however far that is, is not missing afterwards', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { index, selected, a, b } = opened()
      const selecting = selected.select('t', [{ tag: 'zone', op: '=', value: 'x' }])
      for (let turn = 0; turn < turns; turn++) await undefined
      const c = register(index, ['host', 'c'], ['zone', 'x'])
      await selecting
      expect([...(await selected.select('t', [{ tag: 'zone', op: '=', value: 'x' }]))]).toEqual([a, b, c])
    }
  })

  test('have groups by tags in the order of their values, of all and of some of them', async () => {
    const { index, selected, b } = opened()
    const all = await selected.select('t', [])
    for (let times = 0; times < 2; times++) {
      expect(selected.groupsOf(all, ['host']).values).toEqual([['a'], ['b']])
      expect(selected.groupsOf(all, ['zone', 'host']).values).toEqual([
        ['x', 'a'],
        ['x', 'b'],
      ])
      expect(selected.groupsOf(all, []).values).toEqual([[]])
    }
    expect(selected.groupsOf(Uint32Array.of(b), ['host']).values).toEqual([['b']])
    register(index, ['host', 'c'])
    expect(selected.groupsOf(await selected.select('t', []), ['host']).values).toEqual([['a'], ['b'], ['c']])
  })

  test(`are kept of ${MAX_SELECTIONS} questions, the one not asked for longest goes first`, async () => {
    const { selected } = opened()
    const ask = (i: number): Promise<Uint32Array> => selected.select('t', [{ tag: 'host', op: '!=', value: `${i}` }])
    const [first, second] = [await ask(0), await ask(1)]
    for (let i = 2; i < MAX_SELECTIONS; i++) await ask(i)
    expect(await ask(0)).toBe(first)
    await ask(MAX_SELECTIONS)
    expect(await ask(0)).toBe(first)
    const again = await ask(1)
    expect(again).not.toBe(second)
    expect(again).toEqual(second)
  })

  test(`are kept up to ${MAX_SELECTED_REFS} of all questions together`, async () => {
    const index = new SeriesIndex(kernel)
    const half = MAX_SELECTED_REFS / 2 + 1
    for (let i = 0; i < half; i++) register(index, ['n', `${i}`])
    const selected = new SelectedSeries(index)
    const ask = (value: string): Promise<Uint32Array> => selected.select('t', [{ tag: 'n', op: '!=', value }])
    const first = await ask('none')
    expect(await ask('none')).toBe(first)
    const second = await ask('nothing')
    expect(await ask('nothing')).toBe(second)
    expect(await ask('none')).not.toBe(first)
  })

  test(`have their tags kept up to ${MAX_TAGGED_REFS} series of a selection, while no series comes or goes`, async () => {
    const index = new SeriesIndex(kernel)
    for (let i = 0; i < MAX_TAGGED_REFS; i++) register(index, ['n', `${i}`])
    const selected = new SelectedSeries(index)
    const ask = async () => selected.taggedSeries(await selected.select('t', []))
    const tagged = await ask()
    expect(await ask()).toBe(tagged)
    register(index, ['n', 'more'])
    const more = await ask()
    expect(more.refs.length).toBe(MAX_TAGGED_REFS + 1)
    expect(await ask()).not.toBe(more)
  })
})
