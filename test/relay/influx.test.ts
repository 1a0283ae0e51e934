import { describe, expect, test } from 'vitest'
import { createApp } from '../../relay/app.ts'
import { VERSION } from '../../relay/package-version.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const app = createApp({ engine: fakeEngine({}) })
const local = { host: 'localhost:8086' }

describe('what Influx clients ask before they write', () => {
  test.each(['GET', 'HEAD'])('%s /ping is 204 with the version', async (method) => {
    const response = await app.request('/ping', { method })
    expect(response.status).toBe(204)
    expect(response.headers.get('x-influxdb-version')).toMatch(/^1\.8\.\d+$/)
  })

  test('/health passes', async () => {
    expect(await (await app.request('/health')).json()).toMatchObject({
      name: 'tidemark',
      status: 'pass',
      version: VERSION,
    })
  })

  test('SHOW DATABASES and CREATE DATABASE answer in the shape of InfluxDB 1', async () => {
    const ask = async (init: RequestInit, query = '') =>
      (await app.request(`/query${query}`, { ...init, headers: { ...local, ...init.headers } })).json()
    const databases = { name: 'databases', columns: ['name'], values: [['default']] }
    expect(await ask({}, '?q=show%20databases')).toEqual({ results: [{ statement_id: 0, series: [databases] }] })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = 'q=CREATE+DATABASE+%22my+db%22%3B+SHOW+DATABASES%3B'
    expect(await ask({ method: 'POST', body, headers: form })).toEqual({
      results: [{ statement_id: 0 }, { statement_id: 1, series: [databases] }],
    })
    expect(await ask({ method: 'POST' }, '?q=CREATE%20DATABASE%20x')).toEqual({ results: [{ statement_id: 0 }] })
  })

  test.each(['SELECT * FROM cpu', 'DROP DATABASE x', 'SHOW DATABASES FOR ME'])(
    '%s is sent to /api/query',
    async (q) => {
      const response = await app.request(`/query?q=${encodeURIComponent(q)}`, { headers: local })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({ error: expect.stringContaining('/api/query') })
    },
  )

  test('a query without text is wrong', async () => {
    const response = await app.request('/query', { headers: local })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: 'missing required parameter "q"' })
  })
})
