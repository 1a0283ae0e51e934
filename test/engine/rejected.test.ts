import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEngine } from '../../engine/engine.ts'
import { createApp } from '../../relay/app.ts'

test.each([0, 1])('rejected rows are kept with time, place and reason, over a restart: %i workers', async (workers) => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-rejected-'))
  const store = { kind: 'files', directory } as const
  const before = BigInt(Date.parse('2020-01-01')) * 1_000_000n
  try {
    const first = await openEngine({ store, workers })
    expect(await first.rejectedRows()).toEqual({ total: 0, rows: [] })
    await first.append({ kind: 'line-protocol', body: 't a=1 1\nt a=\nt a="x" 3' })
    await first.append({ kind: 'line-protocol', body: 't b=true 1\nnonsense' })
    const kept = await first.rejectedRows()
    expect(kept.total).toBe(3)
    expect(kept.rows.map(({ line, text }) => [line, text])).toEqual([
      [2, 'nonsense'],
      [3, 't a="x" 3'],
      [2, 't a='],
    ])
    for (const { time, reason } of kept.rows) {
      expect(time).toBeGreaterThan(before)
      expect(reason).not.toBe('')
    }
    await first.close()
    const second = await openEngine({ store, workers })
    expect(await second.rejectedRows()).toEqual(kept)
    const app = createApp({ engine: second })
    const answer = await (await app.request('/api/rejected', { headers: { host: 'localhost' } })).json()
    expect(answer).toMatchObject({
      total: 3,
      rows: [{ line: 2, text: 'nonsense', time: expect.stringMatching(/Z$/) }, {}, {}],
    })
    await second.close()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
