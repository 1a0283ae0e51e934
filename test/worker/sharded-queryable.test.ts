import { expect, test } from 'vitest'
import { partialArrays } from '../../engine/aggregate/states.ts'
import { systemClock } from '../../engine/core/clock.ts'
import type { PartialAggregate } from '../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { nodePlatform } from '../../engine/worker/node-platform.ts'
import { openInline } from '../../engine/worker/shard/inline-shards.ts'
import { ShardedQueryable } from '../../engine/worker/sharded-queryable.ts'

test('gives up the memory of what hosts answered once it is merged, and of nothing else', async () => {
  const { hosts, writer, close } = await openInline({
    platform: nodePlatform,
    location: { kind: 'memory' },
    retentionMs: {},
    rollups: {},
    cacheBytes: 1 << 20,
    clock: systemClock,
  })
  const answered: PartialAggregate[] = []
  for (const host of hosts) {
    const aggregate = host.aggregate.bind(host)
    host.aggregate = async (plan) => {
      const partials = await aggregate(plan)
      answered.push(...partials.map(({ partial }) => partial))
      return partials
    }
  }
  const bytesLeft = (): number[] =>
    answered.map((partial) => partialArrays(partial).reduce((sum, { byteLength }) => sum + byteLength, 0))
  const queryable = new ShardedQueryable({ hosts, readCatalog: async () => writer.catalog(), clock: systemClock })
  const lines = Array.from({ length: 40 }, (_, i) => `t,host=h${i % 20} v=${i} ${i}`).join('\n')
  await writer.appendLines(new TextEncoder().encode(lines), 'ns')
  const sumsOf = async (host?: string): Promise<[string | undefined, number | undefined][]> => {
    answered.length = 0
    const { groups, inputs } = await queryable.aggregate({
      kind: 'aggregate',
      table: 't',
      matchers: host === undefined ? [] : [{ tag: 'host', op: '=', value: host }],
      start: MIN_TIME,
      end: MAX_TIME,
      by: ['host'],
      inputs: [{ expression: { kind: 'column', name: 'v', source: 'field', type: 'f64' }, measures: ['sum'] }],
    })
    return groups.map(([group], i) => [group, inputs[0]?.sumHigh?.[i]])
  }
  try {
    // Of rows i and i + 20.
    const expected = Array.from({ length: 20 }, (_, i): [string, number] => [`h${i}`, 2 * i + 20])
    expect(await sumsOf()).toEqual(expected.sort(([a], [b]) => (a < b ? -1 : 1)))
    expect(answered.length).toBeGreaterThan(1)
    expect(bytesLeft()).toEqual(answered.map(() => 0))
    expect(await sumsOf('h7')).toEqual([['h7', 34]])
    expect(bytesLeft()).not.toContain(0)
  } finally {
    await close()
  }
})
