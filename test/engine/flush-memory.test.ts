import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { type ColumnRows, openEngine } from '../../engine/engine.ts'

const ROWS = 400_000
/** So many that each has fewer rows than would be encoded before they come to memory. */
const SERIES = 4000

function rowsFrom(start: number): ColumnRows {
  const time = new BigInt64Array(ROWS).map((_, row) => BigInt(start + row))
  const series = new Uint32Array(ROWS).map((_, row) => row % SERIES)
  const dictionary = Array.from({ length: SERIES }, (_, i) => `h${i}`)
  const fields = ['a', 'b', 'c', 'd'].map((name) => ({
    ...{ name, type: 'f64' as const },
    values: new Float64Array(ROWS).map((_, row) => Math.sqrt(row + start)),
  }))
  return { table: 't', time, tags: [{ name: 'host', type: 'string', values: series, dictionary }], fields }
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Bytes outside of the collector's heap: among them the memories of the core. */
const external = (): number => process.memoryUsage().external

test('a flush during which nothing comes gives the memory of the rows back, and rows go on coming', async () => {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, cacheBytes: 1 << 20 })
  for (const round of [0, 1]) {
    const before = external()
    await engine.append({ kind: 'columns', rows: rowsFrom(round * ROWS) })
    const loaded = external()
    expect(loaded - before).toBeGreaterThan(32 << 20)
    await engine.flush()
    // The store is in memory, so the segment stays: an eighth to a fourth of what rows take.
    const most = (loaded - before) / 3
    const deadline = performance.now() + 10_000
    while (external() - before > most && performance.now() < deadline) {
      collect()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(external() - before).toBeLessThan(most)
  }
  expect(await engine.statistics()).toMatchObject({ series: SERIES, headBytes: 0 })
  await engine.close()
})
