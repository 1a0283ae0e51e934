import { describe, expect, test } from 'vitest'
import type { Batch } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { openEngine, type QueryOptions, type QueryResult } from '../../engine/engine.ts'
import { createApp } from '../../relay/app.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const local = { host: 'localhost:8086' }

function numbers(...values: number[]): Batch {
  return { rows: values.length, columns: [{ name: 'n', type: 'f64', values: Float64Array.from(values) }] }
}

async function* batchesOf(...parts: (Batch | Error)[]): AsyncGenerator<Batch> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield part
  }
}

/** An app over an engine that answers with the given batches and remembers what it was asked. */
function play(...parts: (Batch | Error)[]) {
  const asked: { text: string; params: QueryOptions['params'] }[] = []
  const engine = fakeEngine({
    query: async (text, options): Promise<QueryResult> => {
      asked.push({ text, params: options?.params })
      return { columns: [{ name: 'n', type: 'f64' }], keys: [], batches: batchesOf(...parts) }
    },
  })
  const app = createApp({ engine })
  const get = (query: string, headers: Record<string, string> = {}) =>
    app.request(`/api/query${query}`, { headers: { ...local, ...headers } })
  const post = (body: string) => app.request('/api/query', { method: 'POST', body, headers: local })
  return { app, asked, get, post }
}

