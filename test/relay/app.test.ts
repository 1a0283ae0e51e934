import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const local = { host: 'localhost:8086' }
const page = { ...local, accept: 'text/html,*/*;q=0.8' }
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-app-'))
  await mkdir(join(folder, 'app', 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'app', 'index.html'), '<!doctype html>the app')
  await writeFile(join(folder, 'app', 'assets', 'main-1a2b.js'), 'export {}')
  await writeFile(join(folder, 'app', 'assets', 'main-1a2b.js.gz'), gzipSync('export {}'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const served = () => createApp({ engine: fakeEngine({}), appFolder: join(folder, 'app') })

describe('the web app', () => {
  test.each(['/', '/index.html', '/explore', '/dashboard/host'])('is served at %s and asked for anew', async (path) => {
    const response = await served().request(path, { headers: page })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('the app')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
  })

  test('has files with a hash that are kept for ever, compressed where the browser takes that', async () => {
    const plain = await served().request('/assets/main-1a2b.js', { headers: local })
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(await plain.text()).toBe('export {}')
    const packed = await served().request('/assets/main-1a2b.js', { headers: { ...local, 'accept-encoding': 'gzip' } })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.headers.get('content-type')).toMatch(/javascript/)
  })

  test.each([
    '/assets/absent.js',
    '/secret.txt',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/api/absent',
  ])('has nothing at %s', async (path) => {
    const response = await served().request(path, { headers: page })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { kind: 'invalid' } })
  })

  test('is a sentence where it has not been built', async () => {
    const response = await createApp({ engine: fakeEngine({}) }).request('/', { headers: page })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('/api/query')
  })
})

describe('every answer', () => {
  test.each(['/', '/ping', '/api/absent', '/api/catalog'])(
    'at %s has the headers that keep a page to itself',
    async (path) => {
      const { headers } = await served().request(path, { headers: page })
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'self'")
      expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval'(;|$)/)
      expect(policy).toContain("frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(headers.get('strict-transport-security')).toBeNull()
    },
  )

  test('to what a page posts has them too, to what a program posts has none', async () => {
    const post = (headers: Record<string, string>) =>
      served().request('/api/query', { method: 'POST', headers: { ...local, ...headers } })
    expect((await post({ origin: 'http://localhost:8086' })).headers.get('x-content-type-options')).toBe('nosniff')
    expect((await post({})).headers.get('x-content-type-options')).toBeNull()
  })

  test('to a request that the relay itself fails at says nothing of the reason, which the log has', async () => {
    const lines: string[] = []
    const log = { info: () => undefined, warn: (line: string) => lines.push(line) }
    const app = createApp({ engine: fakeEngine({ catalog: () => Promise.reject(new Error('secret detail')) }), log })
    const response = await app.request('/api/catalog', { headers: local })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret')
    expect(lines.join()).toContain('GET /api/catalog: Error: secret detail')
  })
})

describe('GET /api/openapi.json', () => {
  test('describes every route of the API', async () => {
    const app = served()
    const response = await app.request('/api/openapi.json', { headers: local })
    const document: unknown = await response.json()
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Tidemark relay' } })
    const paths = typeof document === 'object' && document !== null && 'paths' in document ? document.paths : {}
    expect(Object.keys(paths as object).sort()).toEqual([
      '/api/admin/backup',
      '/api/admin/compact',
      '/api/admin/flush',
      '/api/catalog',
      '/api/delete',
      '/api/live',
      '/api/query',
      '/api/rejected',
      '/api/statistics',
      '/api/v2/write',
      '/health',
      '/ping',
      '/write',
    ])
    expect(document).toMatchObject({
      components: { schemas: { Answer: {}, Error: {}, Catalog: {}, Statistics: {}, Rejection: {} } },
    })
  })
})
