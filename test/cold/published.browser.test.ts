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
