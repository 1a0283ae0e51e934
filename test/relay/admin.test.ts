import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { StoreStatistics } from '../../engine/engine.ts'
import { createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const local = { host: 'localhost:8086' }
const statistics: StoreStatistics = {
  series: 1,
  segments: 2,
  segmentBytes: 300,
  logBytes: 20,
  headBytes: 0,
  flushedBytes: 200,
  compactedBytes: 300,
  writeAmplification: 2.5,
  waitingDeletes: 0,
  answerCache: { bytes: 0, reused: 0, partly: 0, read: 0 },
  quarantined: [],
}
const tellsStatistics = { statistics: async () => statistics }

describe.each(['flush', 'compact'] as const)('POST /api/admin/%s', (task) => {
  test('answers with the statistics once it is done', async () => {
    let calls = 0
    const engine = fakeEngine({ ...tellsStatistics, [task]: async () => void calls++ })
    const response = await createApp({ engine }).request(`/api/admin/${task}`, { method: 'POST', headers: local })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(statistics)
    expect(calls).toBe(1)
  })

  test('answers 202 where it takes long; asking again joins it and does not begin another', async () => {
    let calls = 0
    let finish: (() => void) | undefined
    const engine = fakeEngine({
      ...tellsStatistics,
      [task]: () => {
        calls++
        return new Promise<void>((resolve) => {
          finish = resolve
        })
      },
    })
    const app = createApp({ engine, limits: { requestMs: 20 } })
    const post = () => app.request(`/api/admin/${task}`, { method: 'POST', headers: local })
    expect((await post()).status).toBe(202)
    const joined = post()
    finish?.()
    expect((await joined).status).toBe(200)
    expect(calls).toBe(1)
    expect((await post()).status).toBe(202)
    expect(calls).toBe(2)
  })

  test('says why it failed, and can be asked again', async () => {
    let calls = 0
    const failing = async (): Promise<void> => {
      if (calls++ === 0) throw new TidemarkError('quota', 'the disk is full')
    }
    const app = createApp({ engine: fakeEngine({ ...tellsStatistics, [task]: failing }) })
    const post = () => app.request(`/api/admin/${task}`, { method: 'POST', headers: local })
    const failed = await post()
    expect(failed.status).toBe(503)
    expect(await failed.json()).toMatchObject({ error: { kind: 'quota', message: 'the disk is full' } })
    expect((await post()).status).toBe(200)
  })

  test('wants the token where there is one, and no page of another site', async () => {
    const engine = fakeEngine({ ...tellsStatistics, [task]: async () => undefined })
    const guarded = createApp({ engine, token: 'secret' })
    const post = (headers: Record<string, string>) =>
      guarded.request(`/api/admin/${task}`, { method: 'POST', headers: { ...local, ...headers } })
    expect((await post({})).status).toBe(401)
    expect((await post({ authorization: 'Token secret' })).status).toBe(200)
    expect((await post({ authorization: 'Token secret', origin: 'https://evil.example' })).status).toBe(403)
  })
})
