import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { AppendInput, AppendResult } from '../../engine/engine.ts'
import { type AppOptions, createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const local = { host: 'localhost:8086' }
const stored: AppendResult = { rows: 1, rejectedCount: 0, rejected: [], warnings: [] }

/** An app over an engine that stores nothing and remembers what it got. */
function play(result: AppendResult | Error = stored, limits: AppOptions['limits'] = {}) {
  const inputs: { text: string; precision: string | undefined }[] = []
  const engine = fakeEngine({
    append: async (input: AppendInput) => {
      if (input.kind !== 'line-protocol') throw new Error('not text')
      const text = typeof input.body === 'string' ? input.body : new TextDecoder().decode(input.body)
      inputs.push({ text, precision: input.precision })
      if (result instanceof Error) throw result
      return result
    },
  })
  const app = createApp({ engine, limits })
  const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
    app.request(path, { method: 'POST', body, headers: { ...local, ...headers } })
  return { inputs, post }
}

const partly: AppendResult = {
  rows: 7,
  rejectedCount: 3,
  rejected: [{ line: 2, column: 5, reason: "a field needs a value after '='", text: 'cpu x=' }],
  warnings: [],
}

describe('POST /api/v2/write', () => {
  test('answers 204 once the engine says that the rows are durable', async () => {
    const { inputs, post } = play()
    const response = await post('/api/v2/write?org=o&bucket=b&precision=ms', 'cpu x=1 2')
    expect(response.status).toBe(204)
    expect(response.headers.get('x-influxdb-version')).toMatch(/^1\.8/)
    expect(inputs).toEqual([{ text: 'cpu x=1 2', precision: 'ms' }])
  })

  test('takes nanoseconds where no precision is said', async () => {
    const { inputs, post } = play()
    await post('/api/v2/write', 'cpu x=1 2')
    expect(inputs[0]?.precision).toBe('ns')
  })

  test.each(['m', 'n', 'x', 'constructor'])('refuses the precision %s', async (precision) => {
    const { inputs, post } = play()
    const response = await post(`/api/v2/write?precision=${precision}`, 'cpu x=1 2')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'invalid' })
    expect(inputs).toEqual([])
  })

  test('names the first bad line and the counts after it has stored the good ones', async () => {
    const { post } = play(partly)
    const response = await post('/api/v2/write', 'x')
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      code: 'invalid',
      message: "line 2, column 5: a field needs a value after '=' (3 lines rejected, 7 rows written)",
      line: 2,
      rows: 7,
      rejectedCount: 3,
      rejected: partly.rejected,
    })
  })

  test.each([
    [new TidemarkError('quota', 'the disk is full'), 503, 'unavailable'],
    [new TidemarkError('closed', 'the engine is closed'), 503, 'unavailable'],
    [new TidemarkError('io', 'the disk is gone'), 500, 'internal error'],
    [new Error('secret detail'), 500, 'internal error'],
  ])('answers %s with %i', async (error, status, code) => {
    const { post } = play(error)
    const response = await post('/api/v2/write', 'cpu x=1')
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null)
    const body = await response.json()
    expect(body).toMatchObject({ code })
    expect(JSON.stringify(body)).not.toContain('secret')
  })
})

describe('POST /write', () => {
  test.each([
    ['n', 'ns'],
    ['ns', 'ns'],
    ['u', 'us'],
    ['us', 'us'],
    ['ms', 'ms'],
    ['s', 's'],
    ['m', 'm'],
    ['h', 'h'],
  ])('takes the precision %s', async (precision, wanted) => {
    const { inputs, post } = play()
    expect((await post(`/write?db=d&precision=${precision}`, 'cpu x=1 2')).status).toBe(204)
    expect(inputs).toEqual([{ text: 'cpu x=1 2', precision: wanted }])
  })

  test('speaks of a partial write as InfluxDB 1 does', async () => {
    const { post } = play(partly)
    const response = await post('/write', 'x')
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: "partial write: line 2, column 5: a field needs a value after '=' dropped=3",
    })
  })
})

