import { describe, expect, test } from 'vitest'
import { createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const engine = fakeEngine({ catalog: async () => ({ tables: [] }) })

async function status(headers: Record<string, string>, options: { allowedOrigins?: string[]; host?: string } = {}) {
  const app = createApp({ engine, ...options })
  return (await app.request('http://ignored/api/catalog', { headers })).status
}

describe('a relay on loopback', () => {
  test.each(['localhost:8086', 'localhost', 'app.localhost:8086', '127.0.0.1:8086', '127.1.2.3', '[::1]:8086'])(
    'answers requests for the host %s',
    async (host) => {
      expect(await status({ host })).toBe(200)
    },
  )

  test.each([
    'evil.example',
    'evil.example:8086',
    '127.0.0.1.evil.example',
    'localhost.evil.example:8086',
    '10.0.0.7:8086',
    '[::2]:8086',
    'localhost@evil.example',
    'localhost/evil',
    '',
  ])('refuses the host %j, whose name may have been made to point here', async (host) => {
    expect(await status({ host })).toBe(403)
  })

  test('answers to the name that it is bound to and to the hosts of allowed origins', async () => {
    expect(await status({ host: 'data.example' }, { allowedOrigins: ['https://data.example'] })).toBe(200)
  })

  test.each([
    ['http://localhost:8086', 'localhost:8086', 200],
    ['http://localhost:3000', 'localhost:8086', 403],
    ['http://127.0.0.1:8086', 'localhost:8086', 403],
    ['http://localhost', 'localhost:80', 200],
    ['https://localhost', 'localhost', 200],
    ['https://evil.example', 'localhost:8086', 403],
    ['file://localhost:8086', 'localhost:8086', 403],
    ['null', 'localhost:8086', 403],
    ['', 'localhost:8086', 403],
  ])('answers origin %j at host %s with %i', async (origin, host, wanted) => {
    expect(await status({ origin, host })).toBe(wanted)
  })

  test.each([
    ['same-origin', 200],
    ['none', 200],
    ['same-site', 403],
    ['cross-site', 403],
  ])('answers a browser that says sec-fetch-site: %s with %i', async (site, wanted) => {
    expect(await status({ host: 'localhost', 'sec-fetch-site': site })).toBe(wanted)
  })

  test('lets pages of an allowed origin in and tells their browser so', async () => {
    const app = createApp({ engine, allowedOrigins: ['https://data.example'] })
    const headers = { host: 'localhost:8086', origin: 'https://data.example', 'sec-fetch-site': 'cross-site' }
    const response = await app.request('/api/catalog', { headers })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('https://data.example')
    const preflight = await app.request('/api/query', {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
  })

  test('refuses the preflight of an origin that is not allowed', async () => {
    const app = createApp({ engine })
    const headers = { host: 'localhost', origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const response = await app.request('/api/query', { method: 'OPTIONS', headers })
    expect(response.status).toBe(403)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each(['/api/query?q=SHOW+TABLES', '/api/statistics', '/api/live', '/query?q=x', '/write', '/api/v2/write'])(
    'guards %s',
    async (path) => {
      const method = path.includes('write') ? 'POST' : 'GET'
      const headers = { host: 'localhost', origin: 'https://evil.example' }
      expect((await createApp({ engine }).request(path, { method, headers })).status).toBe(403)
    },
  )
})
