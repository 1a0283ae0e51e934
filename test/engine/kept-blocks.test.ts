import { expect, test } from 'vitest'
import type { Batch } from '../../engine/core/batch.ts'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf } from '../support/plain-column.ts'

const HOSTS = Array.from({ length: 20 }, (_, i) => `host_${String(i).padStart(2, '0')}`)
const ROWS = 3000
const LIMIT = 1_000_000

interface Row {
  time: number
  host: string
  n: number
  m: number
}

/** Walks of integers, by time and then by host. */
function walks(): Row[] {
  const next = generator(7)
  const levels = HOSTS.map(() => [50, 5000] as [number, number])
  return Array.from({ length: ROWS }, (_, i) =>
    HOSTS.map((host, h) => {
      const level = levels[h] as [number, number]
      level[0] += (next() % 5) - 2
      level[1] += (next() % 301) - 150
      return { time: i * 10, host, n: level[0], m: level[1] }
    }),
  ).flat()
}

const numbersOf = (batch: Batch): unknown[][] =>
  rowsOf(batch).map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)))

test.each([1, 100_000, 300_000])(
  'with a cache of %d bytes, queries beside each other and between pages of others answer the same',
  async (cacheBytes) => {
    const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, answerCacheBytes: 0, cacheBytes })
    const all = walks()
    const body = all.map(({ time, host, n, m }) => `t,host=${host} n=${n}i,m=${m}i ${time}`).join('\n')
    await engine.append({ kind: 'line-protocol', body })
    await engine.compact()
    const passed = all.filter(({ n }) => n > 40).map(({ time, host, n, m }) => [time, host, n, m])
    const sums = (hosts: readonly string[]) =>
      hosts.map((host) => [host, all.reduce((sum, row) => (row.host === host ? sum + row.m : sum), 0)])
    const ask = async (text: string) => numbersOf(await collectRows(await engine.query(text)))
    const list = (hosts: readonly string[]) => hosts.map((host) => `'${host}'`).join(', ')
    for (let round = 0; round < 6; round++) {
      // A limit makes pages of some rows; between two of them other queries begin and end.
      const pages = (await engine.query(`SELECT time, host, n, m FROM t WHERE n > 40 LIMIT ${LIMIT}`)).batches
      const found: unknown[][] = []
      for await (const page of pages) {
        found.push(...numbersOf(page))
        const hosts = HOSTS.filter((_, i) => (i + round) % 3 > 0)
        const sum = `SELECT host, sum(m) FROM t WHERE host IN (${list(hosts)}) GROUP BY host ORDER BY host`
        const rows = ask(`SELECT time, host, n, m FROM t WHERE n > 40`)
        expect(await Promise.all([ask(sum), ask(sum)])).toEqual([sums(hosts), sums(hosts)])
        expect(await rows).toEqual(passed)
      }
      expect(found).toEqual(passed)
    }
    await engine.close()
  },
)
