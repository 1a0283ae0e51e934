import { expect, test } from 'vitest'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { goldenRows } from '../support/cold-golden.ts'
import { rowsOf } from '../support/plain-column.ts'

const BASE = new URL('../golden/cold/v1/', import.meta.url).href

test.each([0, 1])(
  'a page queries a published folder of Parquet with nothing but static files, with %i workers',
  async (workers) => {
    const tiers = { cold: { kind: 'http', base: BASE } } as const
    const engine = await openEngine({ store: { kind: 'memory' }, workers, tiers })
    const all = rowsOf(await collectRows(await engine.query('SELECT * FROM air')))
    expect(all).toEqual(goldenRows())
    const [[max] = []] = rowsOf(await collectRows(await engine.query("SELECT max(level) FROM air WHERE host = 'b'")))
    expect(max).toBe(Math.max(...goldenRows().map((row) => Number(row[4]))))
    const { cold } = await engine.statistics()
    expect(cold).toMatchObject({ files: 2, rows: 720 })
    expect(cold?.requests).toBeLessThan(12)
    await engine.close()
  },
)

test.each(['indexeddb', 'opfs'] as const)(
  'a page keeps what it has read of one, in %s, and asks for its manifest alone when it comes again',
  async (kind) => {
    const store = { kind: 'browser', database: `published-${kind}`, engine: kind } as const
    const tiers = { cold: { kind: 'http', base: BASE }, keptBytes: 1e6 } as const
    const first = await openEngine({ store, workers: 1, tiers })
    expect(rowsOf(await collectRows(await first.query('SELECT * FROM air')))).toEqual(goldenRows())
    const kept = async (): Promise<number> => (await first.statistics()).cold?.keptBytes ?? 0
    // Indexes and chunks of two files are kept behind the answer.
    for (let before = -1; before !== (await kept()) || before === 0; ) {
      before = await kept()
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    await first.close()
    const second = await openEngine({ store, workers: 1, tiers })
    expect(rowsOf(await collectRows(await second.query('SELECT * FROM air')))).toEqual(goldenRows())
    expect((await second.statistics()).cold?.requests).toBe(1)
    await second.close()
  },
)
