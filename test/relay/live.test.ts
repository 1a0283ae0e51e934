import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Engine, openEngine } from '../../engine/engine.ts'
import { type RelayServer, serve } from '../../relay/server.ts'

let engine: Engine
let server: RelayServer

beforeAll(async () => {
  engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  server = await serve({ engine, port: 0 })
})

afterAll(async () => {
  await server.close()
  await engine.close()
})

const write = (lines: string) => fetch(`${server.url}/api/v2/write`, { method: 'POST', body: lines })

interface Message {
  id: string
  kind: 'result' | 'delta'
  rows: unknown[][]
  changed: { rows: unknown[][] }
  removed: { rows: unknown[][] }
}

describe('a live answer of the engine', () => {
  test('comes whole, then as what a write through the relay has changed', async () => {
    await write('cpu,host=a usage=1 1000000000\ncpu,host=b usage=2 1000000000')
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/live`)
    const messages: Message[] = []
    socket.on('message', (data) => messages.push(JSON.parse(String(data))))
    await once(socket, 'open')
    const subscribe = 'SELECT max(usage) FROM cpu WHERE host != $other GROUP BY host'
    socket.send(JSON.stringify({ id: 'max', subscribe, params: { other: 'c' }, minIntervalMs: 0 }))
    while (messages.length < 1) await once(socket, 'message')
    expect(messages[0]).toMatchObject({
      id: 'max',
      kind: 'result',
      columns: [{ name: 'host' }, { name: 'max(usage)' }],
      keys: ['host'],
      rows: [
        ['a', 1],
        ['b', 2],
      ],
    })
    await write('cpu,host=b usage=5 2000000000\ncpu,host=c usage=9 2000000000')
    while (messages.length < 2) await once(socket, 'message')
    expect(messages[1]).toEqual({ id: 'max', kind: 'delta', changed: { rows: [['b', 5]] }, removed: { rows: [] } })
    socket.close()
    await once(socket, 'close')
  })

  test('of a wrong statement is an error with its place', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/live`)
    await once(socket, 'open')
    socket.send('{"id":1,"subscribe":"SELECT x FROM nowhere"}')
    const [data] = await once(socket, 'message')
    expect(JSON.parse(String(data))).toMatchObject({
      id: 1,
      error: { kind: 'query', position: { offset: 14, length: 7 } },
    })
    socket.terminate()
  })
})