describe('the body of a write', () => {
  const limits = { bodyBytes: 1000 }

  test('is inflated', async () => {
    const { inputs, post } = play()
    const body = gzipSync('cpu x=1 2')
    expect((await post('/write', body, { 'content-encoding': 'gzip' })).status).toBe(204)
    expect(inputs[0]?.text).toBe('cpu x=1 2')
  })

  test('can be as long as the limit and not a byte longer', async () => {
    const { post } = play(stored, limits)
    expect((await post('/write', 'x'.repeat(1000))).status).toBe(204)
    expect((await post('/write', 'x'.repeat(1001))).status).toBe(413)
  })

  test('can inflate to the limit and not a byte further', async () => {
    const { inputs, post } = play(stored, limits)
    const headers = { 'content-encoding': 'gzip' }
    expect((await post('/write', gzipSync('x'.repeat(1000)), headers)).status).toBe(204)
    expect((await post('/write', gzipSync('x'.repeat(1001)), headers)).status).toBe(413)
    expect((await post('/write', gzipSync(Buffer.alloc(50_000_000)).subarray(0, 999), headers)).status).toBe(413)
    expect(inputs).toHaveLength(1)
  })

  test('is refused where its length is announced over the limit, before it is read', async () => {
    const { inputs, post } = play(stored, limits)
    expect((await post('/write', 'x', { 'content-length': '1001' })).status).toBe(413)
    expect(inputs).toEqual([])
  })

  test('is refused at every cut and never stored in part', async () => {
    const { inputs, post } = play()
    const whole = gzipSync('cpu x=1 2\n'.repeat(20))
    for (let bytes = 0; bytes < whole.length; bytes++) {
      const response = await post('/write', whole.subarray(0, bytes), { 'content-encoding': 'gzip' })
      expect(response.status, `cut at ${bytes}`).toBeGreaterThanOrEqual(400)
    }
    expect(inputs).toEqual([])
  })

  test('is refused as wrong where it is no gzip', async () => {
    const { inputs, post } = play()
    const response = await post('/write', 'cpu x=1 2', { 'content-encoding': 'gzip' })
    expect([response.status, await response.json()]).toEqual([400, { error: 'the body is not valid gzip' }])
    expect(inputs).toEqual([])
  })

  test('is refused in an encoding that is not known', async () => {
    const { post } = play()
    expect((await post('/write', 'x', { 'content-encoding': 'br' })).status).toBe(415)
    expect((await post('/write', 'x', { 'content-encoding': 'gzip, gzip' })).status).toBe(415)
  })
})

describe('a write with a producer', () => {
  const play = (answer: AppendResult) => {
    const options: unknown[] = []
    const engine = fakeEngine({
      append: async (_input, given) => {
        options.push(given)
        return answer
      },
    })
    const app = createApp({ engine })
    const post = (path: string, headers: Record<string, string>) =>
      app.request(path, { method: 'POST', body: 'cpu x=1', headers: { ...local, ...headers } })
    return { options, post }
  }

  test.each(['/api/v2/write', '/write'])('hands it on and says what was a repeat: %s', async (path) => {
    const { options, post } = play({ rows: 0, rejectedCount: 0, rejected: [], warnings: [], duplicate: true })
    const headers = { 'Tidemark-Producer': 'gate 7', 'Tidemark-Sequence': '18446744073709551615' }
    const response = await post(path, headers)
    expect(response.status).toBe(204)
    expect(response.headers.get('tidemark-duplicate')).toBe('true')
    expect(options).toEqual([{ producer: { id: 'gate 7', sequence: 2n ** 64n - 1n } }])
  })

  test('says nothing of repeats where it was none', async () => {
    const { options, post } = play(stored)
    expect((await post('/api/v2/write', {})).headers.get('tidemark-duplicate')).toBeNull()
    expect(options).toEqual([{}])
  })

  test.each([
    [{ 'Tidemark-Producer': 'p' }, 'the header Tidemark-Sequence is missing'],
    [{ 'Tidemark-Sequence': '1' }, 'the header Tidemark-Producer is missing'],
    [{ 'Tidemark-Producer': 'p', 'Tidemark-Sequence': '-1' }, "'-1', expected an integer from 0 to 2^64 - 1"],
    [{ 'Tidemark-Producer': 'p', 'Tidemark-Sequence': '1.5' }, "'1.5', expected an integer"],
  ])('refuses %j', async (headers, reason) => {
    const { options, post } = play(stored)
    const response = await post('/api/v2/write', headers)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ message: expect.stringContaining(reason) })
    expect(options).toEqual([])
  })
})

describe('too many writes', () => {
  test('wait to their limit and are told when to come back beyond it', async () => {
    let finish: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    const engine = fakeEngine({
      append: async () => {
        await held
        return stored
      },
    })
    const app = createApp({ engine, limits: { runningWrites: 2, waitingWrites: 3 } })
    const post = () => app.request('/api/v2/write', { method: 'POST', body: 'cpu x=1', headers: local })
    const taken = [post(), post(), post(), post(), post()]
    const refused = await post()
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ code: 'unavailable' })
    finish?.()
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([204, 204, 204, 204, 204])
  })
})