describe('GET and POST /api/query', () => {
  test('run a statement with its parameters', async () => {
    const { asked, get, post } = play(numbers(1, 2))
    expect(await (await get('?q=SELECT%20n&params=%7B%22a%22%3A1%2C%22b%22%3A1.5%7D')).json()).toMatchObject({
      columns: [{ name: 'n', type: 'f64' }],
      rows: [[1], [2]],
    })
    await post('{"query":"SELECT n","params":{"s":"x","t":true,"z":null,"i":-7}}')
    expect(asked).toEqual([
      { text: 'SELECT n', params: { a: 1n, b: 1.5 } },
      { text: 'SELECT n', params: { s: 'x', t: true, z: null, i: -7n } },
    ])
  })

  test('a statement that changes rows runs by POST, and not by GET or where the body says readOnly', async () => {
    const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
    const app = createApp({ engine })
    const insert = 'INSERT INTO t (time, n) VALUES (1, 1), (2, 2), (3, NULL)'
    const post = (body: object, headers: Record<string, string> = {}) =>
      app.request('/api/query', { method: 'POST', body: JSON.stringify(body), headers: { ...local, ...headers } })
    const refused = { error: { kind: 'query', position: { offset: 0, length: 6 } } }
    const byGet = await app.request(`/api/query?q=${encodeURIComponent(insert)}`, { headers: local })
    expect(byGet.status).toBe(400)
    expect(await byGet.json()).toMatchObject(refused)
    expect((await post({ query: insert, readOnly: true })).status).toBe(400)
    expect((await post({ query: insert }, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await engine.catalog()).tables).toEqual([])
    const rows = async (query: string): Promise<unknown> => {
      const content: unknown = await (await post({ query })).json()
      return content
    }
    expect(await rows(insert)).toMatchObject({ rows: [[2, 1, 'the row has no value of a field']] })
    expect(await rows('DELETE FROM t WHERE time < 2')).toMatchObject({ rows: [[1]] })
    expect(await rows('SELECT n FROM t')).toMatchObject({ rows: [[2]] })
    await engine.close()
  })

  test.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
    ['text/csv', 'text/csv; charset=utf-8'],
    ['text/*', 'text/csv; charset=utf-8'],
    ['application/vnd.apache.arrow.stream', 'application/vnd.apache.arrow.stream'],
    ['text/csv;q=0.5, application/vnd.apache.arrow.stream', 'application/vnd.apache.arrow.stream'],
    ['image/png, text/csv;q=0.1', 'text/csv; charset=utf-8'],
  ])('answer who accepts %s with %s', async (accept, wanted) => {
    const { get } = play(numbers(1))
    const response = await get('?q=x', accept === undefined ? {} : { accept })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(wanted)
    await response.arrayBuffer()
  })

  test.each(['image/png', 'application/json;q=0', 'constructor'])(
    'answer 406 to who accepts %s alone',
    async (accept) => {
      expect((await play().get('?q=x', { accept })).status).toBe(406)
    },
  )

  test('answer a wrong statement with 400 and its place', async () => {
    const error = new TidemarkError('query', 'no such table', {
      position: { offset: 7, length: 3 },
      expected: ['cpu'],
      hint: 'SHOW TABLES lists them.',
    })
    const app = createApp({ engine: fakeEngine({ query: () => Promise.reject(error) }) })
    const response = await app.request('/api/query?q=x', { headers: local })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: {
        kind: 'query',
        message: 'no such table',
        position: { offset: 7, length: 3 },
        expected: ['cpu'],
        hint: 'SHOW TABLES lists them.',
      },
    })
  })

  test('give an error before the first batch its status', async () => {
    const { get } = play(new TidemarkError('query', "the sum of 'n' overflows"))
    for (const accept of ['application/json', 'text/csv', 'application/vnd.apache.arrow.stream']) {
      expect((await get('?q=x', { accept })).status, accept).toBe(400)
    }
  })

  test('give an error its status where it comes before an answer is large', async () => {
    const { get } = play(numbers(1), new TidemarkError('io', 'the disk is gone'))
    const response = await get('?q=x')
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ error: { kind: 'io', message: 'the disk is gone' } })
  })

  test('sends what is there while the rest waits', async () => {
    let goOn = (): void => undefined
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve
    })
    async function* batches(): AsyncGenerator<Batch> {
      yield numbers(1)
      await waiting
      yield numbers(2)
    }
    const engine = fakeEngine({
      query: async () => ({ columns: [{ name: 'n', type: 'f64' }], keys: [], batches: batches() }),
    })
    const response = await createApp({ engine }).request('/api/query?q=x', {
      headers: { ...local, accept: 'text/csv' },
    })
    const reader = response.body?.getReader()
    let before = ''
    while (!before.includes('1')) before += new TextDecoder().decode((await reader?.read())?.value)
    goOn()
    let rest = ''
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      rest += new TextDecoder().decode(next.value)
    }
    expect(rest).toContain('2')
  })

  test('break off where an error comes later, so that no answer looks whole that is not', async () => {
    const large = numbers(...new Float64Array(100_000))
    for (const accept of ['application/json', 'text/csv', 'application/vnd.apache.arrow.stream']) {
      const { get } = play(large, large, new TidemarkError('io', 'the disk is gone'))
      const response = await get('?q=x', { accept })
      expect(response.status).toBe(200)
      await expect(response.arrayBuffer(), accept).rejects.toThrow('the disk is gone')
    }
  })

  test.each([
    ['', 'q'],
    ['?q=x&params=x', 'params is not JSON'],
    ['?q=x&params=[1]', 'expected record'],
    ['?q=x&params={"a":{}}', 'a: '],
    ['?q=x&params={"a":9007199254740992}', 'a: whole numbers beyond 2^53'],
  ])('answer %s with what is wrong', async (query, message) => {
    const response = await play().get(query)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { kind: 'invalid', message: expect.stringContaining(message) },
    })
  })

  test.each(['', '{', '[]', '{"query":1}', '{"params":{}}'])('answer the body %j with 400', async (body) => {
    expect((await play().post(body)).status).toBe(400)
  })
})

/** A table of numbers, which joined with itself three times over takes minutes. */
const numberedLines = (count: number) => Array.from({ length: count }, (_, i) => `t n=${i} ${i}`).join('\n')
const ENDLESS = 'SELECT count(*) AS c FROM t AS a CROSS JOIN t AS b CROSS JOIN t AS d'

