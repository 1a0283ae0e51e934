import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const local = { host: 'localhost:8086' }

async function* chunks(...parts: (readonly number[] | Error)[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield Uint8Array.from(part)
  }
}

test('a backup is downloaded as a file, in the bytes that the engine gives', async () => {
  const app = createApp({ engine: fakeEngine({ backup: () => chunks([1, 2], [3], [4, 5]) }) })
  const response = await app.request('/api/admin/backup', { headers: local })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-disposition')).toContain('.tdmk')
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3, 4, 5))
})

test('a parameter says what it has of cold rows, and a wrong one is refused', async () => {
  const asked: unknown[] = []
  const app = createApp({
    engine: fakeEngine({
      backup: (options) => {
        asked.push(options)
        return chunks([1])
      },
    }),
  })
  expect((await app.request('/api/admin/backup', { headers: local })).status).toBe(200)
  expect((await app.request('/api/admin/backup?cold=include', { headers: local })).status).toBe(200)
  expect(asked).toEqual([{ cold: 'reference' }, { cold: 'include' }])
  const wrong = await app.request('/api/admin/backup?cold=some', { headers: local })
  expect(wrong.status).toBe(400)
  expect(await wrong.text()).toContain('cold')
})

test('a backup that cannot begin is an error, and one that fails later is cut', async () => {
  const full = createApp({ engine: fakeEngine({ backup: () => chunks(new TidemarkError('quota', 'too many')) }) })
  expect((await full.request('/api/admin/backup', { headers: local })).status).toBe(503)
  const cut = createApp({ engine: fakeEngine({ backup: () => chunks([1], new Error('gone')) }) })
  await expect((await cut.request('/api/admin/backup', { headers: local })).arrayBuffer()).rejects.toThrow('gone')
})

test('a backup is given back by whoever stops reading', async () => {
  let ended = false
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for (;;) yield new Uint8Array(10)
    } finally {
      ended = true
    }
  }
  const app = createApp({ engine: fakeEngine({ backup: endless }) })
  const { body } = await app.request('/api/admin/backup', { headers: local })
  await body?.cancel()
  expect(ended).toBe(true)
})

test('a backup wants the token where there is one', async () => {
  const app = createApp({ engine: fakeEngine({ backup: () => chunks([1]) }), token: 'secret' })
  expect((await app.request('/api/admin/backup', { headers: local })).status).toBe(401)
  const headers = { ...local, authorization: 'Token secret' }
  expect((await app.request('/api/admin/backup', { headers })).status).toBe(200)
})
