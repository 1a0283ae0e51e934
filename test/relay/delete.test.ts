import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { DeleteOptions } from '../../engine/engine.ts'
import { createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const local = { host: 'localhost:8086' }

function play(error?: Error, token?: string) {
  const deletes: DeleteOptions[] = []
  const engine = fakeEngine({
    delete: async (options) => {
      if (error) throw error
      deletes.push(options)
    },
  })
  const app = createApp({ engine, ...(token !== undefined && { token }) })
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    app.request('/api/delete', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...local, ...headers },
    })
  return { deletes, post }
}

test('hands on table, tests and times, which may be RFC 3339 or nanoseconds', async () => {
  const { deletes, post } = play()
  const matchers = [
    { tag: 'host', op: '=~', value: 'a.*' },
    { tag: 'zone', op: 'not in', values: ['x'] },
  ]
  const body = { table: 'cpu', matchers, start: '2026-01-01T00:00:00Z', end: '-5' }
  expect((await post(body)).status).toBe(204)
  expect((await post({ table: 'cpu' })).status).toBe(204)
  expect(deletes).toEqual([
    { table: 'cpu', matchers, start: 1_767_225_600_000_000_000n, end: -5n },
    { table: 'cpu', matchers: [] },
  ])
})

test.each([
  ['nonsense', 'the body is not JSON'],
  [{}, 'table'],
  [{ table: 'cpu', matcher: [] }, 'matcher'],
  [{ table: 'cpu', matchers: [{ tag: 'host', op: '<', value: '1' }] }, 'matchers.0'],
  [{ table: 'cpu', start: 'yesterday' }, "start is 'yesterday', expected a time as"],
  [{ table: 'cpu', end: 5 }, 'end'],
])('refuses %j with the reason', async (body, reason) => {
  const { deletes, post } = play()
  const response = await post(body)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { kind: 'invalid', message: expect.stringContaining(reason) } })
  expect(deletes).toEqual([])
})

test('refuses a body that is too long, other sites, and whoever lacks the token', async () => {
  expect((await play().post('x'.repeat((1 << 20) + 1))).status).toBe(413)
  expect((await play().post({ table: 't' }, { origin: 'https://evil.example' })).status).toBe(403)
  const guarded = play(undefined, 'secret')
  expect((await guarded.post({ table: 't' })).status).toBe(401)
  expect((await guarded.post({ table: 't' }, { authorization: 'Bearer secret' })).status).toBe(204)
})

test('tells what the engine refuses', async () => {
  const { post } = play(new TidemarkError('quota', 'too many deletes wait'))
  const response = await post({ table: 't' })
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ error: { kind: 'quota' } })
})
