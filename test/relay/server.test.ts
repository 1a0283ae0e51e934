import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Batch } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { AppendInput, Engine } from '../../engine/engine.ts'
import { type RelayServer, type ServeOptions, serve } from '../../relay/server.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const stored = { rows: 1, rejectedCount: 0, rejected: [], warnings: [] }
const running: RelayServer[] = []

async function start(parts: Partial<Engine>, options: Partial<ServeOptions> = {}): Promise<RelayServer> {
  const server = await serve({ engine: fakeEngine(parts), port: 0, ...options })
  running.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

function opened(socket: WebSocket): Promise<number | 'open'> {
  return new Promise((resolve) => {
    socket.once('open', () => resolve('open'))
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => undefined)
  })
}

const liveUrl = ({ url }: RelayServer) => `${url.replace('http', 'ws')}/api/live`

describe('a relay on a socket', () => {
  test('hands a body over whole, in a buffer of its own', async () => {
    const bodies: Uint8Array[] = []
    const server = await start({
      append: async ({ kind, ...input }: AppendInput) => {
        if (kind !== 'line-protocol' || !('body' in input) || typeof input.body === 'string')
          throw new Error('not bytes')
        bodies.push(input.body)
        return stored
      },
    })
    const body = 'cpu,host=a usage=1 2\n'.repeat(200_000)
    const sized = await fetch(`${server.url}/api/v2/write`, { method: 'POST', body })
    const chunked = new Blob([body]).stream()
    const streamed = await fetch(`${server.url}/write`, {
      method: 'POST',
      body: chunked,
      duplex: 'half',
    } as RequestInit)
    expect([sized.status, streamed.status]).toEqual([204, 204])
    for (const bytes of bodies) {
      expect(Buffer.from(bytes).toString()).toBe(body)
      expect(bytes.byteLength).toBe(bytes.buffer.byteLength)
    }
  })

  test('refuses a body over the limit and goes on on other connections', async () => {
    const server = await start({ append: async () => stored }, { limits: { bodyBytes: 1000 } })
    const post = (bytes: number) => fetch(`${server.url}/write`, { method: 'POST', body: 'x'.repeat(bytes) })
    expect((await post(1001)).status).toBe(413)
    const streamed = new Blob(['x'.repeat(100_000)]).stream()
    const response = await fetch(`${server.url}/write`, {
      method: 'POST',
      body: streamed,
      duplex: 'half',
    } as RequestInit)
    expect(response.status).toBe(413)
    expect((await post(1000)).status).toBe(204)
  })

  test('stores nothing of a body that ends early', async () => {
    let appends = 0
    const server = await start({
      append: async () => {
        appends++
        return stored
      },
    })
    const client = request(`${server.url}/write`, { method: 'POST', headers: { 'content-length': 100 } })
    client.on('error', () => undefined)
    client.write('cpu x=1 2\n')
    await new Promise((resolve) => setTimeout(resolve, 100))
    client.destroy()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(appends).toBe(0)
    expect((await fetch(`${server.url}/write`, { method: 'POST', body: 'cpu x=1' })).status).toBe(204)
  })

  test('gives a body that does not arrive up after the time of a request', async () => {
    const server = await start(
      { append: async () => stored },
      { limits: { requestMs: 200, runningWrites: 1, waitingWrites: 0 } },
    )
    const client = request(`${server.url}/write`, { method: 'POST', headers: { 'content-length': 100 } })
    client.on('error', () => undefined)
    client.write('cpu')
    const [response] = await once(client, 'response')
    expect(response.statusCode).toBe(408)
    expect((await fetch(`${server.url}/write`, { method: 'POST', body: 'cpu x=1' })).status).toBe(204)
  })

  test('cancels the query of a client that goes away', async () => {
    const abort = new AbortController()
    const cancelled = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const server = await start({
      query: (_, options) => {
        begun.resolve()
        return new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => {
            cancelled.resolve()
            reject(new Error('aborted'))
          })
        })
      },
    })
    const answer = fetch(`${server.url}/api/query?q=x`, { signal: abort.signal })
    await begun.promise
    abort.abort()
    await expect(answer).rejects.toThrow()
    await cancelled.promise
  })

  test('stops reading batches when the client goes away in the middle of an answer', async () => {
    const ended = Promise.withResolvers<void>()
    const batch: Batch = { rows: 10_000, columns: [{ name: 'n', type: 'f64', values: new Float64Array(10_000) }] }
    async function* endless(): AsyncGenerator<Batch> {
      try {
        for (;;) yield batch
      } finally {
        ended.resolve()
      }
    }
    const server = await start({
      query: async () => ({ columns: [{ name: 'n', type: 'f64' }], keys: [], batches: endless() }),
    })
    const response = await fetch(`${server.url}/api/query?q=x`, { headers: { accept: 'text/csv' } })
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await ended.promise
  })

  test('answers a query that took too long with 504', async () => {
    const message = 'the query took longer than 100 ms'
    const server = await start({ query: () => Promise.reject(new TidemarkError('cancelled', message)) })
    const response = await fetch(`${server.url}/api/query?q=x`)
    expect(response.status).toBe(504)
    expect(await response.json()).toMatchObject({ error: { kind: 'cancelled', message } })
  })

  test('says who asks', async () => {
    let client: string | undefined
    const server = await start({
      query: async (_, options) => {
        client = options?.client
        throw new TidemarkError('query', 'no')
      },
    })
    await fetch(`${server.url}/api/query?q=x`)
    expect(client).toBe('127.0.0.1')
  })

  test('says what to do where its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    await expect(start({}, { port })).rejects.toThrow(
      `port ${port} is in use by another program; stop it, or choose another`,
    )
    other.close()
  })

  test('lets a request that has begun finish when it is closed, and takes no other', async () => {
    const held = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const server = await serve({
      port: 0,
      engine: fakeEngine({
        append: async () => {
          begun.resolve()
          await held.promise
          return stored
        },
      }),
    })
    const answer = fetch(`${server.url}/write`, { method: 'POST', body: 'cpu x=1' })
    await begun.promise
    const closed = server.close()
    await expect(fetch(`${server.url}/ping`)).rejects.toThrow()
    held.resolve()
    expect((await answer).status).toBe(204)
    await closed
  })
})