describe('too many queries', () => {
  test('wait to the limit of the engine; who comes then is told to come again', async () => {
    const engine = await openEngine({
      store: { kind: 'memory' },
      workers: 0,
      queries: { running: 1, waitingOfClient: 1 },
    })
    const app = createApp({ engine })
    const get = (query: string) =>
      app.request(`/api/query?timeout=150ms&q=${encodeURIComponent(query)}`, { headers: local })
    await engine.append({ kind: 'line-protocol', body: numberedLines(2000) })
    const answers = await Promise.all([get(ENDLESS), get(ENDLESS), get(ENDLESS)])
    expect(answers.map(({ status }) => status).sort()).toEqual([503, 504, 504])
    const refused = answers.find(({ status }) => status === 503)
    expect(refused?.headers.get('retry-after')).toBe('1')
    expect(await refused?.json()).toMatchObject({ error: { kind: 'quota', hint: expect.stringContaining('again') } })
    expect((await get('SELECT sum(n) AS s FROM t')).status).toBe(200)
    await engine.close()
  })

  test('an answer that is not large is whole', async () => {
    const engine = fakeEngine({
      query: async () => ({
        columns: [{ name: 'n', type: 'f64' }],
        keys: [],
        batches: batchesOf(numbers(1), numbers(2)),
      }),
    })
    const app = createApp({ engine })
    const answers: Response[] = []
    for (let i = 0; i < 3; i++) answers.push(await app.request('/api/query?q=x', { headers: local }))
    for (const answer of answers) expect(await answer.json()).toMatchObject({ rows: [[1], [2]] })
  })

  test('a wrong statement takes no place', async () => {
    const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, queries: { running: 1, waiting: 0 } })
    const app = createApp({ engine })
    for (let i = 0; i < 3; i++) expect((await app.request('/api/query?q=x', { headers: local })).status).toBe(400)
    await engine.close()
  })
})

describe('how long a query may take', () => {
  const asked = async (path: string, init: RequestInit = {}) => {
    const given: (number | undefined)[] = []
    const engine = fakeEngine({
      query: async (_, options): Promise<QueryResult> => {
        given.push(options?.timeoutMs)
        return { columns: [], keys: [], batches: batchesOf() }
      },
    })
    const app = createApp({ engine, limits: { requestMs: 5000 } })
    const { status } = await app.request(path, { ...init, headers: { ...local, ...init.headers } })
    return given.length > 0 ? given : status
  }

  test('is said by a parameter, the body or a header, and else by the relay', async () => {
    expect(await asked('/api/query?q=x')).toEqual([5000])
    expect(await asked('/api/query?q=x&timeout=1m30s')).toEqual([90_000])
    expect(await asked('/api/query?q=x', { headers: { 'Tidemark-Timeout': '200ms' } })).toEqual([200])
    const body = JSON.stringify({ query: 'x', timeout: '1h' })
    expect(await asked('/api/query', { method: 'POST', body })).toEqual([3_600_000])
  })

  test.each(['', '5', '0ms', '61m', '999us', '-1s', 'soon'])('is not %j', async (timeout) => {
    expect(await asked(`/api/query?q=x&timeout=${timeout}`)).toBe(400)
  })
})

describe('KILL', () => {
  test('ends a query by POST, and is refused where only reading is allowed', async () => {
    const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
    const app = createApp({ engine })
    const ask = (query: string, method: 'GET' | 'POST') =>
      method === 'GET'
        ? app.request(`/api/query?q=${encodeURIComponent(query)}`, { headers: local })
        : app.request('/api/query', { method, body: JSON.stringify({ query }), headers: local })
    await engine.append({
      kind: 'line-protocol',
      body: numberedLines(2000),
    })
    const long = ask(ENDLESS, 'POST')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const shown: unknown = await (await ask('SHOW QUERIES', 'GET')).json()
    expect(shown).toMatchObject({ rows: [[1, 'running', 'local', ...Array(5).fill(expect.any(Number)), ENDLESS]] })
    expect((await ask('KILL 1', 'GET')).status).toBe(400)
    expect(await (await ask('KILL 1', 'POST')).json()).toMatchObject({ rows: [[1]] })
    const ended = await long
    expect(ended.status).toBe(504)
    expect(await ended.json()).toMatchObject({
      error: { kind: 'cancelled', message: 'the query was ended by KILL 1' },
    })
    expect(await (await ask('KILL 1', 'POST')).json()).toMatchObject({
      error: { kind: 'query', message: 'there is no query 1' },
    })
    await engine.close()
  })
})
