import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'

const ROWS = 2000
const TEXT = 'SELECT count(*) AS rows, max(x) AS most FROM t GROUP BY 5s'

async function run(engine: Engine, text: string): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

/** Rows that hardly compress, a second apart. */
function lines(part: number, next: () => number): string {
  const at = (i: number): bigint => BigInt(part * ROWS + i) * 1_000_000_000n
  return Array.from({ length: ROWS }, (_, i) => `t x=${next() / 7} ${at(i)}`).join('\n')
}

test('queries of a table are right after rows of a view of it have made room, until a statement brings these back', async () => {
  const next = generator(5)
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-view-space-'))
  const options = { store: { kind: 'files', directory }, workers: 0 } as const
  const space = { maxBytes: 700_000, evictable: ['v'] }
  let engine = await openEngine({ ...options, space })
  const without = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  const append = async (body: string): Promise<void> => {
    for (const each of [engine, without]) await each.append({ kind: 'line-protocol', body })
  }
  const expectRight = async (): Promise<void> => expect(await run(engine, TEXT)).toEqual(await run(without, TEXT))
  try {
    for (let part = 0; part < 5; part++) await append(lines(part, next))
    await run(
      engine,
      'CREATE MATERIALIZED VIEW v REFRESH MANUAL AS SELECT count(*) AS c, max(x) AS x FROM t GROUP BY 1s',
    )
    await run(engine, 'REFRESH MATERIALIZED VIEW v')
    expect(await run(engine, 'SELECT count(*) FROM v')).toEqual([[BigInt(5 * ROWS)]])
    expect((await run(engine, `EXPLAIN ${TEXT}`)).join('\n')).toContain('v')
    await expectRight()
    let parts = 5
    while ((await engine.statistics()).space?.evictions === 0 && parts < 60) await append(lines(parts++, next))
    const [[left] = []] = await run(engine, 'SELECT count(*) FROM v')
    expect(left).toBeLessThan(BigInt(5 * ROWS))
    expect(await run(engine, 'SELECT count(*) FROM t')).toEqual([[BigInt(parts * ROWS)]])
    await expectRight()
    await engine.close()
    engine = await openEngine(options)
    await expectRight()
    await run(engine, 'REFRESH MATERIALIZED VIEW v')
    expect(await run(engine, 'SELECT count(*) FROM v')).toEqual([[BigInt(parts * ROWS)]])
    await expectRight()
  } finally {
    for (const each of [engine, without]) await each.close()
    rmSync(directory, { recursive: true, force: true })
  }
})