describe('/api/live', () => {
  const columns = [{ name: 'n', type: 'f64' as const }]
  const subscribe: Engine['subscribe'] = (text, observer) => {
    const rows: Batch = { rows: 1, columns: [{ name: 'n', type: 'f64', values: Float64Array.of(text.length) }] }
    queueMicrotask(() => observer.next({ kind: 'result', columns, keys: [], rows }))
    return { unsubscribe: () => undefined }
  }

  test('answers subscriptions and wrong messages on one socket', async () => {
    const server = await start({ subscribe })
    const socket = new WebSocket(liveUrl(server))
    const messages: unknown[] = []
    socket.on('message', (data) => messages.push(JSON.parse(String(data))))
    expect(await opened(socket)).toBe('open')
    socket.send('{"id":"a","subscribe":"12345"}')
    socket.send('nonsense')
    while (messages.length < 2) await once(socket, 'message')
    expect(messages).toContainEqual({ id: 'a', kind: 'result', columns, keys: [], rows: [[5]] })
    expect(messages).toContainEqual({ error: { kind: 'invalid', message: 'the message is not JSON' } })
    socket.close()
    await once(socket, 'close')
  })

  test.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ host: 'evil.example' }, 403],
    [{ origin: 'http://localhost:1', host: 'localhost:1' }, 'open'],
  ])('answers an upgrade with %j with %s', async (headers, wanted) => {
    const server = await start({ subscribe })
    const socket = new WebSocket(liveUrl(server), { headers })
    expect(await opened(socket)).toBe(wanted)
    socket.terminate()
  })

  test('wants the token where there is one', async () => {
    const server = await start({ subscribe }, { token: 'secret' })
    expect(await opened(new WebSocket(liveUrl(server)))).toBe(401)
    const socket = new WebSocket(liveUrl(server), { headers: { cookie: 'tidemark_token=secret' } })
    expect(await opened(socket)).toBe('open')
    socket.terminate()
  })

  test('opens as many sockets as its limit', async () => {
    const server = await start({ subscribe }, { limits: { sockets: 2 } })
    const sockets = [new WebSocket(liveUrl(server)), new WebSocket(liveUrl(server))]
    expect(await Promise.all(sockets.map(opened))).toEqual(['open', 'open'])
    expect(await opened(new WebSocket(liveUrl(server)))).toBe(503)
    const [first] = sockets
    first?.close()
    if (first) await once(first, 'close')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const again = new WebSocket(liveUrl(server))
    expect(await opened(again)).toBe('open')
    for (const socket of [...sockets, again]) socket.terminate()
  })

  test('takes messages to the limit and closes on a longer one', async () => {
    const server = await start({ subscribe }, { limits: { socketMessageBytes: 200 } })
    const socket = new WebSocket(liveUrl(server))
    await opened(socket)
    const message = (bytes: number) => {
      const frame = '{"id":1,"subscribe":""}'
      return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`)
    }
    socket.send(message(200))
    await once(socket, 'message')
    socket.send(message(201))
    const [code] = await once(socket, 'close')
    expect(code).toBe(1009)
  })

  test('closes on binary messages', async () => {
    const server = await start({ subscribe })
    const socket = new WebSocket(liveUrl(server))
    await opened(socket)
    socket.send(Buffer.from('{}'))
    const [code] = await once(socket, 'close')
    expect(code).toBe(1003)
  })

  test('is for WebSockets alone', async () => {
    const server = await start({ subscribe })
    expect((await fetch(`${server.url}/api/live`)).status).toBe(426)
  })

  test('ends its sockets when the server closes', async () => {
    const server = await serve({ port: 0, engine: fakeEngine({ subscribe }) })
    const socket = new WebSocket(liveUrl(server))
    await opened(socket)
    const [[code]] = await Promise.all([once(socket, 'close'), server.close()])
    expect(code).toBe(1001)
  })
})
