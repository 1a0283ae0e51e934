import { describe, expect, test } from 'vitest'
import { createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const engine = fakeEngine({ catalog: async () => ({ tables: [] }) })
const token = 'correct horse battery staple'
const app = createApp({ engine, host: '0.0.0.0', token })
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

async function status(headers: Record<string, string>, path = '/api/catalog') {
  return (await app.request(path, { headers: { host: 'data.example:8086', ...headers } })).status
}

describe('a relay that others can reach', () => {
  test('does not start without a token', () => {
    expect(() => createApp({ engine, host: '0.0.0.0' })).toThrow(/needs a token/)
  })

  test.each([
    [`Token ${token}`, 200],
    [`Bearer ${token}`, 200],
    [`bearer ${token}`, 200],
    [basic(`anybody:${token}`), 200],
    [basic(`${token}:anybody`), 401],
    [`Token ${token}x`, 401],
    [`Token ${token.slice(0, -1)}`, 401],
    ['Token', 401],
    [token, 401],
    ['Digest x', 401],
  ])('answers authorization %j with %i', async (authorization, wanted) => {
    expect(await status({ authorization })).toBe(wanted)
  })

  test('takes the token as the password parameter of Influx 1 clients', async () => {
    expect(await status({}, `/query?u=me&p=${encodeURIComponent(token)}&q=SHOW%20DATABASES`)).toBe(200)
    expect(await status({}, '/query?u=me&p=wrong&q=SHOW%20DATABASES')).toBe(401)
  })

  test('says in the words of the route what is missing', async () => {
    const words = async (path: string) => {
      const response = await app.request(path, { method: 'POST', body: 'm f=1' })
      expect(response.headers.get('www-authenticate')).toContain('Bearer')
      return response.json()
    }
    expect(await words('/api/v2/write')).toEqual({ code: 'unauthorized', message: 'a token is needed' })
    expect(await words('/write')).toEqual({ error: 'a token is needed' })
    expect(await words('/api/query')).toEqual({ error: { kind: 'auth', message: 'a token is needed' } })
  })

  test('turns ?token= of a page into a cookie and takes it out of the address', async () => {
    const response = await app.request(`/explore?token=${encodeURIComponent(token)}&q=1`)
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/explore?q=1')
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/HttpOnly/i)
    expect(cookie).toMatch(/SameSite=Strict/i)
    expect(await status({ cookie: cookie.split(';')[0] ?? '' })).toBe(200)
    expect(await status({ cookie: 'tidemark_token=wrong' })).toBe(401)
  })

  test('never redirects to another site', async () => {
    const response = await app.request(`http://data.example//evil.example/?token=${encodeURIComponent(token)}`)
    expect(response.headers.get('location')).toBe('/evil.example/')
  })

  test('still refuses pages of other origins', async () => {
    expect(await status({ authorization: `Token ${token}`, origin: 'https://evil.example' })).toBe(403)
  })

  test('tells anybody that it is there', async () => {
    expect(await status({}, '/ping')).toBe(204)
    expect(await status({}, '/health')).toBe(200)
  })
})
