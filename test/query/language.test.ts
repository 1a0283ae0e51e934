import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { provideCore } from '../../engine/function/elementary.ts'
import { CALLABLE } from '../../engine/function/registry.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { SPECIAL_CALLS } from '../../engine/query/check/check-call.ts'
import { RESERVED_WORDS } from '../../engine/query/parse/token.ts'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import type { LiveUpdate } from '../../engine/stream/live-answer.ts'
import { subscribe } from '../../engine/stream/subscription.ts'
import { changesOf } from '../support/fixture-changes.ts'
import { viewsOver } from '../support/fixture-views.ts'
import { TableFixture } from '../support/table-fixture.ts'

const page = readFileSync(new URL('../../engine/query/LANGUAGE.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```sql\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'))
const live = [...page.matchAll(/```live\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'))
const now = 1_795_340_700_000_000_000n
const fixture = new TableFixture({
  cpu: {
    fields: { usage_user: 'f64', usage_system: 'f64' },
    rows: ['web01', 'web02', 'web03'].flatMap((host, i) =>
      [1n, 2n, 3n].map((minute) => ({
        time: now - minute * 60_000_000_000n,
        tags: { host, region: 'eu' },
        fields: { usage_user: 20 + i, usage_system: 1 },
      })),
    ),
  },
  http: {
    fields: { requests: 'f64' },
    rows: ['0.1', '1', '+Inf'].flatMap((le, i) =>
      [1n, 2n, 3n].map((minute) => ({
        time: now - minute * 60_000_000_000n,
        tags: { host: 'web01', le },
        fields: { requests: (100 - Number(minute)) * (i + 1) },
      })),
    ),
  },
})

const plain = changesOf(fixture)
const changeable = { ...plain, views: viewsOver(fixture, plain) }

provideCore(loadCore)

const afterSubscribed: (() => void)[] = []
afterAll(() => {
  for (const stop of afterSubscribed) stop()
})

describe('the reference of the language', () => {
  test('has its examples', () => {
    expect(examples.length).toBeGreaterThan(15)
  })

  test.each(examples)('%s', async (text) => {
    const result = await runStatement(text, fixture, { now, params: { host: 'web01' }, changeable })
    expect((await collectRows(result)).rows).toBeGreaterThan(0)
  })

  test.each(live)('%s', async (text) => {
    const clock = { now: () => now }
    const first = await new Promise<LiveUpdate>((next, error) => {
      const subscription = subscribe(text, fixture, { next: (update) => next(update), error }, { clock })
      afterSubscribed.push(() => subscription.unsubscribe())
    })
    expect(first.kind === 'result' && first.rows.rows).toBeGreaterThan(0)
  })

  test.each([...CALLABLE, ...SPECIAL_CALLS.values()])('says what $signature does', ({ signature, doc }) => {
    const cell = (text: string): string => text.replaceAll('|', '\\|')
    expect(page).toContain(`| \`${cell(signature)}\` | ${cell(doc)} |`)
  })

  test('names every reserved word', () => {
    expect(page.replaceAll('\n', ' ')).toContain(`\`${[...RESERVED_WORDS].join(' ')}\``)
  })
})
